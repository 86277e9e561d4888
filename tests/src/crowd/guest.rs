//! One connection that is read as slowly as one likes, and checks that its events come in order.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::BytesMut;
use parlance::clock::Clock;
use parlance_proto::server::SERVER_FRAME;
use parlance_proto::wire::{
    ByeCode, Decoder, Event, Identity, Login, Message, Pong, Resume, VERSION, Welcome, Who, decode,
    encode_frame,
};
use socket2::{Domain, SockRef, Socket, Type};

use super::Failure;

/// How long an answer may take.
const SOON: Duration = Duration::from_secs(10);
/// How long a read waits for something to come.
const MOMENT: Duration = Duration::from_millis(20);
/// What one who reads well has for it, in bytes.
const WIDE: usize = 256 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Guest {
    stream: TcpStream,
    decoder: Decoder,
    waiting: VecDeque<Message>,
    /// The newest event.
    cursor: u64,
    /// What it heard.
    pub(super) heard: Heard,
}

/// What somebody heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// Events, each the one after the other.
    pub(super) events: u64,
    /// Events in whose place a `GAP` came.
    pub(super) skipped: u64,
    /// The last words.
    pub(super) bye: Option<ByeCode>,
}

impl Guest {
    /// Logs in. With `buffer` the system takes little more than so many bytes before they are read here: else it is
    /// the system that is slow or not, by jumps of a hundred kilobytes.
    pub(super) fn enter(
        address: SocketAddr,
        login: Login,
        buffer: Option<usize>,
    ) -> Result<(Guest, Welcome), Failure> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        if let Some(buffer) = buffer {
            socket.set_recv_buffer_size(buffer)?;
        }
        socket.connect(&address.into())?;
        socket.set_tcp_nodelay(true)?;
        let mut guest = Guest {
            stream: socket.into(),
            decoder: Decoder::default(),
            waiting: VecDeque::new(),
            cursor: u64::MAX,
            heard: Heard::default(),
        };
        guest.send(&Message::Name(login))?;
        match guest.answer("a welcome")? {
            Message::Client(welcome) => Ok((guest, welcome)),
            other => Err(Failure::Foreign(format!("{other:?} in place of a welcome"))),
        }
    }

    /// The newest event that it has.
    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Where it is seen from the server.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// From now on its system takes as much as it likes.
    pub(super) fn widen(&self) -> io::Result<()> {
        SockRef::from(&self.stream).set_recv_buffer_size(WIDE)
    }

    /// Reads at most `most` bytes, if some come within a moment; how many, and none at the end of the stream.
    pub(super) fn read(&mut self, most: usize) -> Result<Option<usize>, Failure> {
        let mut buffer = vec![0; most];
        self.stream.set_read_timeout(Some(MOMENT))?;
        match self.stream.read(&mut buffer) {
            Ok(0) => Ok(None),
            Ok(count) => self.take(&buffer[..count]).map(|()| Some(count)),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Ok(Some(0)),
                ErrorKind::ConnectionReset => Ok(None),
                _ => Err(error.into()),
            },
        }
    }

    /// Reads until it has the event `head`, or the stream ends.
    pub(super) fn read_up_to(&mut self, head: u64, limit: Duration) -> Result<(), Failure> {
        let clock = Clock::start();
        let end = clock.now().saturating_add(limit);
        while self.cursor < head {
            if self.read(WIDE)?.is_none() {
                return Ok(());
            }
            if clock.now() > end {
                return Err(Failure::Late("the newest event, to one who reads on"));
            }
        }
        Ok(())
    }

    /// The names of all who are in.
    pub(super) fn who(&mut self) -> Result<BTreeSet<String>, Failure> {
        let (mut names, mut from) = (BTreeSet::new(), 0);
        loop {
            self.send(&Message::Who(Who { reference: 1, from }))?;
            let page = match self.answer("a page of members")? {
                Message::Members(page) => page,
                other => return Err(Failure::Foreign(format!("{other:?} in place of members"))),
            };
            for listed in page.list {
                if !names.insert(listed.name.clone()) {
                    return Err(Failure::Foreign(format!("{} is listed twice", listed.name)));
                }
            }
            match page.next {
                Some(next) => from = next,
                None => return Ok(names),
            }
        }
    }

    fn send(&mut self, message: &Message) -> io::Result<()> {
        self.stream.write_all(&frame(message))
    }

    /// The next message that is no event.
    fn answer(&mut self, what: &'static str) -> Result<Message, Failure> {
        let clock = Clock::start();
        let end = clock.now().saturating_add(SOON);
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Ok(message);
            }
            if self.read(WIDE)?.is_none() {
                return Err(Failure::Ended);
            }
            if clock.now() > end {
                return Err(Failure::Late(what));
            }
        }
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        loop {
            let body = self.decoder.next(&mut bytes, SERVER_FRAME);
            let foreign = |error: &dyn std::fmt::Display| Failure::Foreign(error.to_string());
            let Some(body) = body.map_err(|error| foreign(&error))? else {
                return Ok(());
            };
            let message = decode(body).map_err(|error| foreign(&error))?;
            self.hear(message)?;
        }
    }

    fn hear(&mut self, message: Message) -> Result<(), Failure> {
        match message {
            // By then the server may be gone.
            Message::Ping(ping) => drop(self.send(&Message::Pong(Pong { nonce: ping.nonce }))),
            Message::Gap(gap) => {
                self.follows(gap.from)?;
                self.cursor = gap.to;
                self.heard.skipped += gap.to + 1 - gap.from;
            }
            Message::Bye(bye) => self.heard.bye = Some(bye.code),
            message => match Event::try_from(message.clone()) {
                Ok(event) => {
                    self.follows(event.seq())?;
                    self.cursor = event.seq();
                    self.heard.events += 1;
                }
                Err(_) => {
                    if let Message::Client(welcome) = &message {
                        self.cursor = welcome.start;
                    }
                    self.waiting.push_back(message);
                }
            },
        }
        Ok(())
    }

    fn follows(&self, seq: u64) -> Result<(), Failure> {
        if seq == self.cursor + 1 {
            return Ok(());
        }
        let told = format!("event {seq} after {}", self.cursor);
        Err(Failure::Foreign(told))
    }
}

/// A guest who wants the lobby and no history.
pub(super) fn login(name: &str) -> Login {
    Login {
        versions: vec![VERSION],
        name: name.to_owned(),
        room: "lobby".to_owned(),
        history: 0,
        identity: None,
        resume: None,
        proof: None,
        agent: None,
    }
}

/// The same of somebody with the key of number `key`, for the `attempt`th time.
pub(super) fn login_of(name: &str, key: u64, attempt: u64, resume: Option<Resume>) -> Login {
    let mut bytes = [0x5a; 32];
    bytes[..8].copy_from_slice(&key.to_be_bytes());
    let identity = Identity {
        key: bytes,
        session: [7; 16],
        attempt,
    };
    Login {
        identity: Some(identity),
        resume,
        ..login(name)
    }
}

pub(super) fn frame(message: &Message) -> Vec<u8> {
    let mut out = BytesMut::new();
    // Only what keeps the limits is given here.
    let done = encode_frame(message, &mut out);
    debug_assert!(done.is_ok(), "{message:?}");
    out.into()
}
