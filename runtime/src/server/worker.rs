//! A worker: one thread with one [`Server`], a log, and the connections.

mod settle;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::path::PathBuf;
use std::rc::Rc;
use std::task::Poll;

use bytes::Bytes;
use parlance_proto::close::{Full, Refusal};
use parlance_proto::server::{ConnId, Origin, Server};
use parlance_proto::time::Instant;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::LocalSet;

use super::connection::{self, Link, Written};
use super::door::Door;
use super::gate::Pass;
use super::links::Links;
use super::{Peer, Watch, listener};
use crate::clock::Clock;
use crate::invites::{self, Address, Doorman};
use crate::log::disk::Recovered;
use crate::log::{Log, Proposal};
use crate::tls::session::Session;

/// The read buffer that all connections share, in bytes: so much of one connection is read, and decoded, before the
/// others have their turn.
const BUFFER: usize = 64 * 1024;

/// See the module. Everything goes through [`Worker::with`].
pub(super) struct Worker {
    clock: Clock,
    watch: Rc<dyn Watch>,
    door: Door,
    state: RefCell<State>,
    buffer: RefCell<Box<[u8]>>,
    /// Somebody has something to be written to him.
    to_write: Notify,
    /// The next deadline is earlier than the one that the timer sleeps for.
    earlier: Notify,
    /// What the timer sleeps for.
    armed: Cell<Option<Instant>>,
    /// The last connection has gone.
    emptied: Notify,
    /// Why the log can promise nothing any more.
    fault: RefCell<Option<String>>,
    /// There is such a reason.
    faulted: Notify,
    /// Where it is written how the server is reached, and what.
    reached: RefCell<Option<(PathBuf, Address)>>,
}

struct State {
    server: Server,
    log: Box<dyn Log>,
    links: Links,
    /// Those that have something to be written to them, each once.
    writable: Vec<Rc<Link>>,
    /// Pieces that are being written; empty in between.
    pieces: VecDeque<Bytes>,
    /// Proposals of this call, on their way to the log.
    batch: Vec<Proposal>,
    /// Who says whom to let in, where the machine asks.
    doorman: Option<Doorman>,
}

impl Worker {
    pub(super) fn new(
        clock: Clock,
        server: Server,
        log: Box<dyn Log>,
        door: Door,
        watch: Rc<dyn Watch>,
    ) -> Rc<Worker> {
        Rc::new(Worker {
            clock,
            watch,
            door,
            state: RefCell::new(State {
                server,
                log,
                links: Links::default(),
                writable: Vec::new(),
                pieces: VecDeque::new(),
                batch: Vec::new(),
                doorman: None,
            }),
            buffer: RefCell::new(vec![0; BUFFER].into_boxed_slice()),
            to_write: Notify::new(),
            earlier: Notify::new(),
            armed: Cell::new(None),
            emptied: Notify::new(),
            fault: RefCell::new(None),
            faulted: Notify::new(),
            reached: RefCell::new(None),
        })
    }

    /// Feeds the machine, then does all that it wants done, but for the writing: that comes once, after everything
    /// that is ready to be read now has been fed.
    pub(super) fn with<R>(&self, feed: impl FnOnce(&mut Server, Instant) -> R) -> R {
        let state = &mut *self.state.borrow_mut();
        let now = self.clock.now();
        let result = feed(&mut state.server, now);
        self.settle(state, now);
        result
    }

    /// Keeps in mind what stands in this folder of how the server is reached.
    pub(super) fn is_reached(&self, folder: PathBuf, address: Address) {
        *self.reached.borrow_mut() = Some((folder, address));
    }

    /// Has this one asked whom to let in.
    pub(super) fn post(&self, doorman: Doorman) {
        self.state.borrow_mut().doorman = Some(doorman);
    }

    /// Takes over a room as the log has it.
    pub(super) fn restore(&self, room: Recovered) {
        self.with(|server, now| {
            let Recovered { name, fold, kept } = room;
            server.restore(name.clone(), fold, now);
            server.trimmed(&name, kept, now);
        });
    }

    /// Lends the shared read buffer.
    pub(super) fn with_buffer<R>(&self, read: impl FnOnce(&mut [u8]) -> R) -> R {
        read(&mut self.buffer.borrow_mut())
    }

    /// Takes in a connection that was let in, and starts its task.
    pub(super) fn accept(self: &Rc<Worker>, stream: TcpStream, peer: Peer, pass: Pass) {
        let tls = match self.door.session() {
            Ok(tls) => tls,
            Err(error) => {
                self.door.give_back(pass);
                return self.watch.tls_failed(peer, &error);
            }
        };
        self.watch.accepted(peer);
        self.begin(stream, peer, tls, Some(pass), Server::accept);
    }

    /// Takes in a connection that is not let in, to tell it why.
    pub(super) fn turn_away(self: &Rc<Worker>, stream: TcpStream, peer: Peer, full: Full) {
        let Ok(tls) = self.door.session() else {
            return;
        };
        self.door.tells();
        self.begin(stream, peer, tls, None, |server, origin, now| {
            server.refuse(origin, Refusal::Full(full), now)
        });
    }

