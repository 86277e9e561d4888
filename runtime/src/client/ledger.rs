//! What became of the lines that were said: counts them, and tells of each that did not arrive.

use std::collections::BTreeMap;

use parlance_proto::client::{Client, LineId, LineState, What};

use super::output::complain;
use crate::exit::Exit;
use crate::printable::{Printable, printable};
use crate::words;

/// How many columns of a text make it recognisable beside its number.
const RECOGNISABLE: usize = 60;

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
        let mut text = text_of(what);
        if place.is_some() {
            // The input still has it.
            text = text.truncated(RECOGNISABLE);
        }
        complain(words::not_acknowledged(place, state, &text));
    }

    /// What is still open will not be waited for.
    pub fn give_up(&mut self, client: &Client) {
        for line in client.outbox() {
            self.settled(line.line, line.what, &line.state);
        }
        if self.not_acknowledged > 0 {
            complain(words::count_not_acknowledged(
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

/// The text of a line, on one line.
#[must_use]
pub fn text_of(what: &What) -> Printable {
    match what {
        What::Say { text, .. } => Printable::field(text.as_str()),
        What::Nick(name) => printable!["/nick ", Printable::name(name.as_str())],
        What::Topic(Some(topic)) => printable!["/topic ", Printable::field(topic.as_str())],
        What::Mod(asked) => words::moderation::asked(asked),
        _ => printable!["/topic -"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_outweighs_an_unreachable_server_and_not_a_refusal() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.exit(Exit::Clean), Exit::Clean);
        ledger.not_acknowledged = 1;
        assert_eq!(ledger.exit(Exit::Clean), Exit::Unacknowledged);
        assert_eq!(ledger.exit(Exit::Unreachable), Exit::Unacknowledged);
        assert_eq!(ledger.exit(Exit::Refused), Exit::Refused);
        assert_eq!(ledger.exit(Exit::Fault), Exit::Fault);
    }
}
