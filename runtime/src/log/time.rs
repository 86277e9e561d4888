//! The time that a log gives to what is appended.
//!
//! It begins with the wall clock and goes on with a clock that nobody sets and that goes on in a suspended machine. Where the wall
//! clock is set it follows, but slowly: a ban for an hour ends after an hour, or nearly, whoever sets the clock meanwhile.

use std::time::Duration;

use crate::clock::Clock;

/// By which share of what passes it goes faster or slower to catch up with the wall clock: an hour is made up for in ten.
const SLEW: u64 = 10;

/// See the module.
#[derive(Debug)]
pub(super) struct LogTime {
    clock: Clock,
    last: Option<Reading>,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    /// By the clock that nobody sets.
    steady: Duration,
    /// What was given, in milliseconds since 1970.
    at: u64,
    /// What of a tenth of a second was not made up for yet, in tenths of a millisecond.
    rest: u64,
}

impl LogTime {
    /// A log's time from now on.
    #[must_use]
    pub(super) fn new(clock: Clock) -> LogTime {
        LogTime { clock, last: None }
    }

    /// Milliseconds since 1970; never less than what was given before.
    pub(super) fn now_ms(&mut self) -> u64 {
        self.at(self.clock.steady(), self.clock.wall_ms())
    }

    fn at(&mut self, steady: Duration, wall_ms: u64) -> u64 {
        let next = match self.last {
            None => Reading {
                steady,
                at: wall_ms,
                rest: 0,
            },
            Some(last) => last.after(steady, wall_ms),
        };
        self.last = Some(next);
        next.at
    }
}

impl Reading {
    fn after(self, steady: Duration, wall_ms: u64) -> Reading {
        let passed = steady.saturating_sub(self.steady);
        let passed = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        let due = self.at.saturating_add(passed);
        // How far it may go to the wall clock's side; what is less than a millisecond adds up.
        let may = self.rest.saturating_add(passed);
        let step = (may / SLEW).min(due.abs_diff(wall_ms));
        let at = if wall_ms < due {
            due - step
        } else {
            due.saturating_add(step)
        };
        Reading {
            steady: self.steady.saturating_add(Duration::from_millis(passed)),
            at: at.max(self.at),
            rest: if step == may / SLEW { may % SLEW } else { 0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: u64 = 1_764_000_000_000;
    const HOUR: u64 = 3_600_000;

    /// What is given at these times: by the steady clock, and what the wall clock says then.
    fn given(readings: &[(u64, u64)]) -> Vec<u64> {
        let mut time = LogTime::new(Clock::start());
        readings
            .iter()
            .map(|&(steady, wall)| time.at(Duration::from_millis(steady), wall) - T)
            .collect()
    }

    #[test]
    fn it_is_the_wall_clocks_while_nobody_sets_that() {
        assert_eq!(
            given(&[(5, T), (6, T + 1), (1_005, T + 1_000)]),
            [0, 1, 1_000]
        );
        // A suspended machine: both went on.
        assert_eq!(given(&[(0, T), (9 * HOUR, T + 9 * HOUR)]), [0, 9 * HOUR]);
    }

    #[test]
    fn a_step_of_the_wall_clock_is_followed_slowly_and_never_back() {
        // An hour back: it goes on, by nine tenths, until they meet.
        assert_eq!(
            given(&[
                (0, T),
                (1_000, T - HOUR),
                (HOUR, T + 1),
                (10 * HOUR, T + 9 * HOUR),
                (11 * HOUR, T + 10 * HOUR)
            ]),
            [0, 900, 900 + (HOUR - 1_000) * 9 / 10, 9 * HOUR, 10 * HOUR]
        );
        // An hour forward.
        assert_eq!(given(&[(0, T), (1_000, T + HOUR)]), [0, 1_100]);
        assert_eq!(given(&[(0, T), (10 * HOUR, T + 11 * HOUR)]), [0, 11 * HOUR]);
    }

    /// However often it is asked: a tenth of each millisecond is not lost.
    #[test]
    fn it_is_the_same_by_many_steps_and_by_few() {
        let many: Vec<(u64, u64)> = (0..=1_000)
            .map(|n| (n, if n == 0 { T } else { T + HOUR }))
            .collect();
        assert_eq!(given(&many).last(), Some(&1_100));
    }

    #[test]
    fn a_ban_for_an_hour_ends_about_then_whatever_the_wall_clock_does() {
        for step in [-24, -1, 1, 24] {
            let wall = |ms: u64| T.saturating_add_signed(step * HOUR.cast_signed()) + ms;
            let given = given(&[(0, T), (1, wall(1)), (HOUR, wall(HOUR))]);
            let off = given[2].abs_diff(HOUR);
            assert!(off <= HOUR / SLEW, "{step} h: {off} ms off");
        }
    }
}
