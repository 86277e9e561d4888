//! How fast a reader takes, as far as a room may wait for it.

use core::time::Duration;

use super::limits::{PACE_BYTES, PACE_STILL, PACE_TIME, PIECE};
use crate::time::Instant;

/// How a reader that is behind keeps pace. It outlives the holds that it causes, so that one who
/// ends each of them in time is judged all the same. `[LV-9]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Pace {
    /// Bytes of the stream taken in the time over which it is judged.
    pub(super) taken: u64,
    /// It took something since it was last looked at.
    pub(super) moved: bool,
    /// It took nothing at all while it held the room.
    pub(super) still: bool,
    /// It took less than the pace.
    pub(super) slow: bool,
    /// Since when `taken` is counted: since it fell behind, or since it was last judged over the whole time.
    pub(super) since: Option<Instant>,
}

impl Pace {
    /// Judges the reader by the time since it fell behind; once that is [`PACE_TIME`] the next begins. Before, a piece
    /// less may be taken, which may be on its way, and nothing is said of the first moments.
    pub(super) fn judge(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let span = now.saturating_duration_since(since);
        if span >= PACE_TIME {
            self.slow = self.taken < in_pace(span);
            self.taken = 0;
            self.since = Some(now);
        } else if span >= PACE_STILL {
            let piece = u64::try_from(PIECE).unwrap_or(u64::MAX);
            self.slow = self.taken.saturating_add(piece) < in_pace(span);
        }
    }
}

/// How many bytes one takes in `span` who just keeps pace.
fn in_pace(span: Duration) -> u64 {
    let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    PACE_BYTES
        .saturating_mul(millis(span))
        .checked_div(millis(PACE_TIME))
        .unwrap_or(PACE_BYTES)
}
