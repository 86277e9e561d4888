//! The only reader of clocks: the monotonic one, which the machines' time is taken from, and the wall clock.
#![allow(
    clippy::disallowed_methods,
    reason = "every other module asks this one for the time"
)]

use std::time::{Duration, Instant as Monotonic, SystemTime, UNIX_EPOCH};

use parlance_proto::time::Instant;
use rustix::time::{ClockId, clock_gettime};

/// A monotonic clock with an origin of its own. Copies share the origin, so their readings compare.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Monotonic,
}

impl Clock {
    /// A clock whose origin is this moment.
    #[must_use]
    pub fn start() -> Clock {
        Clock {
            origin: Monotonic::now(),
        }
    }

    /// The time since the origin, as the machines take it.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::new(self.origin.elapsed())
    }

    /// Milliseconds since 1970 by the wall clock; 0 before it. It may jump, either way.
    #[must_use]
    pub fn wall_ms(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            })
    }

    /// The time by a clock that nobody sets, and that goes on while the machine is suspended; it begins anywhere.
    #[must_use]
    pub fn steady(&self) -> Duration {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        const STEADY: ClockId = ClockId::Boottime;
        // Elsewhere the monotonic clock is such a one.
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        const STEADY: ClockId = ClockId::Monotonic;
        Duration::try_from(clock_gettime(STEADY)).unwrap_or_default()
    }

    /// `at` as a deadline for tokio's timers; a time that cannot be told is a year off.
    #[must_use]
    pub fn deadline(&self, at: Instant) -> tokio::time::Instant {
        let year = Duration::from_secs(365 * 86_400);
        let monotonic = self
            .origin
            .checked_add(at.since_origin())
            .unwrap_or_else(|| Monotonic::now() + year);
        monotonic.into()
    }

    /// What notices that the wall clock went another way than this one.
    #[must_use]
    pub fn watch(&self) -> JumpWatch {
        JumpWatch {
            clock: *self,
            seen: Reading {
                monotonic: self.now(),
                wall_ms: self.wall_ms(),
            },
            excused: Duration::ZERO,
        }
    }
}

/// Notices a suspended machine and a wall clock that was set: the two clocks progressed by different amounts. And a
/// process that was stopped: it was asked too late.
#[derive(Clone, Copy, Debug)]
pub struct JumpWatch {
    clock: Clock,
    seen: Reading,
    excused: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    monotonic: Instant,
    wall_ms: u64,
}

impl JumpWatch {
    /// How often to ask: a jump is to be noticed within five seconds of it.
    pub const EVERY: Duration = Duration::from_secs(2);
    /// A difference above this since the last question is a jump; less is a clock being slewed.
    const JUMP_MS: u64 = 5_000;

    /// The time since `since` was spent on something else (a reader of stdout who pauses): that the question comes late
    /// by it means nothing.
    pub fn excuse(&mut self, since: Instant) {
        let spent = self.clock.now().saturating_duration_since(since);
        self.excused = self.excused.saturating_add(spent);
    }

    /// Whether the clock jumped since the last question, or this process was stopped; to be asked each
    /// [`EVERY`](Self::EVERY).
    pub fn jumped(&mut self) -> bool {
        let reading = Reading {
            monotonic: self.clock.now(),
            wall_ms: self.clock.wall_ms(),
        };
        let seen = std::mem::replace(&mut self.seen, reading);
        let excused = std::mem::take(&mut self.excused);
        reading.apart_ms(seen) > Self::JUMP_MS || reading.late_ms(seen, excused) > Self::JUMP_MS
    }
}

impl Reading {
    /// By how much longer than it should have been it is since `earlier`.
    fn late_ms(self, earlier: Reading, excused: Duration) -> u64 {
        let progress = self.monotonic.saturating_duration_since(earlier.monotonic);
        let late = progress
            .saturating_sub(JumpWatch::EVERY)
            .saturating_sub(excused);
        u64::try_from(late.as_millis()).unwrap_or(u64::MAX)
    }

    /// By how much the progress of the two clocks since `earlier` differs.
    fn apart_ms(self, earlier: Reading) -> u64 {
        let progress = self.monotonic.saturating_duration_since(earlier.monotonic);
        let progress = u64::try_from(progress.as_millis()).unwrap_or(u64::MAX);
        let expected = earlier.wall_ms.saturating_add(progress);
        self.wall_ms.abs_diff(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(monotonic_ms: u64, wall_ms: u64) -> Reading {
        Reading {
            monotonic: Instant::from_millis(monotonic_ms),
            wall_ms,
        }
    }

    #[test]
    fn a_jump_is_seen_in_both_directions_and_slow_progress_is_none() {
        let earlier = reading(1_000, 1_000_000);
        assert_eq!(reading(3_000, 1_002_000).apart_ms(earlier), 0);
        assert_eq!(reading(3_000, 1_602_000).apart_ms(earlier), 600_000);
        assert_eq!(reading(3_000, 992_000).apart_ms(earlier), 10_000);
        assert_eq!(reading(120_000, 1_119_000).apart_ms(earlier), 0);
    }

    #[test]
    fn a_process_that_was_stopped_asks_late_and_one_that_was_busy_does_not() {
        let earlier = reading(1_000, 1_000_000);
        let excused = Duration::from_secs;
        assert_eq!(reading(3_000, 1_002_000).late_ms(earlier, excused(0)), 0);
        let stopped = reading(121_000, 1_120_000);
        assert_eq!(stopped.late_ms(earlier, excused(0)), 118_000);
        assert_eq!(stopped.late_ms(earlier, excused(117)), 1_000);
        assert_eq!(stopped.late_ms(earlier, excused(120)), 0);
    }

    #[test]
    fn a_deadline_is_the_reading_it_was_made_from() {
        let clock = Clock::start();
        let now = clock.now();
        let later = now.saturating_add(Duration::from_millis(250));
        let between = clock.deadline(later) - clock.deadline(now);
        assert_eq!(between, Duration::from_millis(250));
        let never = Instant::new(Duration::MAX);
        assert!(clock.deadline(never) > clock.deadline(later));
    }
}
