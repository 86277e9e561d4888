//! The server's limits: constants of version 1, and what an operator may set.

use core::time::Duration;

use alloc::collections::BTreeSet;

use crate::room::{KeyHash, Settings};

/// The largest frame taken before a client is let in, in bytes of its body: a `NAME` at its fullest
/// has 717. `[FR-3]`
pub const HELLO_FRAME: u32 = 1024;
/// The largest frame taken from a client after that: a text at its fullest, with room to spare. `[FR-3]`
pub const CLIENT_FRAME: u32 = 20 * 1024;
/// The largest frame sent by a server: a full page of members fits. `[FR-4]`
pub const SERVER_FRAME: u32 = 64 * 1024;
/// How many lines of a session may be unanswered at once: what one round trip carries at a typist's
/// or a script's pace, and what a server must remember of each session. `[DL-14]`
pub const WINDOW: usize = 64;
/// How many earlier messages a login may ask for: some screens full. `[HS-18]`
pub const HISTORY: u64 = 1000;
/// How many bytes of answers may wait for one connection. `[LV-8]`
pub const ANSWERS: usize = 64 * 1024;
/// With more than this waiting, a connection's own requests wait unread: the largest answer (a page
/// of members or a private text at its fullest) still fits below [`TELLS`]. `[LV-8]`
pub(super) const REQUESTS: usize = 16 * 1024;
/// With more than this waiting, no private text is queued for a connection; what is left below
/// [`ANSWERS`] is for the errors of a whole window.
pub(super) const TELLS: usize = 40 * 1024;
/// The most bytes that one call of `poll_transmit` hands out of a room's stream.
pub const PIECE: usize = 64 * 1024;
/// How many members a page of a roster lists at most. `[RM-12]`
pub const PAGE: usize = 256;
/// How large the members of one page may be together, in bytes.
pub(super) const PAGE_BYTES: usize = 16 * 1024;
/// The pace that holds a room: this many bytes over [`PACE_TIME`]. `[LV-9]`
pub const PACE_BYTES: u64 = 640 * 1024;
/// Over how long the pace is measured.
pub const PACE_TIME: Duration = Duration::from_secs(10);
/// A reader that takes nothing at all for this long holds nobody, however many are behind: it is not
/// slow, it stands still. Long enough for a lost packet or two. `[LV-9]`
pub const PACE_STILL: Duration = Duration::from_secs(2);
/// While fewer than one in this many readers are behind, each of them must keep the pace.
pub const PACE_SHARE: usize = 8;
/// The first wait before something is proposed to the log again, doubled each time.
pub(super) const RETRY_FIRST: Duration = Duration::from_millis(100);
/// The longest such wait.
pub(super) const RETRY_MOST: Duration = Duration::from_secs(10);

/// After how many seconds somebody may try again who was closed for want of memory: readers that lag
/// have gone on, or are closed as stalled, in some of these. `[LV-13]`
pub(super) const HELD_RETRY: u64 = 5;

/// How many questions whom to let in are remembered whose connection is gone: a driver that answers
/// at all has far fewer, and one that does not costs no more.
pub(super) const QUESTIONS_LEFT: usize = 4096;

/// What a server is, beyond the protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Config {
    /// Which of the log's readers this is. Two servers over one log have different numbers, and a
    /// server keeps its own over a restart: it ends the logins that it held before.
    pub node: u64,
    /// Whether the log outlives this process: then a room in which something was said never gives up its place.
    pub durable: bool,
    /// Who may come in.
    pub admission: Admission,
    /// What the fold decides by; proposed to each room's log.
    pub settings: Settings,
    /// Keys that may moderate in every room as soon as they come in. `[RM-19]`
    pub operators: BTreeSet<KeyHash>,
    /// The limits.
    pub limits: Limits,
}

/// Who may come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Admission {
    /// Whoever comes; what is shown for an invitation means nothing.
    #[default]
    Open,
    /// Whom the driver admits: it is asked by [`Action::Admit`](super::Action::Admit). `[HS-23]`
    Asked,
}

/// What an operator may set. SPEC.md, "Limits", has the reason for each default.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Messages of one connection; none is off. `[LV-5]`
    pub rate: Option<Rate>,
    /// Bytes a second of one connection, with one second's worth at once; none is off. `[LV-5]`
    pub bytes_per_second: Option<u32>,
    /// From accept to a complete login, absolute. `[HS-5]`
    pub handshake: Duration,
    /// The server pings after this much silence, in either direction. `[LV-2]`
    pub ping_after: Duration,
    /// A peer of whom nothing arrived for this long is gone. `[LV-3]`
    pub dead_after: Duration,
    /// A peer that took nothing for this long is let go. `[LV-6]`
    pub stall: Duration,
    /// How long a member whose link broke stays. `[RM-10]`
    pub grace: Duration,
    /// After the last words: how long the server waits for the peer's end of stream. `[ER-3]`
    pub linger: Duration,
    /// How many bytes of a room's encoded events are held for its readers.
    pub ring: usize,
    /// How many bytes may be held for connections in all: input beyond a pause, half frames, answers
    /// that wait, pages read back from the log. `[LV-13]`
    pub held: usize,
    /// How many rooms there may be.
    pub rooms: usize,
    /// How many requests to the log may be unanswered.
    pub tickets: usize,
    /// After how long one of them counts as unknown.
    pub ticket_deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rate: Some(Rate {
                per_second: 100,
                burst: 200,
            }),
            bytes_per_second: Some(1024 * 1024),
            handshake: Duration::from_secs(10),
            ping_after: Duration::from_secs(30),
            dead_after: Duration::from_secs(75),
            stall: Duration::from_secs(30),
            grace: Duration::from_secs(30),
            linger: Duration::from_secs(2),
            ring: 4 * 1024 * 1024,
            held: 256 * 1024 * 1024,
            rooms: 1024,
            tickets: 4096,
            ticket_deadline: Duration::from_secs(10),
        }
    }
}

/// A rate of messages, as a token bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    /// Messages a second; 0 counts as 1.
    pub per_second: u32,
    /// How many at once; 0 counts as 1.
    pub burst: u32,
}
