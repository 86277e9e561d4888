//! Every word that people see, in one place. Catalogues in several languages come later; the seed's form alone speaks
//! Chinese, in the seed's own words.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use parlance_proto::client::{EndReason, Failure, LineState, LostWhy, RestartWhy};
use parlance_proto::wire::{Act, ByeCode, GapWhy, Listed};

use crate::cli::value::{Place, ValueError};
use crate::client::commands::InputError;
use crate::client::show;
use crate::client::socket::ConnectError;
use crate::server::ServeError;
use crate::state::StateError;

/// The help of the command line.
pub mod help {
    /// What the program is.
    pub const ABOUT: &str = "A chat room in one command: nothing lost, nothing repeated, one order for everybody";
    /// Under the help of the program.
    pub const EXAMPLES: &str = "Examples:
  parlance serve                       a server on this machine
  parlance join --name alice           talk there as alice
  echo done | parlance send            say a line; exit status 0 means it was acknowledged
  parlance tail --json                 follow the room from a script
  parlance --name server --port 8800   the form of the program that this one began from
  parlance --name alice --port 8800    a member, in that form (ends with the server, as it did)

Exit status: 0 all acknowledged and a clean end, 1 a fault, 2 usage, 4 not all acknowledged, 5 refused,
6 not reached in time.";
    /// `--name` in the seed's form.
    pub const SEED_NAME: &str = "The seed's form: `server` serves, any other name joins";
    /// `--port` in the seed's form.
    pub const SEED_PORT: &str = "The seed's form: the port, on this machine";
    /// `serve`.
    pub const SERVE: &str = "Run a server";
    /// Under the help of `serve`.
    pub const SERVE_EXAMPLE: &str = "Example:\n  parlance serve --listen 127.0.0.1:9000 --grace 1m --memory 256MiB

Times are like 500ms, 30s, 2m, 1h; sizes like 64KiB, 4MiB, 1GiB. SIGINT or SIGTERM ends the server: everybody is told.";
    /// `join`.
    pub const JOIN: &str = "Talk in a room";
    /// Under the help of `join`.
    pub const JOIN_EXAMPLE: &str = "Example:\n  parlance join --name alice --room lobby

Type /help for the commands. The end of stdin leaves, once all that was typed is acknowledged.";
    /// `send`.
    pub const SEND: &str = "Say lines and wait until each is acknowledged";
    /// Under the help of `send`.
    pub const SEND_EXAMPLE: &str = "Examples:\n  printf 'one\\ntwo' | parlance send --name bot
  parlance send 127.0.0.1:8800 --name bot the build is green

Each line of stdin is one message, as it is; empty lines are skipped. A line that cannot be said ends it: what stood
before is sent, that line and the rest are not, and the exit status is 1.";
    /// `tail`.
    pub const TAIL: &str = "Print what happens in a room";
    /// Under the help of `tail`.
    pub const TAIL_EXAMPLE: &str = "Example:\n  parlance tail --json --since 140 --no-follow";
    /// `HOST[:PORT]`.
    pub const HOST: &str = "The server";
    /// `--name`.
    pub const NAME: &str = "Your name [default: the login name]";
    /// `--room`.
    pub const ROOM: &str = "The room";
    /// `--history`.
    pub const HISTORY: &str = "How many earlier messages to show, at most 1000";
    /// `--history` of `tail`.
    pub const TAIL_HISTORY: &str = "How many earlier events to begin with, at most 1000";
    /// `--timeout`.
    pub const TIMEOUT: &str = "How long to wait for the server, and for each next acknowledgement";
    /// `TEXT`.
    pub const SEND_TEXT: &str = "What to say, after the server; without it, the lines of stdin";
    /// `--json`.
    pub const JSON: &str = "One JSON object an event, with a `type`";
    /// `--since`.
    pub const SINCE: &str = "Begin after the event of this number";
    /// `--no-follow`.
    pub const NO_FOLLOW: &str = "End once all that is there has been printed";
    /// `--listen`.
    pub const LISTEN: &str = "Where to listen; port 0 takes a free one";
    /// `--insecure`.
    pub const INSECURE: &str = "Allow clear text on an address that others can reach";
    /// `--rate`.
    pub const RATE: &str = "Messages a second that a connection may send; 0 is off";
    /// `--burst`.
    pub const BURST: &str = "How many it may send at once";
    /// `--byte-rate`.
    pub const BYTE_RATE: &str = "Bytes a second that a connection may send; 0 is off";
    /// `--handshake`.
    pub const HANDSHAKE: &str = "How long a login may take";
    /// `--ping-after`.
    pub const PING_AFTER: &str = "Silence after which a peer is asked whether it is there";
    /// `--dead-after`.
    pub const DEAD_AFTER: &str = "Silence after which it is given up";
    /// `--stall`.
    pub const STALL: &str = "How long a peer may take nothing of what is for it";
    /// `--grace`.
    pub const GRACE: &str = "How long a member whose link broke stays one";
    /// `--ring`.
    pub const RING: &str = "Encoded events kept at hand for each room";
    /// `--memory`.
    pub const MEMORY: &str = "Events kept for each room; older ones go";
    /// `--rooms`.
    pub const ROOMS: &str = "How many rooms there may be";
    /// `--announce-below`.
    pub const ANNOUNCE_BELOW: &str = "Joins and leaves are told in rooms with fewer members than this";
}

