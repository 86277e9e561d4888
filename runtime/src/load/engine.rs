//! The loop: one thread that joins, sends, listens, and stops.

use std::io;
use std::time::Duration;

use mio::{Events, Poll, Token};
use parlance_proto::server::WINDOW;
use parlance_proto::time::Instant;

use super::connect::connect;
use super::cpu::{self, Used};
use super::figures::{Figures, Server};
use super::ledger::Ledger;
use super::mark;
use super::member::Member;
use super::{Dialect, LoadError, Options, Pace};
use crate::clock::Clock;

/// The read buffer, in bytes: more than any frame, and as much as a socket gives at once.
const BUFFER: usize = 256 * 1024;
/// So many members may be on their way in at a time: fewer than a server lets wait.
const JOINING: usize = 64;
/// How long a member may take to get in.
const JOIN_PATIENCE: Duration = Duration::from_secs(10);
/// It is quiet when nothing has come for this long.
const QUIET: Duration = Duration::from_millis(100);
/// How long it is waited for quiet.
const SETTLE: Duration = Duration::from_secs(5);
/// How often progress is told.
const PROGRESS: Duration = Duration::from_millis(100);

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// So many of all members are in.
    Joining(usize),
    /// So much time of the whole has gone by, with so many deliveries.
    Running(Duration, u64),
}

/// Runs a load, tells `watch` how far it is, and gives the figures.
///
/// # Errors
///
/// It could not be run to its end. That something was lost or repeated is no error: the figures tell.
pub fn run(
    options: &Options,
    dialect: impl Dialect,
    watch: &mut dyn FnMut(Progress),
) -> Result<Figures, LoadError> {
    let mut engine = Engine::new(options, dialect)?;
    engine.join(watch)?;
    engine.settle()?;
    engine.run_for(options.warm_up, watch)?;
    engine.ledger.measure(true);
    let before = engine.reading();
    engine.run_for(options.duration, watch)?;
    let after = engine.reading();
    engine.ledger.measure(false);
    engine.drain()?;
    Ok(engine.figures(before, after))
}

struct Engine<'a, D> {
    options: &'a Options,
    dialect: D,
    clock: Clock,
    ledger: Ledger,
    poll: Poll,
    events: Events,
    buffer: Box<[u8]>,
    members: Vec<Member>,
    /// Members that have something to send.
    queue: Vec<usize>,
    text: Vec<u8>,
    next_sender: usize,
    /// When the next message is due, where the pace is a rate.
    due: Instant,
    heard_at: Instant,
}

/// What is read off at the beginning and at the end of the time that is measured.
#[derive(Clone, Copy)]
struct Reading {
    at: Instant,
    own: Option<Used>,
    server: Option<Used>,
}

impl<'a, D: Dialect> Engine<'a, D> {
    fn new(options: &'a Options, dialect: D) -> io::Result<Self> {
        let clock = Clock::start();
        Ok(Engine {
            options,
            dialect,
            clock,
            ledger: Ledger::new(options.clients, options.senders),
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            buffer: vec![0; BUFFER].into_boxed_slice(),
            members: Vec::with_capacity(options.clients),
            queue: Vec::new(),
            text: vec![b'x'; options.size.max(mark::LENGTH)],
            next_sender: 0,
            due: clock.now(),
            heard_at: clock.now(),
        })
    }

    fn join(&mut self, watch: &mut dyn FnMut(Progress)) -> Result<(), LoadError> {
        let mut until = self.clock.now().saturating_add(JOIN_PATIENCE);
        let mut joined = 0;
        while joined < self.options.clients {
            while self.members.len() < self.options.clients.min(joined + JOINING) {
                let number = self.members.len();
                let hello = self.dialect.hello(number);
                let member = connect(self.options.server, number, hello, self.poll.registry())?;
                self.members.push(member);
                self.enqueue(number);
            }
            self.turn(PROGRESS)?;
            let now = self.clock.now();
            if self.dialect.joined() > joined {
                joined = self.dialect.joined();
                until = now.saturating_add(JOIN_PATIENCE);
                watch(Progress::Joining(joined));
            } else if now >= until {
                return Err(LoadError::Slow(joined));
            }
        }
        Ok(())
    }

    /// Waits until what joining brought about has been heard.
    fn settle(&mut self) -> Result<(), LoadError> {
        let end = self.clock.now().saturating_add(SETTLE);
        self.heard_at = self.clock.now();
        loop {
            let now = self.clock.now();
            if now >= self.heard_at.saturating_add(QUIET) || now >= end {
                return Ok(());
            }
            self.turn(QUIET)?;
        }
    }