    fn begin(
        self: &Rc<Worker>,
        stream: TcpStream,
        peer: Peer,
        tls: Option<Session>,
        pass: Option<Pass>,
        take: impl FnOnce(&mut Server, Origin, Instant) -> ConnId,
    ) {
        let (input, output) = stream.into_split();
        let link = {
            let state = &mut *self.state.borrow_mut();
            let now = self.clock.now();
            let origin = listener::origin(peer.address, self.door.show_hosts);
            let id = take(&mut state.server, origin, now);
            let link = Rc::new(Link::new(id, peer, output, tls, pass));
            // Before the actions are done: they find their connection.
            state.links.insert(id, Rc::clone(&link));
            link.set_reading(state.server.wants_read(id));
            self.settle(state, now);
            link
        };
        tokio::task::spawn_local(connection::run(Rc::clone(self), link, input));
    }

    /// Whether the machine wants what the peer sends.
    pub(super) fn wants_read(&self, id: ConnId) -> bool {
        self.state.borrow().server.wants_read(id)
    }

    /// Reads the server's key again.
    pub(super) fn reload(&self) {
        let Some(reloaded) = self.door.reload() else {
            return;
        };
        if let Ok(pin) = &reloaded
            && let Some((folder, address)) = &mut *self.reached.borrow_mut()
        {
            // Links that are made from now on are for this key.
            address.pin = Some(*pin);
            if let Err(error) = address.write(folder) {
                self.watch.door_failed(&error.to_string());
            }
        }
        self.watch.reloaded(reloaded);
    }

    /// Who is told what happens.
    pub(super) fn watch(&self) -> &dyn Watch {
        &*self.watch
    }

    /// Who lets connections in.
    pub(super) fn door(&self) -> &Door {
        &self.door
    }

    /// The time as the machine takes it.
    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Puts a connection on the list of those to be written to.
    pub(super) fn queue(&self, link: &Rc<Link>) {
        if link.queue() {
            self.state.borrow_mut().writable.push(Rc::clone(link));
            self.to_write.notify_one();
        }
    }

    /// Waits until there is no connection.
    pub(super) async fn empty(&self) {
        while !self.state.borrow().links.is_empty() {
            self.emptied.notified().await;
        }
    }

    /// Waits until the log can promise nothing any more.
    pub(super) async fn log_stops(&self) {
        while self.fault.borrow().is_none() {
            self.faulted.notified().await;
        }
    }

    /// Why the log can promise nothing any more, if it is so.
    pub(super) fn fault(&self) -> Option<String> {
        self.fault.borrow().clone()
    }

    /// Gives the log the state of every room, so that the next start has nothing to fold.
    pub(super) fn checkpoint_all(&self) {
        let state = &mut *self.state.borrow_mut();
        for (name, fold) in state.server.rooms() {
            state.log.checkpoint(name, fold);
        }
    }

    /// Writes to all that have something, each once; whether some have more.
    fn write_all(&self) -> bool {
        let state = &mut *self.state.borrow_mut();
        let now = self.clock.now();
        let mut links = std::mem::take(&mut state.writable);
        for link in links.drain(..) {
            link.unqueue();
            match link.write(&mut state.pieces, &mut state.server, now) {
                Written::Enough => {}
                Written::Turn => {
                    if link.queue() {
                        state.writable.push(link);
                    }
                }
                Written::Broken => state.server.receive_reset(link.id, now),
            }
        }
        if state.writable.is_empty() {
            // Its room is kept for the next time.
            state.writable = links;
        }
        self.settle(state, now);
        !state.writable.is_empty()
    }
}

/// Starts the tasks of a worker itself: the writer, the timer, and those that hear the log and the door.
pub(super) fn spawn(tasks: &LocalSet, worker: &Rc<Worker>) {
    tasks.spawn_local(write_on(Rc::clone(worker)));
    tasks.spawn_local(keep_time(Rc::clone(worker)));
    tasks.spawn_local(hear_log(Rc::clone(worker)));
    if worker.state.borrow().doorman.is_some() {
        tasks.spawn_local(hear_door(Rc::clone(worker)));
    }
}

async fn write_on(worker: Rc<Worker>) {
    loop {
        // Woken by what was read, this task runs after the tasks that were ready to read before it.
        worker.to_write.notified().await;
        while worker.write_all() {
            // Somebody takes as fast as he is given to: the others read and write in between.
            tokio::task::yield_now().await;
        }
    }
}

async fn keep_time(worker: Rc<Worker>) {
    loop {
        match worker.armed.get() {
            None => worker.earlier.notified().await,
            Some(at) => tokio::select! {
                () = worker.earlier.notified() => {}
                () = tokio::time::sleep_until(worker.clock.deadline(at)) => {
                    worker.armed.set(None);
                    worker.with(|server, now| server.handle_timeout(now));
                }
            },
        }
    }
}

async fn hear_log(worker: Rc<Worker>) {
    loop {
        poll_fn(|cx| worker.state.borrow_mut().log.poll_ready(cx)).await;
        worker.with(|_, _| ());
    }
}

async fn hear_door(worker: Rc<Worker>) {
    loop {
        let answer = poll_fn(|cx| match &mut worker.state.borrow_mut().doorman {
            Some(doorman) => doorman.poll(cx),
            None => Poll::Pending,
        });
        match answer.await {
            invites::Answer::Verdict { ticket, verdict } => {
                worker.with(|server, now| server.admitted(ticket, verdict, now));
            }
            invites::Answer::Failed { why } => worker.watch.door_failed(&why),
        }
    }
}
