//! People who come and go: each connects, is let in, and quits. One thread, woken by its sockets.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use parlance::clock::Clock;
use parlance_proto::server::SERVER_FRAME;
use parlance_proto::time::Instant;
use parlance_proto::wire::{ByeCode, Decoder, Login, Message, Quit, decode};

use super::Failure;
use super::guest::frame;

/// How long it waits for its sockets at most.
const MOMENT: Duration = Duration::from_millis(1);
/// How long all may take to be gone at the end.
const PATIENCE: Duration = Duration::from_secs(20);

/// See the module.
pub(super) struct Comers {
    server: SocketAddr,
    clock: Clock,
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    here: BTreeMap<usize, Comer>,
    next: usize,
    due: Instant,
    pub(super) tally: Tally,
}

/// How many came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Were let in.
    pub(super) joined: u64,
    /// Quit, and were told that they had.
    pub(super) left: u64,
}

struct Comer {
    socket: TcpStream,
    decoder: Decoder,
    quit: bool,
}

impl Comers {
    pub(super) fn new(server: SocketAddr) -> Result<Comers, Failure> {
        let clock = Clock::start();
        Ok(Comers {
            server,
            clock,
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            buffer: vec![0; 1 << 16],
            here: BTreeMap::new(),
            next: 0,
            due: clock.now(),
            tally: Tally::default(),
        })
    }

    /// Lets `rate` a second come for `span`, each under its own name and as `who` of his number says.
    pub(super) fn storm(
        &mut self,
        rate: u32,
        span: Duration,
        who: impl Fn(&str, u64) -> Login,
    ) -> Result<(), Failure> {
        self.due = self.clock.now();
        let end = self.due.saturating_add(span);
        let step = Duration::from_secs(1) / rate;
        loop {
            let now = self.clock.now();
            if now >= end {
                return Ok(());
            }
            while self.due <= now {
                let login = who(&format!("s-{}", self.next), self.next as u64);
                self.come(login)?;
                self.due = self.due.saturating_add(step);
            }
            self.turn()?;
        }
    }

    /// Waits until all are gone.
    pub(super) fn see_off(&mut self) -> Result<(), Failure> {
        let end = self.clock.now().saturating_add(PATIENCE);
        while !self.here.is_empty() {
            if self.clock.now() > end {
                return Err(Failure::Late("the end of all who came and went"));
            }
            self.turn()?;
        }
        Ok(())
    }

    fn come(&mut self, login: Login) -> Result<(), Failure> {
        let socket = std::net::TcpStream::connect(self.server)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let mut socket = TcpStream::from_std(socket);
        // A new socket takes a few hundred bytes.
        socket.write_all(&frame(&Message::Name(login)))?;
        let number = self.next;
        self.next += 1;
        let registry = self.poll.registry();
        registry.register(&mut socket, Token(number), Interest::READABLE)?;
        let comer = Comer {
            socket,
            decoder: Decoder::default(),
            quit: false,
        };
        self.here.insert(number, comer);
        Ok(())
    }

    fn turn(&mut self) -> Result<(), Failure> {
        if let Err(error) = self.poll.poll(&mut self.events, Some(MOMENT))
            && error.kind() != ErrorKind::Interrupted
        {
            return Err(error.into());
        }
        for event in &self.events {
            let Token(number) = event.token();
            let Some(comer) = self.here.get_mut(&number) else {
                continue;
            };
            if !comer.read(&mut self.buffer, &mut self.tally)? {
                self.here.remove(&number);
            }
        }
        Ok(())
    }
}

impl Comer {
    /// Reads all there is; whether the stream goes on.
    fn read(&mut self, buffer: &mut [u8], tally: &mut Tally) -> Result<bool, Failure> {
        loop {
            match self.socket.read(buffer) {
                Ok(0) if self.quit => return Ok(false),
                Ok(0) => return Err(Failure::Ended),
                Ok(count) => self.take(&buffer[..count], tally)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(&mut self, mut bytes: &[u8], tally: &mut Tally) -> Result<(), Failure> {
        let foreign = |error: &dyn std::fmt::Display| Failure::Foreign(error.to_string());
        loop {
            let body = self.decoder.next(&mut bytes, SERVER_FRAME);
            let Some(body) = body.map_err(|error| foreign(&error))? else {
                return Ok(());
            };
            match decode(body).map_err(|error| foreign(&error))? {
                Message::Client(_) => {
                    tally.joined += 1;
                    self.quit = true;
                    quit(&mut self.socket)?;
                }
                Message::Bye(bye) if bye.code == ByeCode::QUIT => tally.left += 1,
                Message::Bye(bye) => return Err(Failure::Sent(bye)),
                // What is said meanwhile.
                _ => {}
            }
        }
    }
}

fn quit(socket: &mut TcpStream) -> io::Result<()> {
    socket.write_all(&frame(&Message::Quit(Quit { why: None })))
}