    /// Sends for `span`.
    fn run_for(
        &mut self,
        span: Duration,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<(), LoadError> {
        let start = self.clock.now();
        let end = start.saturating_add(span);
        let mut told = start;
        self.due = self.due.max(start);
        loop {
            let now = self.clock.now();
            if now >= end {
                return Ok(());
            }
            if now >= told.saturating_add(PROGRESS) {
                told = now;
                let gone = now.saturating_duration_since(start);
                watch(Progress::Running(gone, self.ledger.measured()));
            }
            let wait = self.send(now).min(end.saturating_duration_since(now));
            self.turn(wait)?;
        }
    }

    /// Says nothing more, and waits for what was said.
    fn drain(&mut self) -> Result<(), LoadError> {
        self.heard_at = self.clock.now();
        let patience = self.options.patience;
        let end = self.heard_at.saturating_add(patience);
        let mut asked = false;
        loop {
            if self.ledger.is_settled() {
                // What should not come would come now.
                if asked {
                    break;
                }
                asked = true;
                self.settle()?;
                continue;
            }
            let now = self.clock.now();
            if now >= end || now >= self.heard_at.saturating_add(patience / 10) {
                break;
            }
            self.turn(QUIET)?;
        }
        self.dialect.finish(&mut self.ledger);
        Ok(())
    }

    /// Says what is to be said now; gives how long nothing more will be.
    fn send(&mut self, now: Instant) -> Duration {
        match self.options.pace {
            Pace::Window(window) => {
                let mut room = window.saturating_sub(self.ledger.in_flight());
                while room > 0 && self.ledger.in_flight_of(self.next_sender) < WINDOW {
                    self.say(now);
                    room -= 1;
                }
                PROGRESS
            }
            Pace::Rate(rate) => {
                let step = Duration::from_secs_f64(1.0 / rate);
                while self.due <= now {
                    self.say(self.due);
                    self.due = self.due.saturating_add(step);
                }
                // The kernel waits in whole milliseconds: for less it is asked again and again.
                let wait = self.due.saturating_duration_since(now);
                Duration::from_millis(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
            }
        }
    }

    fn say(&mut self, sent: Instant) {
        let sender = self.next_sender;
        self.next_sender = (sender + 1) % self.options.senders;
        let mark = self.ledger.say(sender, sent).write();
        let start = self.text.len() - mark.len();
        self.text[start..].copy_from_slice(&mark);
        let out = &mut self.members[sender].out;
        self.dialect.say(sender, &self.text, out);
        self.enqueue(sender);
    }

    /// Writes what is to be written, then waits for what comes, at most `wait`, and reads it.
    fn turn(&mut self, wait: Duration) -> Result<(), LoadError> {
        for number in self.queue.drain(..) {
            self.members[number].queued = false;
            self.members[number].write().map_err(broken)?;
        }
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        if let Err(error) = self.poll.poll(&mut events, Some(wait))
            && error.kind() != io::ErrorKind::Interrupted
        {
            return Err(error.into());
        }
        for event in &events {
            let Token(number) = event.token();
            if event.is_writable() && !self.members[number].out.is_empty() {
                self.enqueue(number);
            }
            if event.is_readable() {
                self.read(number, event.is_read_closed())?;
            }
        }
        self.events = events;
        Ok(())
    }

    /// Reads until nothing is left. A read that does not fill the buffer has taken all there was, unless the end of
    /// the stream stands behind it.
    fn read(&mut self, number: usize, ended: bool) -> Result<(), LoadError> {
        let member = &mut self.members[number];
        let mut more = true;
        while more {
            let Some((filled, full)) = member.read(&mut self.buffer).map_err(broken)? else {
                break;
            };
            self.heard_at = self.clock.now();
            let bytes = &self.buffer[..filled];
            let taken = self.dialect.take(
                number,
                bytes,
                self.heard_at,
                &mut self.ledger,
                &mut member.out,
            )?;
            member.keep(&bytes[taken..]);
            more = full || ended;
        }
        if !member.out.is_empty() {
            self.enqueue(number);
        }
        Ok(())
    }

    fn enqueue(&mut self, number: usize) {
        if !std::mem::replace(&mut self.members[number].queued, true) {
            self.queue.push(number);
        }
    }

    fn reading(&self) -> Reading {
        Reading {
            at: self.clock.now(),
            own: cpu::own(),
            server: self.options.server_pid.and_then(cpu::of),
        }
    }

    fn figures(mut self, before: Reading, after: Reading) -> Figures {
        let between = |a: Option<Used>, b: Option<Used>| Some(b?.cpu.saturating_sub(a?.cpu));
        let amiss = self.ledger.finish();
        Figures {
            clients: self.options.clients,
            senders: self.options.senders,
            pace: self.options.pace,
            size: self.text.len(),
            span: after.at.saturating_duration_since(before.at),
            messages: self.ledger.messages(),
            all: self.ledger.deliveries(),
            deliveries: self.ledger.measured(),
            each: self.ledger.each().into(),
            last: self.ledger.last().into(),
            amiss,
            own: between(before.own, after.own),
            server: between(before.server, after.server).map(|cpu| Server {
                cpu,
                memory: after.server.map_or(0, |used| used.memory),
            }),
        }
    }
}

fn broken(error: io::Error) -> LoadError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe => LoadError::Closed,
        _ => LoadError::Io(error),
    }
}
