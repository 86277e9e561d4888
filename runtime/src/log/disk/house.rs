//! What a writer sees to now and then: the file `head`, retention, what was redacted, checkpoints, and a write-ahead log that stays small.

use std::time::Duration;

use parlance_proto::time::Instant;

use super::super::Answer;
use super::error::StoreError;
use super::retain::Keep;
use super::writer::{Times, Turn, Writer};

/// With more than this many bytes written since, the write-ahead log is brought into the database.
const TIDY: u64 = 8 << 20;
/// The same while there is no space: then it must stay small.
const TIDY_LOW: u64 = 256 << 10;
/// A checkpoint of a room is due when it has an entry older than this many.
const CADENCE: u64 = 16_384;
/// And of every room that has changed, this often, so that retention by age gets on.
const CHECKPOINTS: Duration = Duration::from_secs(3_600);
/// How often the file `head` is brought up to date, at least, while there is something to say.
const HEAD: Duration = Duration::from_secs(1);
/// How often it is looked for what is no longer to be kept.
const TRIM: Duration = Duration::from_secs(1);
/// How many slices are trimmed at one look.
const SLICES: usize = 4;

/// When what was last seen to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Looked {
    head: Instant,
    trim: Instant,
    checkpoints: Instant,
}

impl Looked {
    /// All of it now.
    pub(super) fn at(now: Instant) -> Looked {
        Looked {
            head: now,
            trim: now,
            checkpoints: now,
        }
    }
}

impl Writer {
    /// Does what is due.
    pub(super) fn keep_house(&mut self, times: Times, turn: &mut Turn) -> Result<(), StoreError> {
        let is_due = |last: &mut Instant, every: Duration| {
            let due = times.now.saturating_duration_since(*last) >= every;
            if due {
                *last = times.now;
            }
            due
        };
        let mut cadence = CADENCE;
        if is_due(&mut self.looked.checkpoints, CHECKPOINTS) {
            self.asked.clear();
            cadence = 0;
        }
        turn.due = self.store.due(cadence);
        if self.erases_at_once && self.full.is_none() {
            turn.due.extend(self.store.holds_back().cloned());
        }
        turn.due.retain(|room| self.asked.insert(room.clone()));
        if is_due(&mut self.looked.head, HEAD) {
            // Events that nothing followed: with the last entry they get whole onto the disk.
            match self.note_all().and_then(|()| self.commit()) {
                Err(StoreError::Full) => self.take_back()?,
                committed => committed?,
            }
            full_is_no_fault(self.store.sync_head())?;
        }
        if is_due(&mut self.looked.trim, TRIM) {
            self.erase()?;
            self.trim(times, &mut turn.answers)?;
        }
        let most = if self.full.is_some() { TIDY_LOW } else { TIDY };
        // In the middle of a transaction it cannot be done.
        if self.untidy > most && self.inserted == 0 {
            // A write-ahead log that keeps its length keeps the space, too.
            full_is_no_fault(self.store.tidy(self.full.is_some()))?;
            self.untidy = 0;
        }
        Ok(())
    }

    fn trim(&mut self, times: Times, answers: &mut Vec<Answer>) -> Result<(), StoreError> {
        if self.keep == Keep::default() {
            return Ok(());
        }
        for _ in 0..SLICES {
            let trimmed = self.store.trim(self.keep, times.wall_ms);
            let trimmed = match trimmed.and_then(|trimmed| self.commit().map(|()| trimmed)) {
                Err(StoreError::Full) => return self.take_back(),
                trimmed => trimmed?,
            };
            if trimmed.is_empty() {
                break;
            }
            self.untidy += TIDY_LOW;
            answers.extend(
                trimmed
                    .into_iter()
                    .map(|(room, first)| Answer::Trimmed { room, first }),
            );
        }
        Ok(())
    }
}

/// What could not be done for want of space is done later.
pub(super) fn full_is_no_fault(result: Result<(), StoreError>) -> Result<(), StoreError> {
    match result {
        Err(StoreError::Full) => Ok(()),
        result => result,
    }
}
