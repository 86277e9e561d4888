//! Every word that people see, in one place. Catalogues in several languages come later; the seed's form alone speaks
//! Chinese, in the seed's own words.

pub mod door;
mod errors;
pub mod help;
pub mod identity;
pub mod invites;
mod lines;
pub mod load;
pub mod log;
pub mod moderation;
pub mod seed;
mod serving;
pub mod trust;

pub use lines::*;
pub use serving::*;

use std::io;

use parlance_proto::client::{EndReason, LostWhy, RestartWhy};
use parlance_proto::name::NameError;
use parlance_proto::wire::{ByeCode, GapWhy, Listed};

use crate::cli::value::Place;
use crate::client::connector::Start;
use crate::client::reach::ConnectError;
use crate::printable::{Printable, printable};
use crate::tls::verifier::OtherKey;

/// What a message on stderr begins with.
pub const PROGRAM: &str = "parlance";

/// A system error as people read it: without the number.
#[must_use]
pub fn cause(error: &io::Error) -> Printable {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !letters.as_str().starts_with(char::is_uppercase) => {
            let text: String = first.to_lowercase().chain(letters).collect();
            Printable::field(&text)
        }
        _ => Printable::field(text),
    }
}

/// `/help`.
pub const COMMANDS: &str = "  /me TEXT         say what you do
  /msg NAME TEXT   to one member only; not kept
  /nick NAME       take another name
  /topic [TEXT]    show the topic, or set it; - clears it
  /who             who is here
  /kick /ban /unban /mute /unmute /op /deop /slow /redact /bans
                   for operators: each alone says how it is written
  /quit [WHY]      leave
  //TEXT           say a text that begins with a slash";

/// In the place of a text that was erased.
pub const ERASED: &str = "(erased)";

/// Let in, for the first time or again.
#[must_use]
pub fn welcome(name: &Printable, again: bool, count: u64, topic: Option<&Printable>) -> Printable {
    let came = if again {
        "connected again"
    } else {
        "connected"
    };
    let topic = topic
        .map(|topic| printable!["; topic: ", topic])
        .unwrap_or_default();
    let hint = if again {
        ""
    } else {
        "; /help lists the commands"
    };
    printable![came, " as ", name, ", ", here(count), topic, hint]
}

fn here(count: u64) -> Printable {
    printable![count, " here"]
}

/// A member came.
#[must_use]
pub fn joined(who: &Printable, count: u64) -> Printable {
    printable!["--> ", who, " joined, ", here(count)]
}

/// A member left.
#[must_use]
pub fn left(who: &Printable, count: u64, why: Option<&Printable>) -> Printable {
    printable!["<-- ", who, " left", reason(why), ", ", here(count)]
}

/// A member has another name.
#[must_use]
pub fn renamed(old: &Printable, new: &Printable) -> Printable {
    printable!["--- ", old, " is now ", new]
}

/// The topic is another.
#[must_use]
pub fn titled(who: &Printable, topic: Option<&Printable>) -> Printable {
    match topic {
        Some(topic) => printable!["--- ", who, " set the topic: ", topic],
        None => printable!["--- ", who, " cleared the topic"],
    }
}

fn reason(why: Option<&Printable>) -> Printable {
    why.map(|why| printable![" (", why, ")"])
        .unwrap_or_default()
}

/// A private message to us.
#[must_use]
pub fn told_by(who: &Printable, text: &Printable) -> Printable {
    printable!["*", who, "* ", text]
}

/// A private message of ours.
#[must_use]
pub fn told_to(who: &Printable, text: &Printable) -> Printable {
    printable!["-> *", who, "* ", text]
}

/// Events that are not coming.
#[must_use]
pub fn gap(from: u64, to: u64, why: GapWhy) -> Printable {
    let count = to.saturating_sub(from).saturating_add(1);
    let why = match why {
        GapWhy::Trimmed => "no longer kept",
        GapWhy::Newer => "of a newer version",
    };
    printable![
        "--- ",
        count,
        " missing here (",
        from,
        " to ",
        to,
        ", ",
        why,
        ")"
    ]
}

/// The cursor was refused.
#[must_use]
pub fn restarted(why: RestartWhy) -> &'static str {
    match why {
        RestartWhy::Epoch => "the room is another one now: its history begins anew",
        _ => "the room does not go on from there: what follows begins elsewhere",
    }
}

/// The link is gone, and a new one is tried.
#[must_use]
pub fn lost(why: &LostWhy, place: &Place, failure: Option<&ConnectError>) -> Printable {
    match failure {
        Some(error) => printable![
            "cannot reach ",
            server(place),
            ": ",
            error,
            "; trying again",
            hint(place),
        ],
        None => printable![
            "connection lost: ",
            Printable::field(&why.to_string()),
            "; trying again",
        ],
    }
}

