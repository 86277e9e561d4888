//! A worker: one thread with one [`Server`], a log, and the connections.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;

use bytes::Bytes;
use parlance_proto::server::{Action, ConnId, Server, Ticket, Verdict};
use parlance_proto::time::Instant;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::LocalSet;

use super::connection::{self, Link, Written};
use super::links::Links;
use super::{Peer, Watch, listener};
use crate::clock::Clock;
use crate::log::disk::Recovered;
use crate::log::{Answer, Log, Proposal};
use crate::tls::acceptor::Acceptor;

/// The read buffer that all connections share, in bytes.
const BUFFER: usize = 64 * 1024;

/// See the module. Everything goes through [`Worker::with`].
pub(super) struct Worker {
    clock: Clock,
    watch: Rc<dyn Watch>,
    /// What connections begin with, unless they are clear text.
    tls: Option<Acceptor>,
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
    /// Who wants to come in.
    asking: Vec<Ticket>,
}

impl Worker {
    pub(super) fn new(
        clock: Clock,
        server: Server,
        log: Box<dyn Log>,
        tls: Option<Acceptor>,
        watch: Rc<dyn Watch>,
    ) -> Rc<Worker> {
        Rc::new(Worker {
            clock,
            watch,
            tls,
            state: RefCell::new(State {
                server,
                log,
                links: Links::default(),
                writable: Vec::new(),
                pieces: VecDeque::new(),
                batch: Vec::new(),
                asking: Vec::new(),
            }),
            buffer: RefCell::new(vec![0; BUFFER].into_boxed_slice()),
            to_write: Notify::new(),
            earlier: Notify::new(),
            armed: Cell::new(None),
            emptied: Notify::new(),
            fault: RefCell::new(None),
            faulted: Notify::new(),
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

    /// Takes a connection in and starts its task.
    pub(super) fn accept(self: &Rc<Worker>, stream: TcpStream, peer: Peer) {
        let tls = match self.tls.as_ref().map(Acceptor::session).transpose() {
            Ok(tls) => tls,
            Err(error) => return self.watch.tls_failed(peer, &error),
        };
        let (input, output) = stream.into_split();
        self.watch.accepted(peer);
        let link = {
            let state = &mut *self.state.borrow_mut();
            let now = self.clock.now();
            let id = state.server.accept(listener::origin(peer.address), now);
            let link = Rc::new(Link::new(id, peer, output, tls));
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
        if let Some(tls) = &self.tls {
            self.watch.reloaded(tls.reload());
        }
    }

    /// Who is told what happens.
    pub(super) fn watch(&self) -> &dyn Watch {
        &*self.watch
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

    fn settle(&self, state: &mut State, now: Instant) {
        loop {
            while let Some(action) = state.server.poll() {
                self.act(state, action);
            }
            if !state.asking.is_empty() {
                for ticket in state.asking.drain(..) {
                    state.server.admitted(ticket, Verdict::Admitted, now);
                }
                continue;
            }
            if !state.batch.is_empty() {
                state.log.append(&mut state.batch);
            }
            let Some(answer) = state.log.poll() else {
                break;
            };
            self.feed(&mut state.server, answer, now);
            while let Some(answer) = state.log.poll() {
                self.feed(&mut state.server, answer, now);
            }
        }
        while let Some(room) = state.log.wants_checkpoint() {
            if let Some(fold) = state.server.room(&room) {
                state.log.checkpoint(&room, fold);
            }
        }
        if !state.writable.is_empty() {
            self.to_write.notify_one();
        }
        self.arm(&state.server);
    }

    fn act(&self, state: &mut State, action: Action) {
        match action {
            Action::Writable(id) => {
                if let Some(link) = state.links.get(&id)
                    && link.queue()
                {
                    state.writable.push(Rc::clone(link));
                }
            }
            Action::Reading(id) => {
                if let Some(link) = state.links.get(&id) {
                    link.set_reading(state.server.wants_read(id));
                }
            }
            Action::Append {
                room,
                ticket,
                entry,
            } => state.batch.push(Proposal {
                room,
                ticket,
                entry,
            }),
            Action::Admit { ticket, .. } => state.asking.push(ticket),
            Action::Used { .. } | Action::Unused { .. } => {}
            Action::Made { room, pos, event } => state.log.made(&room, pos, event),
            Action::Read {
                room,
                ticket,
                after,
                limit,
            } => state.log.read(&room, ticket, after, limit),
            Action::Pass { room, note } => state.log.pass(room, note),
            Action::Forget { room } => state.log.forget(&room),
            Action::Closed { conn, reason } => {
                if let Some(link) = state.links.remove(&conn) {
                    link.end();
                    self.watch.closed(link.peer, &reason);
                }
                if state.links.is_empty() {
                    self.emptied.notify_waiters();
                }
            }
            Action::Report(report) => self.watch.report(&report),
        }
    }

    /// Gives the machine an answer of the log.
    fn feed(&self, server: &mut Server, answer: Answer, now: Instant) {
        match answer {
            Answer::Appended {
                room,
                pos,
                at,
                entry,
                ticket,
            } => server.appended(&room, pos, at, &entry, ticket, now),
            Answer::Failed { ticket, why } => server.append_failed(ticket, why, now),
            Answer::History { ticket, events } => server.history(ticket, events, now),
            Answer::Trimmed { room, first } => server.trimmed(&room, first, now),
            Answer::Passed { room, note } => server.passed(&room, &note, now),
            Answer::Stopped { why } => {
                *self.fault.borrow_mut() = Some(why);
                self.faulted.notify_one();
            }
        }
    }

    /// Wakes the timer if it would sleep too long. If it would wake too early, that harms nobody.
    fn arm(&self, server: &Server) {
        let Some(wake) = server.poll_timeout() else {
            return;
        };
        if self.armed.get().is_none_or(|armed| wake.at < armed) {
            self.armed.set(Some(wake.at));
            self.earlier.notify_one();
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

/// Starts the tasks of a worker itself: the writer, the timer, and the one that hears the log.
pub(super) fn spawn(tasks: &LocalSet, worker: &Rc<Worker>) {
    tasks.spawn_local(write_on(Rc::clone(worker)));
    tasks.spawn_local(keep_time(Rc::clone(worker)));
    tasks.spawn_local(hear_log(Rc::clone(worker)));
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
