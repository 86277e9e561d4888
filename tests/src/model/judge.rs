//! What must hold in the states of the little world.

use parlance_proto::client::LineState;
use parlance_proto::name::RoomName;
use parlance_proto::room::Room;

use super::is_live;
use super::step::Step;
use super::world::World;

impl World {
    /// No text stands in the log twice.
    #[must_use]
    pub fn no_repeat(&self) -> bool {
        self.stored
            .iter()
            .enumerate()
            .all(|(at, (_, _, text))| !self.stored[..at].iter().any(|(_, _, t)| t == text))
    }

    /// The lines of a session stand in the log in the order of their numbers.
    #[must_use]
    pub fn in_order(&self) -> bool {
        (1..=4).all(|session| {
            let ids = self
                .stored
                .iter()
                .filter(|(number, ..)| *number == session)
                .map(|(_, id, _)| id);
            ids.is_sorted()
        })
    }

    fn has(&self, at: usize, line: u64) -> bool {
        let text = format!("{at}.{line}");
        self.stored.iter().any(|(_, _, stored)| *stored == text)
    }

    fn lines(&self) -> impl Iterator<Item = (usize, u64, &LineState)> {
        let seats = self.seats.iter().enumerate();
        seats.flat_map(|(at, seat)| {
            seat.lines
                .iter()
                .map(move |(line, state)| (at, *line, state))
        })
    }

    /// What a client shows as sent is in the log.
    #[must_use]
    pub fn acked_is_stored(&self) -> bool {
        self.lines()
            .all(|(at, line, state)| *state != LineState::Sent || self.has(at, line))
    }

    /// What a client shows as failed is not.
    #[must_use]
    pub fn failed_is_not_stored(&self) -> bool {
        self.lines()
            .all(|(at, line, state)| !matches!(state, LineState::Failed(_)) || !self.has(at, line))
    }

    /// Every client was shown the events in their order.
    #[must_use]
    pub fn shown_in_order(&self) -> bool {
        self.seats.iter().all(|seat| seat.orderly)
    }

    /// Nothing can happen but what nobody has to do.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let mut steps = Vec::new();
        self.steps(&mut steps);
        steps.iter().all(|step| matches!(step, Step::Cut(_)))
    }

    /// All lines are settled, everybody is in the room and has seen all of it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let head = self.server.room(&RoomName::lobby()).map_or(0, Room::head);
        let settled =
            |state: &LineState| *state == LineState::Sent || matches!(state, LineState::Failed(_));
        self.seats.iter().all(|seat| {
            is_live(seat.client.state()) && seat.shown == head && seat.lines.values().all(settled)
        })
    }

    /// A connection that the server does not read waits for the log, or for its own end.
    #[must_use]
    pub fn pauses_have_reasons(&self) -> bool {
        let waits = !self.under_way.is_empty() || self.retry_due().is_some();
        self.seats.iter().all(|seat| {
            let link = seat.link.as_ref();
            link.is_none_or(|link| {
                waits || !is_live(seat.client.state()) || self.server.wants_read(link.conn)
            })
        })
    }
}
