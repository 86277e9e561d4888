//! Time as the machines see it: a [`Duration`] since an origin that the driver fixes.

use core::time::Duration;

/// A point in time, in nanoseconds since an origin that the driver fixes.
///
/// No machine reads a clock: every input brings its `now`. The origin may be anything (the start of
/// the process, of a simulation) as long as one machine always sees the same one and time does not
/// run backwards by more than the driver wants deadlines to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

impl Instant {
    /// The origin.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// The point `since_origin` after the origin.
    #[must_use]
    pub const fn new(since_origin: Duration) -> Self {
        Self(since_origin)
    }

    /// The point `ms` milliseconds after the origin.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(Duration::from_millis(ms))
    }

    /// Whole milliseconds since the origin, rounded down; `u64::MAX` where there are more.
    #[must_use]
    pub fn as_millis(self) -> u64 {
        u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)
    }

    /// How long after the origin this point is.
    #[must_use]
    pub const fn since_origin(self) -> Duration {
        self.0
    }

    /// The point `span` later, or the last one that can be told.
    #[must_use]
    pub const fn saturating_add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }

    /// The point `span` earlier, or the origin.
    #[must_use]
    pub const fn saturating_sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span))
    }

    /// How long after `earlier` this point is; zero if it is not after it.
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_stops_at_both_ends() {
        let last = Instant::new(Duration::MAX);
        assert_eq!(last.saturating_add(Duration::from_nanos(1)), last);
        assert_eq!(last.as_millis(), u64::MAX);
        assert_eq!(
            Instant::from_millis(3)
                .saturating_sub(Duration::from_millis(2))
                .as_millis(),
            1
        );
        assert_eq!(
            Instant::from_millis(3).saturating_sub(Duration::MAX),
            Instant::ZERO
        );
        let one = Instant::from_millis(1);
        assert_eq!(one.saturating_duration_since(last), Duration::ZERO);
        assert_eq!(one.saturating_duration_since(Instant::ZERO).as_millis(), 1);
        assert_eq!(Instant::ZERO.saturating_add(Duration::from_micros(1999)), {
            Instant::new(Duration::from_micros(1999))
        });
        assert_eq!(Instant::new(Duration::from_micros(1999)).as_millis(), 1);
    }
}
