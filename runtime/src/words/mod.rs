//! Every word that people see, in one place. Catalogues in several languages come later; the seed's form alone speaks
//! Chinese, in the seed's own words.

mod errors;
pub mod help;
pub mod load;
pub mod log;
pub mod seed;
pub mod trust;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use parlance_proto::client::{EndReason, Failure, LineState, LostWhy, RestartWhy};
use parlance_proto::wire::{Act, ByeCode, GapWhy, Listed};

use crate::cli::value::Place;
use crate::client::connector::Start;
use crate::client::reach::ConnectError;
use crate::client::show;
use crate::tls::verifier::OtherKey;

/// What a message on stderr begins with.
pub const PROGRAM: &str = "parlance";

/// The first line of a server.
#[must_use]
pub fn listening(address: SocketAddr) -> String {
    format!("listening on {address}")
}

/// The warning under `--insecure`.
pub const INSECURE_WARNING: &str = "warning: clear text on an address that others can reach (--insecure): anybody on \
     the way reads and changes everything, and anybody may come in";

/// An address that others can reach, without `--insecure`.
#[must_use]
pub fn refuses_clear_text(address: SocketAddr) -> String {
    format!(
        "{address} can be reached by others and would be clear text: leave out --tls off, or say --insecure"
    )
}

/// The listener could not be had.
#[must_use]
pub fn cannot_listen(address: SocketAddr, error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AddrInUse {
        format!(
            "{address} is taken by another program: choose another with --listen ADDR:PORT (port 0 takes a free one)"
        )
    } else {
        format!(
            "cannot listen on {address}: {}; choose another with --listen ADDR:PORT",
            cause(error)
        )
    }
}

/// The two deadlines contradict each other.
pub const DEAD_BEFORE_PING: &str = "--dead-after has to be longer than --ping-after: else whoever is silent is gone before he is asked";

/// A fault of ours.
#[must_use]
pub fn not_published(room: &str, seq: u64) -> String {
    format!(
        "a fault of this program: event {seq} of {room} could not be written and is missing; please report it"
    )
}

/// Accepting waits.
#[must_use]
pub fn accept_waits(error: &io::Error, wait: Duration) -> String {
    format!(
        "cannot take a connection: {}; trying again in {} ms",
        cause(error),
        wait.as_millis()
    )
}

