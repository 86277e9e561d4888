//! How long a command waits for the server without getting on.

use std::time::Duration;

use parlance_proto::time::Instant;
use tokio::time::sleep_until;

use crate::clock::Clock;

/// Time without progress.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    timeout: Duration,
    since: Instant,
    waiting: bool,
}

impl Patience {
    /// Begins to wait.
    #[must_use]
    pub fn new(timeout: Duration, now: Instant) -> Patience {
        Patience {
            timeout,
            since: now,
            waiting: true,
        }
    }

    /// Something was got: the time begins anew.
    pub fn progress(&mut self, now: Instant) {
        self.since = now;
    }

    /// Whether anything is waited for. While nothing is, no time passes.
    pub fn set_waiting(&mut self, waiting: bool, now: Instant) {
        if waiting && !self.waiting {
            self.since = now;
        }
        self.waiting = waiting;
    }

    /// When it is over, if it runs.
    #[must_use]
    pub fn end(&self) -> Option<Instant> {
        self.waiting
            .then(|| self.since.saturating_add(self.timeout))
    }

    /// Ready when it is over; never, if it does not run.
    pub fn over(&self, clock: Clock) -> impl Future<Output = ()> + use<> {
        let end = self.end().map(|end| clock.deadline(end));
        async move {
            match end {
                Some(end) => sleep_until(end).await,
                None => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_only_while_something_is_waited_for() {
        let at = Instant::from_millis;
        let mut patience = Patience::new(Duration::from_secs(10), at(1_000));
        assert_eq!(patience.end(), Some(at(11_000)));
        patience.progress(at(5_000));
        assert_eq!(patience.end(), Some(at(15_000)));
        patience.set_waiting(true, at(9_000));
        assert_eq!(patience.end(), Some(at(15_000)), "it was waited already");
        patience.set_waiting(false, at(9_000));
        assert_eq!(patience.end(), None);
        patience.set_waiting(true, at(60_000));
        assert_eq!(patience.end(), Some(at(70_000)));
    }
}
