//! Model checking: every interleaving of two real clients and a real server in a small world.
//!
//! Two people say two lines each; links break and both ends find out in their own time; the log stores what is under
//! way in any order, refuses once and loses an answer once. Time stands still: deadlines of the machines are met only
//! where the world says so. The search is complete, so that what the properties say holds in every state there is.

mod judge;
mod step;
mod world;

use parlance_proto::client::State as ClientState;
use stateright::{Model, Property};

pub use step::{Bug, Seen, Step};
pub use world::World;

/// The bounds of the little world.
#[derive(Clone, Debug)]
pub struct Small {
    /// Lines that each client says.
    pub lines: u8,
    /// How often a link breaks, in all.
    pub cuts: u8,
    /// How often the log refuses for certain.
    pub refusals: u8,
    /// How often the log loses the answer, with or without storing.
    pub doubts: u8,
    /// How often the log stores an append before an older one.
    pub overtakes: u8,
    /// A mistake to find.
    pub bug: Option<Bug>,
}

impl Model for Small {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, state: &World, actions: &mut Vec<Step>) {
        state.steps(actions);
    }

    fn next_state(&self, state: &World, step: Step) -> Option<World> {
        let mut next = state.clone();
        next.take(step, self.bug);
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no text is stored twice", |_, state: &World| {
                state.no_repeat()
            }),
            Property::always("each session's lines are in order", |_, state: &World| {
                state.in_order()
            }),
            Property::always("acknowledged means stored", |_, state: &World| {
                state.acked_is_stored()
            }),
            Property::always("failed means not stored", |_, state: &World| {
                state.failed_is_not_stored()
            }),
            Property::always("events come in order, each once", |_, state: &World| {
                state.shown_in_order()
            }),
            Property::always("at rest everything is settled", |_, state: &World| {
                !state.is_at_rest() || state.is_settled()
            }),
            Property::always("who is not read waits for something", |_, state: &World| {
                state.pauses_have_reasons()
            }),
            Property::sometimes("all is said and seen", |_, state: &World| {
                state.is_at_rest() && state.is_settled()
            }),
            Property::sometimes("a session is resumed", |_, state: &World| {
                state.seen.resumed
            }),
            Property::sometimes("a connection is taken over", |_, state: &World| {
                state.seen.replaced
            }),
            Property::sometimes("a repeat is dropped", |_, state: &World| state.seen.repeat),
            Property::sometimes("an orphan is dropped", |_, state: &World| state.seen.orphan),
            Property::sometimes("a connection is not read", |_, state: &World| {
                state.seen.paused
            }),
        ]
    }
}

/// Whether a client is in the room.
pub(super) fn is_live(state: ClientState) -> bool {
    state == ClientState::Live
}
