//! What became of the lines that were said: counts them, and tells of each that did not arrive.

use std::collections::BTreeMap;

use parlance_proto::client::{Client, LineId, LineState, What};

use super::output::complain;
use super::show;
use crate::exit::Exit;
use crate::words;

/// See the module.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Where a line that is not settled stands in the input, if it came from one.
    places: BTreeMap<LineId, Option<u64>>,
    said: u64,
    not_acknowledged: u64,
}

impl Ledger {
    /// A line was taken; `place` is its number in the input.
    pub fn said(&mut self, line: LineId, place: Option<u64>) {
        self.said += 1;
        self.places.insert(line, place);
    }

    /// A line was settled, one way or the other.
    pub fn settled(&mut self, line: LineId, what: &What, state: &LineState) {
        let place = self.places.remove(&line).flatten();
        if *state == LineState::Sent {
            return;
        }
        self.not_acknowledged += 1;
        complain(&words::not_acknowledged(place, state, &text_of(what)));
    }

    /// What is still open will not be waited for.
    pub fn give_up(&mut self, client: &Client) {
        for line in client.outbox() {
            self.settled(line.line, line.what, &line.state);
        }
        if self.not_acknowledged > 0 {
            complain(&words::count_not_acknowledged(
                self.not_acknowledged,
                self.said,
            ));
        }
    }

    /// How the command ends that would otherwise end so: what was not acknowledged weighs more than that the server
    /// went out of reach.
    #[must_use]
    pub fn exit(&self, end: Exit) -> Exit {
        match end {
            Exit::Clean | Exit::Unreachable if self.not_acknowledged > 0 => Exit::Unacknowledged,
            end => end,
        }
    }
}

/// The text of a line, made safe and of one line.
#[must_use]
pub fn text_of(what: &What) -> String {
    match what {
        What::Say { text, .. } => show::field(text.as_str()),
        What::Nick(name) => format!("/nick {name}"),
        What::Topic(Some(topic)) => format!("/topic {}", show::field(topic.as_str())),
        _ => "/topic -".to_owned(),
    }
}
