//! How long a client waits before it tries again [LV-11].

use core::time::Duration;

use crate::rng::Rng;

/// The widest wait before each try in milliseconds; the last stands for all that follow.
///
/// The first is short, since most losses are of one link. The next are wide, since a try that failed says that the
/// server is away: its clients then come back spread over seconds, and not in one stampede.
const WIDEST_MS: [u64; 3] = [1_000, 15_000, 20_000];

/// The longest that a server's `retry` is believed, in seconds: an hour. A larger number is a mistake of the server,
/// and a client that took it would never be seen again.
pub const MAX_RETRY_S: u64 = 3_600;

/// How often in a row coming back has failed. A completed join starts it anew, an opened link does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Backoff {
    tries: usize,
}

impl Backoff {
    /// The wait before the next try: drawn evenly from this try's span, never zero, and `retry` seconds on top.
    pub(super) fn wait(&mut self, rng: &mut Rng, retry: Option<u64>) -> Duration {
        let [.., last] = WIDEST_MS;
        let widest = WIDEST_MS.get(self.tries).copied().unwrap_or(last);
        self.tries = self.tries.saturating_add(1).min(WIDEST_MS.len());
        let asked = Duration::from_secs(retry.unwrap_or(0).min(MAX_RETRY_S));
        jitter(rng, widest).saturating_add(asked)
    }

    /// A wait as short as that of a first try, which counts as none: the link went for a reason on this side.
    pub(super) fn short(rng: &mut Rng) -> Duration {
        let [first, ..] = WIDEST_MS;
        jitter(rng, first)
    }

    /// The join is complete: the next loss is a first one.
    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }
}

/// 1 to `widest` milliseconds. Zero is left out so that a handled deadline is never due again at once.
fn jitter(rng: &mut Rng, widest: u64) -> Duration {
    Duration::from_millis(rng.below(widest).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_lie_in_the_stated_spans() {
        let mut rng = Rng::new(1);
        let mut longest = [Duration::ZERO; 5];
        for _ in 0..2_000 {
            let mut backoff = Backoff::default();
            for (most, widest) in longest.iter_mut().zip([1, 15, 20, 20, 20]) {
                let wait = backoff.wait(&mut rng, None);
                assert!(wait > Duration::ZERO && wait <= Duration::from_secs(widest));
                *most = wait.max(*most);
            }
        }
        // The whole span is used: without that, clients would bunch at its start.
        for (most, widest) in longest.into_iter().zip([1, 15, 20, 20, 20]) {
            assert!(most > Duration::from_secs(widest).mul_f32(0.95), "{most:?}");
        }
    }

    #[test]
    fn retry_is_added_and_bounded_and_a_reset_starts_anew() {
        let mut rng = Rng::new(2);
        let mut backoff = Backoff::default();
        let wait = backoff.wait(&mut rng, Some(30));
        assert!(wait > Duration::from_secs(30) && wait <= Duration::from_secs(31));
        let wait = backoff.wait(&mut rng, Some(u64::MAX));
        assert!(wait <= Duration::from_secs(MAX_RETRY_S + 15));
        backoff.reset();
        assert!(backoff.wait(&mut rng, None) <= Duration::from_secs(1));
    }
}