/// A system error as people read it: without the number.
#[must_use]
pub fn cause(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !letters.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

/// `/help`.
pub const COMMANDS: &str = "  /me TEXT         say what you do
  /msg NAME TEXT   to one member only; not kept
  /nick NAME       take another name
  /topic [TEXT]    show the topic, or set it; - clears it
  /who             who is here
  /quit [WHY]      leave
  //TEXT           say a text that begins with a slash";

/// In the place of a text that was erased.
pub const ERASED: &str = "(erased)";

/// Let in, for the first time or again.
#[must_use]
pub fn welcome(name: &str, again: bool, count: u64, topic: Option<&str>) -> String {
    let came = if again {
        "connected again"
    } else {
        "connected"
    };
    let topic = topic
        .map(|topic| format!("; topic: {topic}"))
        .unwrap_or_default();
    let hint = if again {
        ""
    } else {
        "; /help lists the commands"
    };
    format!("{came} as {name}, {}{topic}{hint}", here(count))
}

fn here(count: u64) -> String {
    format!("{count} here")
}

/// A member came.
#[must_use]
pub fn joined(who: &str, count: u64) -> String {
    format!("--> {who} joined, {}", here(count))
}

/// A member left.
#[must_use]
pub fn left(who: &str, count: u64, why: Option<&str>) -> String {
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    format!("<-- {who} left{why}, {}", here(count))
}

/// A member has another name.
#[must_use]
pub fn renamed(old: &str, new: &str) -> String {
    format!("--- {old} is now {new}")
}

/// The topic is another.
#[must_use]
pub fn titled(who: &str, topic: Option<&str>) -> String {
    match topic {
        Some(topic) => format!("--- {who} set the topic: {topic}"),
        None => format!("--- {who} cleared the topic"),
    }
}

/// A moderator acted.
#[must_use]
pub fn modded(
    by: &str,
    act: Act,
    target: Option<&str>,
    secs: Option<u64>,
    why: Option<&str>,
) -> String {
    let target = target
        .map(|target| format!(" {target}"))
        .unwrap_or_default();
    let secs = secs
        .map(|secs| format!(" for {secs} s"))
        .unwrap_or_default();
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    format!("--- {by}: {act}{target}{secs}{why}")
}

/// A private message to us.
#[must_use]
pub fn told_by(who: &str, text: &str) -> String {
    format!("*{who}* {text}")
}

/// A private message of ours.
#[must_use]
pub fn told_to(who: &str, text: &str) -> String {
    format!("-> *{who}* {text}")
}

/// Events that are not coming.
#[must_use]
pub fn gap(from: u64, to: u64, why: GapWhy) -> String {
    let count = to.saturating_sub(from).saturating_add(1);
    let why = match why {
        GapWhy::Trimmed => "no longer kept",
        GapWhy::Newer => "of a newer version",
    };
    format!("--- {count} missing here ({from} to {to}, {why})")
}

/// The cursor was refused.
#[must_use]
pub fn restarted(why: RestartWhy) -> String {
    match why {
        RestartWhy::Epoch => "the room is another one now: its history begins anew".to_owned(),
        _ => "the room does not go on from there: what follows begins elsewhere".to_owned(),
    }
}

/// The link is gone, and a new one is tried.
#[must_use]
pub fn lost(why: &LostWhy, place: &Place, failure: Option<&ConnectError>) -> String {
    match failure {
        Some(error) => format!("cannot reach {place}: {error}; trying again{}", hint(place)),
        None => format!(
            "connection lost: {}; trying again",
            show::field(&why.to_string())
        ),
    }
}

/// Nobody answered in time.
#[must_use]
pub fn not_reached(place: &Place, failure: Option<&ConnectError>) -> String {
    match failure {
        Some(error) => format!("{place} was not reached in time: {error}{}", hint(place)),
        None => format!("{place} did not let us in in time: try again later"),
    }
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
pub fn ended(reason: &EndReason, place: &Place, failure: Option<&ConnectError>) -> String {
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
    format!("{}{what_to_do}", show::field(&reason.to_string()))
}

/// A line that did not come back at once.
#[must_use]
pub fn pending(text: &str) -> String {
    format!("pending: {text}")
}

/// What the client began from, where a person has to know it.
#[must_use]
pub fn start(start: &Start, name: &str) -> Option<String> {
    Some(match start {
        Start::InUse => format!(
            "{name} is in this room from here already: this one is another device, and what is open at its end is not kept"
        ),
        Start::Unreadable { why, moved } => format!(
            "what was kept of the last time cannot be used ({why}): begun afresh; it is in {}",
            moved.display()
        ),
        Start::NotKept(error) => {
            format!("nothing is kept over the end of this program: {error}")
        }
        _ => return None,
    })
}

/// The state could not be written.
#[must_use]
pub fn kept_no_more(error: &io::Error) -> String {
    format!(
        "cannot write to the state folder ({}): what is open at the end of this program is not kept",
        cause(error)
    )
}

/// Lines that wait for the next start.
#[must_use]
pub fn kept_for_next(count: usize) -> String {
    format!("{count} lines are kept, and go at the next join")
}

/// A line that was shown as pending.
#[must_use]
pub fn sent(text: &str) -> String {
    format!("sent: {text}")
}

/// A line that is not acknowledged, with its text, so that it is not lost.
#[must_use]
pub fn not_acknowledged(place: Option<u64>, state: &LineState, text: &str) -> String {
    format!("{}{}: {text}", line(place), state_of(state))
}

/// The same for a private message.
#[must_use]
pub fn tell_failed(state: &LineState) -> String {
    format!("private message {}", state_of(state))
}

/// Why a line failed.
#[must_use]
pub fn failure(failure: &Failure) -> String {
    match failure {
        Failure::Refused { code, text } => format!("{code}: {}", show::field(text)),
        Failure::TooLong => "longer than this server takes".to_owned(),
        _ => "not sent".to_owned(),
    }
}

fn state_of(state: &LineState) -> String {
    match state {
        LineState::Failed(failure) => format!("failed ({})", self::failure(failure)),
        LineState::Unknown => "unknown (it may have arrived)".to_owned(),
        LineState::Sent => "sent".to_owned(),
        _ => "still pending".to_owned(),
    }
}

fn line(place: Option<u64>) -> String {
    place
        .map(|number| format!("line {number} "))
        .unwrap_or_default()
}

/// How many lines are not acknowledged.
#[must_use]
pub fn count_not_acknowledged(count: u64, of: u64) -> String {
    format!("{count} of {of} lines not acknowledged")
}

/// A line that cannot be said.
#[must_use]
pub fn line_refused(place: Option<u64>, error: &dyn fmt::Display) -> String {
    match place {
        Some(number) => format!("line {number} cannot be sent: {error}"),
        None => error.to_string(),
    }
}

/// A line that is too long.
#[must_use]
pub fn line_too_long(place: Option<u64>, length: usize, limit: usize) -> String {
    line_refused(
        place,
        &format!("it has {length} bytes, and a message at most {limit}: cut it"),
    )
}

/// A line that is no text.
#[must_use]
pub fn line_not_utf8(place: Option<u64>) -> String {
    line_refused(place, &"it is not UTF-8 text")
}

/// Stdin cannot be read.
#[must_use]
pub fn cannot_read_stdin(error: &io::Error) -> String {
    format!("cannot read stdin: {}", cause(error))
}

/// Stdout cannot be written.
#[must_use]
pub fn cannot_print(error: &io::Error) -> String {
    format!("cannot write to stdout: {}", cause(error))
}

/// A member in `/who`.
#[must_use]
pub fn listed(who: &str, flags: u64) -> String {
    let marks: Vec<_> = [
        (Listed::OPERATOR, "operator"),
        (Listed::MUTED, "muted"),
        (Listed::AWAY, "away"),
    ]
    .into_iter()
    .filter(|(flag, _)| flags & flag != 0)
    .map(|(_, mark)| mark)
    .collect();
    match marks.is_empty() {
        true => format!("  {who}"),
        false => format!("  {who} ({})", marks.join(", ")),
    }
}

/// How many are here, and how many of them are known by name.
#[must_use]
pub fn count_here(count: u64, known: u64) -> String {
    match count.saturating_sub(known) {
        0 => format!("  {}", here(count)),
        others => format!("  {}, {others} of them not listed", here(count)),
    }
}

/// The topic.
#[must_use]
pub fn topic(topic: Option<&str>) -> String {
    topic.map_or_else(
        || "there is no topic".to_owned(),
        |topic| format!("topic: {topic}"),
    )
}

/// A command line that cannot be followed.
#[must_use]
pub fn usage(what: &str) -> String {
    format!("{what}; see parlance --help")
}

/// No name was said, and none is known.
pub const NO_NAME: &str = "no login name is known: say --name NAME";

/// The login name breaks the rules.
#[must_use]
pub fn login_name_refused(name: &str, error: &dyn fmt::Display) -> String {
    format!(
        "the login name {} will not do: {error}; say --name NAME",
        show::field(name)
    )
}

/// A connection that ended otherwise than by a goodbye of the peer.
#[must_use]
pub fn connection_ended(address: SocketAddr, why: &str) -> String {
    format!("{address}: {}", show::field(why))
}

/// The server ends.
pub const SHUTTING_DOWN: &str = "shutting down";