/// Nobody answered in time.
#[must_use]
pub fn not_reached(place: &Place, failure: Option<&ConnectError>) -> Printable {
    let server = server(place);
    match failure {
        Some(error) => printable![server, " was not reached in time: ", error, hint(place)],
        None => printable![server, " did not let us in in time: try again later"],
    }
}

fn server(place: &Place) -> Printable {
    Printable::name(&place.to_string())
}

fn hint(place: &Place) -> &'static str {
    if place.is_loopback() {
        " (is the server running? start it with: parlance serve)"
    } else {
        ""
    }
}

/// The end, not asked for.
#[must_use]
pub fn ended(reason: &EndReason, place: &Place, failure: Option<&ConnectError>) -> Printable {
    let what_to_do = match reason {
        EndReason::Bye(bye) if bye.code == ByeCode::TAKEN || bye.code == ByeCode::BAD_NAME => {
            "; choose another with --name"
        }
        EndReason::Bye(bye) if bye.code == ByeCode::BAD_ROOM => "; choose another with --room",
        EndReason::Lost(LostWhy::Unreachable) => match failure {
            Some(ConnectError::OtherKey(OtherKey { known, shown })) => {
                return trust::other_key(place, known, shown);
            }
            Some(ConnectError::Forged) => return trust::forged(place),
            failure => return not_reached(place, failure),
        },
        _ => "",
    };
    printable![end(reason), what_to_do]
}

/// Why a client ended, in the server's own words where it has said some.
#[must_use]
pub fn end(reason: &EndReason) -> Printable {
    Printable::field(&reason.to_string())
}

/// A private text is for a name that was another's a moment ago.
#[must_use]
pub fn another_now(name: &Printable) -> Printable {
    printable![
        name,
        " is somebody else now than a while ago, so nothing was sent: say it again if you mean this one, or look with /who",
    ]
}

/// What the client began from, where a person has to know it.
#[must_use]
pub fn start(start: &Start, name: &Printable) -> Option<Printable> {
    Some(match start {
        Start::InUse => printable![
            name,
            " is in this room from here already: this one is another device, and what is open at its end is not kept",
        ],
        Start::Unreadable { why, moved } => printable![
            "what was kept of the last time cannot be used (",
            why,
            "): begun afresh; it is in ",
            Printable::path(moved),
        ],
        Start::NotKept(error) => {
            printable!["nothing is kept over the end of this program: ", error]
        }
        _ => return None,
    })
}

/// The state could not be written.
#[must_use]
pub fn kept_no_more(error: &io::Error) -> Printable {
    printable![
        "cannot write to the state folder (",
        cause(error),
        "): what is open at the end of this program is not kept",
    ]
}

/// Lines that wait for the next start.
#[must_use]
pub fn kept_for_next(count: usize) -> Printable {
    printable![count, " lines are kept, and go at the next join"]
}

/// Stdin cannot be read.
#[must_use]
pub fn cannot_read_stdin(error: &io::Error) -> Printable {
    printable!["cannot read stdin: ", cause(error)]
}

/// Stdout cannot be written.
#[must_use]
pub fn cannot_print(error: &io::Error) -> Printable {
    printable!["cannot write to stdout: ", cause(error)]
}

/// A member in `/who`.
#[must_use]
pub fn listed(who: &Printable, flags: u64) -> Printable {
    let marks = [
        (Listed::OPERATOR, "operator"),
        (Listed::MUTED, "muted"),
        (Listed::AWAY, "away"),
    ]
    .into_iter()
    .filter(|(flag, _)| flags & flag != 0);
    let mut line = printable!["  ", who];
    for (nth, (_, mark)) in marks.enumerate() {
        line.push(if nth == 0 { " (" } else { ", " });
        line.push(mark);
    }
    if flags & (Listed::OPERATOR | Listed::MUTED | Listed::AWAY) != 0 {
        line.push(")");
    }
    line
}

/// How many are here, and how many of them are known by name.
#[must_use]
pub fn count_here(count: u64, known: u64) -> Printable {
    match count.saturating_sub(known) {
        0 => printable!["  ", here(count)],
        others => printable!["  ", here(count), ", ", others, " of them not listed"],
    }
}

/// The topic.
#[must_use]
pub fn topic(topic: Option<&Printable>) -> Printable {
    topic.map_or_else(
        || printable!["there is no topic"],
        |topic| printable!["topic: ", topic],
    )
}

/// A command line that cannot be followed.
#[must_use]
pub fn usage(what: &Printable) -> Printable {
    printable![what, "; see parlance --help"]
}

/// No name was said, and none is known.
pub const NO_NAME: &str = "no login name is known: say --name NAME";

/// The login name breaks the rules.
#[must_use]
pub fn login_name_refused(name: &Printable, error: &NameError) -> Printable {
    printable![
        "the login name ",
        name,
        " will not do: ",
        error,
        "; say --name NAME",
    ]
}
