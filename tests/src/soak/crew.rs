//! Clients that talk without a pause, on one thread.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use bytes::{Buf, Bytes};
use parlance::clock::Clock;
use parlance_proto::client::{Action, Client, ClientConfig, Key, LineState, State, Transmit, What};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::wire::{Event, Resume, SayKind};

use super::ledger::{Fault, Ledger};
use super::{Failure, within};

/// How many lines of one are on their way.
const PENDING: usize = 24;
/// Nothing is to be done for a moment: what a socket needs to bring something.
const REST: Duration = Duration::from_micros(200);

/// See the module.
#[derive(Debug)]
pub(super) struct Crew {
    members: Vec<Member>,
    buffer: Vec<u8>,
    address: SocketAddr,
    clock: Clock,
}

#[derive(Debug)]
struct Member {
    client: Client,
    name: String,
    link: Option<TcpStream>,
    /// What a socket took in part.
    rest: Bytes,
    /// Lines said.
    said: u64,
    welcomes: u64,
    /// How far this one's clock is ahead: nobody waits before he comes back.
    ahead: Duration,
    /// An observer keeps what he is shown.
    seen: Option<Vec<Event>>,
}

impl Crew {
    pub(super) fn new(address: SocketAddr, senders: u32, seed: u64) -> Crew {
        let member = |nth: u32| {
            let name = format!("sender-{nth}");
            let mut key = [0x5a; 32];
            key[..4].copy_from_slice(&nth.to_le_bytes());
            Member::new(&name, Key::new(key), None, seed.wrapping_add(nth.into()))
        };
        Crew {
            members: (0..senders).map(member).collect(),
            buffer: vec![0; 64 << 10],
            address,
            clock: Clock::start(),
        }
    }

    pub(super) fn all_in(&self) -> bool {
        self.members
            .iter()
            .all(|member| member.client.state() == State::Live)
    }

    /// Talks for a while.
    pub(super) fn talk_for(&mut self, ledger: &mut Ledger, span: Duration) -> Result<(), Failure> {
        let end = self.clock.now().saturating_add(span);
        while self.clock.now() < end {
            self.turn(ledger, true)?;
        }
        Ok(())
    }

    /// Talks until it is so.
    pub(super) fn talk_until(
        &mut self,
        ledger: &mut Ledger,
        limit: Duration,
        done: impl Fn(&Crew, &Ledger) -> bool,
    ) -> Result<(), Failure> {
        within(limit, "an acknowledgement", || {
            self.turn(ledger, true)?;
            Ok(done(self, ledger))
        })
    }

    /// Says nothing more, and waits until everything said is acknowledged.
    pub(super) fn settle(&mut self, ledger: &mut Ledger, limit: Duration) -> Result<(), Failure> {
        within(limit, "the last acknowledgement", || {
            self.turn(ledger, false)?;
            Ok(self
                .members
                .iter()
                .all(|member| member.client.outbox().next().is_none()))
        })
    }

    /// Reads the whole log as one who was never here, and has it judged. Gives the newest number.
    pub(super) fn read_all(&mut self, ledger: &Ledger, limit: Duration) -> Result<u64, Failure> {
        let resume = Resume { epoch: 0, since: 0 };
        let mut reader = Member::new("reader", Key::new([0xee; 32]), Some(resume), 1);
        reader.seen = Some(Vec::new());
        let mut none = Ledger::default();
        let (mut head, mut there) = (0, false);
        within(limit, "the whole log", || {
            let busy = reader.turn(self.address, self.clock, &mut self.buffer, &mut none, false)?;
            if !busy {
                thread::sleep(REST);
            }
            if reader.welcomes > 0 && !there {
                (head, there) = (reader.head(), true);
            }
            Ok(there && reader.client.cursor() >= head)
        })?;
        let seen = reader.seen.take().unwrap_or_default();
        ledger.judge(&seen)?;
        Ok(head)
    }

    fn turn(&mut self, ledger: &mut Ledger, talk: bool) -> Result<(), Failure> {
        let mut busy = false;
        for member in &mut self.members {
            busy |= member.turn(self.address, self.clock, &mut self.buffer, ledger, talk)?;
        }
        if !busy {
            thread::sleep(REST);
        }
        Ok(())
    }
}

