//! What the people are shown, held against the log at the moment they are shown it.

use parlance_proto::client::{Action, Failure, LineId, LineState, LostWhy, State};
use parlance_proto::wire::{ByeCode, ErrorCode, Event, Told};

use super::moderation::is_erased;
use super::people::{Typed, Wish};
use super::world::{World, trace};

impl World {
    /// A client shows something to its person.
    pub(super) fn hear(&mut self, at: usize, action: Action) {
        trace!(self, "p{at}: {action:?}");
        match action {
            Action::Welcome { start, .. } => self.welcomed(at, start),
            Action::Event(event) => self.shown(at, &event),
            Action::Gap { from, to, .. } => self.missed(at, from, to),
            Action::Line { line, state, .. } => self.settled(at, line, state),
            Action::Told(told) => self.told(at, &told),
            Action::Restarted { .. } => {
                self.people[at].owed_restart = false;
                self.stats.restarted += 1;
            }
            Action::Lost { why, .. } => self.lost(at, &why),
            _ => {}
        }
    }

    fn welcomed(&mut self, at: usize, start: u64) {
        let person = &mut self.people[at];
        person.epoch = person.client.epoch();
        person.welcomed += 1;
        person.start = start;
        person
            .sessions
            .extend(person.client.me().map(|me| (person.epoch, me.session)));
        person.owed_restart = person.cursor.is_some_and(|cursor| cursor != start);
        person.cursor = Some(start);
        let person = &self.people[at];
        let (key, room) = (person.role.key, person.role.room);
        let other = |(i, other): (usize, &super::people::Person)| {
            i != at && other.is_live() && other.role.key == key && other.role.room == room
        };
        if key.is_some() && self.people.iter().enumerate().any(other) {
            self.stats.second_devices += 1;
        }
    }

    fn shown(&mut self, at: usize, event: &Event) {
        self.stats.delivered += 1;
        self.stats.acts += u64::from(matches!(event, Event::Modded(_)));
        self.must_have_said_restart(at);
        let room = self.people[at].room();
        let person = &mut self.people[at];
        let (epoch, seq) = (person.epoch, event.seq());
        let due = person.cursor.map(|cursor| cursor + 1);
        person.cursor = Some(seq);
        if due != Some(seq) {
            self.fault(format!("p{at}: shown {seq} where {due:?} was due"));
        }
        let stored = self
            .log
            .under(&room, epoch)
            .and_then(|log| log.events.get(&seq));
        let erased = self
            .log
            .under(&room, epoch)
            .is_some_and(|log| is_erased(event, log));
        if stored != Some(event) && !erased {
            self.fault(format!(
                "P4 p{at}: shown {event:?}, the log of epoch {epoch} has {stored:?}"
            ));
        }
    }

    fn must_have_said_restart(&mut self, at: usize) {
        if self.people[at].owed_restart {
            self.fault(format!(
                "p{at} goes on from elsewhere and was not told of a restart"
            ));
        }
    }

    fn missed(&mut self, at: usize, from: u64, to: u64) {
        self.stats.gaps += 1;
        self.stats.live_gaps += u64::from(from > self.people[at].start + 1);
        self.must_have_said_restart(at);
        let room = self.people[at].room();
        let person = &mut self.people[at];
        let epoch = person.epoch;
        let due = person.cursor.map(|cursor| cursor + 1);
        person.cursor = Some(to);
        if due != Some(from) || to < from {
            self.fault(format!(
                "p{at}: a gap of {from} to {to} where {due:?} was due"
            ));
        }
        let first = self.log.under(&room, epoch).map_or(0, |log| log.first);
        if to >= first {
            self.fault(format!(
                "P2 p{at}: a gap of {from} to {to}, but the log keeps from {first} on"
            ));
        }
    }

    fn settled(&mut self, at: usize, line: LineId, state: LineState) {
        let room = self.people[at].room();
        let person = &mut self.people[at];
        let epoch = person.client.epoch();
        let guest = person.role.key.is_none();
        let ended = person.client.state() == State::Ended;
        let leaving = person.quitting || ended && self.plan.acts > 0;
        let doubts = person.doubts;
        let number = person.lines.get(&line);
        let Some(typed) = number.and_then(|number| person.typed.get_mut(number)) else {
            self.fault(format!("p{at}: {line:?} was never typed"));
            return;
        };
        if let LineState::Failed(Failure::Refused { code, .. }) = &state {
            let kept_off = [ErrorCode::NotAllowed, ErrorCode::Muted, ErrorCode::SlowMode];
            self.stats.kept_off += u64::from(kept_off.contains(code));
        }
        let before = core::mem::replace(
            typed,
            Typed {
                state: state.clone(),
                epoch,
                wish: typed.wish.clone(),
            },
        );
        if before.state != LineState::Pending || state == LineState::Pending {
            self.fault(format!(
                "p{at}: {line:?} goes from {:?} to {state:?}",
                before.state
            ));
        }
        let stored = self
            .log
            .under(&room, epoch)
            .map(|log| has(log.events.values(), &before.wish));
        let what = match (&state, stored) {
            (LineState::Sent, Some(Some(false))) => "P4 sent, and not in the log",
            (LineState::Failed(_), Some(Some(true))) => "P5 failed, and in the log",
            (LineState::Unknown, _) if !guest && !leaving && doubts == 0 && !self.ending => {
                "P5 unknown without a reason"
            }
            _ => return,
        };
        self.fault(format!("p{at}: {line:?} {:?}: {what}", before.wish));
    }

    fn told(&mut self, at: usize, told: &Told) {
        self.stats.told += 1;
        let person = &mut self.people[at];
        let me = person.client.me().map(|me| me.member);
        if told.reference.is_none()
            && told.text.starts_with("psst")
            && !person.told.insert(told.text.clone())
        {
            self.fault(format!("p{at}: told twice: {told:?}"));
        } else if told.reference.is_none() && me != Some(told.to) {
            self.fault(format!(
                "p{at}, who is {me:?}, is told what was for another: {told:?}"
            ));
        }
    }

    fn lost(&mut self, at: usize, why: &LostWhy) {
        let person = &mut self.people[at];
        match why {
            LostWhy::Bye(bye) if bye.code == ByeCode::SESSION => {
                person.doubts += 1;
                self.stats.sessions_lost += 1;
            }
            LostWhy::Bye(bye) if bye.code == ByeCode::SHUTDOWN => person.told_shutdown = true,
            LostWhy::ForeignSession => {
                self.fault(format!("p{at}: somebody else has used the session"))
            }
            LostWhy::KeptOld => self.fault(format!("HS-22 p{at}: what was kept is old")),
            _ => {}
        }
    }
}

/// Whether events hold what a line wished; none where that cannot be told.
pub(super) fn has<'a>(mut events: impl Iterator<Item = &'a Event>, wish: &Wish) -> Option<bool> {
    match wish {
        Wish::Said(words) => Some(
            events.any(|e| matches!(e, Event::Said(said) if said.text.as_ref() == Some(words))),
        ),
        Wish::Titled(words) => {
            Some(events.any(
                |e| matches!(e, Event::Titled(titled) if titled.topic.as_ref() == Some(words)),
            ))
        }
        Wish::Modded(words) => Some(
            events
                .any(|e| matches!(e, Event::Modded(modded) if modded.why.as_ref() == Some(words))),
        ),
        Wish::Renamed(_) => None,
    }
}