/// What a message on stderr begins with.
pub const PROGRAM: &str = "parlance";

/// The first line of a server.
#[must_use]
pub fn listening(address: SocketAddr) -> String {
    format!("listening on {address}")
}

/// The warning under `--insecure`.
pub const INSECURE_WARNING: &str = "warning: clear text on an address that others can reach (--insecure): anybody on \
     the way reads and changes everything";

/// An address that others can reach, without `--insecure`.
#[must_use]
pub fn refuses_clear_text(address: SocketAddr) -> String {
    format!("{address} can be reached by others and would be clear text: listen on 127.0.0.1, or say --insecure")
}

/// The listener could not be had.
#[must_use]
pub fn cannot_listen(address: SocketAddr, error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::AddrInUse {
        format!("{address} is taken by another program: choose another with --listen ADDR:PORT (port 0 takes a free one)")
    } else {
        format!("cannot listen on {address}: {}; choose another with --listen ADDR:PORT", cause(error))
    }
}

/// Accepting waits.
#[must_use]
pub fn accept_waits(error: &io::Error, wait: Duration) -> String {
    format!("cannot take a connection: {}; trying again in {} ms", cause(error), wait.as_millis())
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

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ValueError::Span => "not a time: write it like 500ms, 30s, 2m or 1h",
            ValueError::SpanRange => "a time is above zero and at most 24h",
            ValueError::Size => "not a size: write it like 65536, 64KiB, 4MiB or 1GiB",
            ValueError::Place => "not a server: write it like HOST, HOST:PORT or [IPV6]:PORT",
        })
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::NoHome => f.write_str("no home folder is known to keep your key in: set HOME or XDG_STATE_HOME"),
            StateError::Io { path, error } => write!(
                f,
                "cannot keep your key in {}: {}; set XDG_STATE_HOME to a folder that you can write",
                path.display(),
                cause(error)
            ),
            StateError::Readable { path, mode } => write!(
                f,
                "{} may be read by others (mode {mode:o}): say chmod go= {}",
                path.display(),
                path.display()
            ),
            StateError::NotAKey { path } => write!(
                f,
                "{} does not hold a key: move it away for a new one (your names on servers stay with the old)",
                path.display()
            ),
            StateError::Random(error) => write!(f, "the system gives no random bytes: {error}"),
        }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Listen { address, error } => f.write_str(&cannot_listen(*address, error)),
            ServeError::Random(error) => write!(f, "the system gives no random bytes: {error}"),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectError::Lookup(error) => write!(f, "the name cannot be looked up: {}", cause(error)),
            ConnectError::NoAddress => f.write_str("the name leads nowhere"),
            ConnectError::Addresses(failures) => {
                for (nth, (address, error)) in failures.iter().enumerate() {
                    let comma = if nth == 0 { "" } else { ", " };
                    write!(f, "{comma}{} ({address})", cause(error))?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InputError::Unknown(word) => write!(
                f,
                "there is no command /{}: /help lists them, and // sends a slash",
                show::field(word)
            ),
            InputError::Incomplete(usage) => write!(f, "write it like {usage}"),
            InputError::Text(error) => error.fmt(f),
            InputError::Name(error) => error.fmt(f),
            InputError::NoMember(name) => {
                write!(f, "nobody here is called {}: /who lists who is", show::field(name))
            }
        }
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
    let came = if again { "connected again" } else { "connected" };
    let topic = topic.map(|topic| format!("; topic: {topic}")).unwrap_or_default();
    let hint = if again { "" } else { "; /help lists the commands" };
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
pub fn modded(by: &str, act: Act, target: Option<&str>, secs: Option<u64>, why: Option<&str>) -> String {
    let target = target.map(|target| format!(" {target}")).unwrap_or_default();
    let secs = secs.map(|secs| format!(" for {secs} s")).unwrap_or_default();
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
        None => format!("connection lost: {}; trying again", show::field(&why.to_string())),
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
        EndReason::Bye(bye) if bye.code == ByeCode::TAKEN || bye.code == ByeCode::BAD_NAME => "; choose another with --name",
        EndReason::Bye(bye) if bye.code == ByeCode::BAD_ROOM => "; choose another with --room",
        EndReason::Lost(LostWhy::Unreachable) => return not_reached(place, failure),
        _ => "",
    };
    format!("{}{what_to_do}", show::field(&reason.to_string()))
}