impl Member {
    fn new(name: &str, key: Key, resume: Option<Resume>, seed: u64) -> Member {
        let config = ClientConfig {
            identity: Some(key),
            resume,
            ..ClientConfig::new(Name::parse(name).expect("a name"), RoomName::lobby())
        };
        Member {
            client: Client::new(config, seed, Instant::ZERO),
            name: name.to_owned(),
            link: None,
            rest: Bytes::new(),
            said: 0,
            welcomes: 0,
            ahead: Duration::ZERO,
            seen: None,
        }
    }

    /// The newest event of the room, when it let this one in.
    fn head(&self) -> u64 {
        self.client.head()
    }

    /// Does what can be done now; whether there was anything.
    fn turn(
        &mut self,
        address: SocketAddr,
        clock: Clock,
        buffer: &mut [u8],
        ledger: &mut Ledger,
        talk: bool,
    ) -> Result<bool, Failure> {
        let now = clock.now().saturating_add(self.ahead);
        let mut busy = self.read(buffer, now);
        if self
            .client
            .poll_timeout()
            .is_some_and(|wake| wake.at <= now)
        {
            self.client.handle_timeout(now);
        }
        if talk {
            self.talk(now);
        }
        while let Some(action) = self.client.poll() {
            busy = true;
            self.act(action, address, ledger, now)?;
        }
        Ok(self.write(now) | busy)
    }

    fn talk(&mut self, now: Instant) {
        while self.client.outbox().count() < PENDING {
            let text = format!("{} {}", self.name, self.said + 1);
            let text = Text::parse(&text).expect("a text");
            if self.client.say(SayKind::Say, None, text, now).is_err() {
                return;
            }
            self.said += 1;
        }
    }

    fn act(
        &mut self,
        action: Action,
        address: SocketAddr,
        ledger: &mut Ledger,
        now: Instant,
    ) -> Result<(), Failure> {
        match action {
            Action::Connect => match connect(address) {
                Ok(link) => {
                    self.link = Some(link);
                    self.client.connected(now);
                }
                Err(_) => self.client.connect_failed(now),
            },
            Action::Close => self.link = None,
            Action::Welcome { .. } => {
                self.welcomes += 1;
                if self.welcomes > 1 {
                    ledger.came_back();
                }
            }
            Action::Event(event) => {
                if let Some(seen) = &mut self.seen {
                    seen.push(event.clone());
                }
                // A reader is nobody whose coming is counted.
                if self.seen.is_none() {
                    ledger.show(event)?;
                }
            }
            Action::Gap { from, to, .. } => return Err(Fault::Gap(from, to).into()),
            Action::Line { what, state, .. } => {
                let What::Say { text, .. } = what else {
                    return Ok(());
                };
                match state {
                    LineState::Sent => ledger.acknowledge(text.as_str())?,
                    other => {
                        return Err(
                            Fault::Dropped(format!("{} is {other:?}", text.as_str())).into()
                        );
                    }
                }
            }
            Action::Lost { retry_at, .. } => {
                self.rest = Bytes::new();
                self.ahead += retry_at.saturating_duration_since(now);
            }
            Action::Restarted { why } => {
                return Err(Fault::Ended(format!("{} was told {why:?}", self.name)).into());
            }
            Action::Ended { reason } => {
                return Err(Fault::Ended(format!("{}: {reason:?}", self.name)).into());
            }
            _ => {}
        }
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8], now: Instant) -> bool {
        let Some(link) = &mut self.link else {
            return false;
        };
        match link.read(buffer) {
            Ok(0) => {
                self.link = None;
                self.client.receive_eof(now);
                true
            }
            Ok(length) => {
                self.client.receive(&buffer[..length], now);
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(_) => {
                self.link = None;
                self.client.receive_reset(now);
                true
            }
        }
    }

    fn write(&mut self, now: Instant) -> bool {
        let mut busy = false;
        while let Some(link) = &mut self.link {
            if self.rest.is_empty() {
                match self.client.poll_transmit(now) {
                    Some(Transmit::Data(piece)) => self.rest = piece,
                    Some(Transmit::Shutdown) => {
                        // The peer may be gone.
                        let _ = link.shutdown(std::net::Shutdown::Write);
                        return true;
                    }
                    None => break,
                }
            }
            busy = true;
            match link.write(&self.rest) {
                Ok(taken) => self.rest.advance(taken),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.link = None;
                    self.client.receive_reset(now);
                }
            }
        }
        busy
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let link = TcpStream::connect(address)?;
    link.set_nodelay(true)?;
    link.set_nonblocking(true)?;
    Ok(link)
}