/// A line that did not come back at once.
#[must_use]
pub fn pending(text: &str) -> String {
    format!("pending: {text}")
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
    place.map(|number| format!("line {number} ")).unwrap_or_default()
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
    line_refused(place, &format!("it has {length} bytes, and a message at most {limit}: cut it"))
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
    let marks: Vec<_> = [(Listed::OPERATOR, "operator"), (Listed::MUTED, "muted"), (Listed::AWAY, "away")]
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
    topic.map_or_else(|| "there is no topic".to_owned(), |topic| format!("topic: {topic}"))
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
    format!("the login name {} will not do: {error}; say --name NAME", show::field(name))
}

/// A connection that ended otherwise than by a goodbye of the peer.
#[must_use]
pub fn connection_ended(address: SocketAddr, why: &str) -> String {
    format!("{address}: {}", show::field(why))
}

/// The server ends.
pub const SHUTTING_DOWN: &str = "shutting down";

/// The words of the program that this one began from, in its form `--name NAME --port PORT`.
pub mod seed {
    use std::net::SocketAddr;

    /// The server listens.
    #[must_use]
    pub fn listening(port: u16) -> String {
        format!("服务器监听在端口: {port}")
    }

    /// A connection was taken.
    #[must_use]
    pub fn accepted(descriptor: i32, from: SocketAddr) -> String {
        format!("聊天室: 获取连接 {descriptor} 来自 ('{}', {})", from.ip(), from.port())
    }

    /// A connection is over.
    #[must_use]
    pub fn closed(descriptor: i32) -> String {
        format!("聊天室: {descriptor} 离开")
    }

    /// Ctrl-C at the server.
    pub const SHUTTING_DOWN: &str = "关闭服务器...";

    /// The client is in.
    #[must_use]
    pub fn connected(port: u16) -> String {
        format!("连接到聊天室@ port {port}")
    }

    /// The client cannot connect.
    #[must_use]
    pub fn not_connected(port: u16) -> String {
        format!("连接聊天室失败 @ port {port}")
    }

    /// What the client waits with.
    #[must_use]
    pub fn prompt(name: &str, address: &str) -> String {
        format!("[{name}@{address}]> ")
    }

    /// Somebody came.
    #[must_use]
    pub fn joined(count: u64, who: &str) -> String {
        format!("\n(新客户端连接: ({count}) from {who})")
    }

    /// Somebody left.
    #[must_use]
    pub fn left(who: &str) -> String {
        format!("\n(客户端离开: {who})")
    }

    /// Somebody said something.
    #[must_use]
    pub fn said(who: &str, text: &str) -> String {
        format!("\n#[{who}]>>{text}")
    }

    /// Somebody has another name: the seed had no word for it.
    #[must_use]
    pub fn renamed(old: &str, new: &str) -> String {
        format!("\n({old} 改名为 {new})")
    }

    /// The topic is another: the seed had no word for it.
    #[must_use]
    pub fn titled(topic: &str) -> String {
        format!("\n(话题: {topic})")
    }

    /// The server is gone.
    pub const CLOSED: &str = "客户端关闭";
    /// Ctrl-C at the client.
    pub const INTERRUPTED: &str = " 客户端中断 ";

    /// A line could not be sent: the seed had no word for it.
    #[must_use]
    pub fn not_sent(why: &str) -> String {
        format!("发送失败: {why}")
    }

    /// The room did not let us in: the seed had no word for it.
    #[must_use]
    pub fn refused(why: &str) -> String {
        format!("聊天室拒绝: {why}")
    }
}
