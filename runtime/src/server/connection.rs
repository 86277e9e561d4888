//! One connection: a socket, what is left of a piece that it took in part, and one small task.
//!
//! The task reads, into the worker's buffer, and waits where a write has to. The writing itself is the worker's
//! ([`Link::write`] is called for all that have something, once for all that was read in a turn), so that a delivery
//! costs no task's waking.

mod task;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::task::Waker;

use bytes::{Buf, Bytes};
use parlance_proto::server::{ConnId, Server, Transmit};
use parlance_proto::time::Instant;
use socket2::SockRef;
use tokio::net::tcp::OwnedWriteHalf;

pub(super) use task::run;

use super::Peer;
use super::gate::Pass;
use crate::tls::session::Session;
use crate::tls::taken::Taken;

/// How many pieces go out in one call.
const PIECES: usize = 64;
/// Once so many bytes are gathered no further piece is: what a socket does not take stays in memory.
const GATHER: usize = 64 * 1024;
/// How much one connection may be written in a turn before the others have theirs.
const TURN: usize = 256 * 1024;

/// The writing side of a connection, and what its task has to know.
pub(super) struct Link {
    pub(super) id: ConnId,
    pub(super) peer: Peer,
    socket: OwnedWriteHalf,
    /// Between the machine and the socket, where the server speaks TLS.
    tls: Option<Box<RefCell<Session>>>,
    /// What it counts for at the door; none where it was not let in.
    pass: Cell<Option<Pass>>,
    /// Pieces that the machine has given and the socket has not taken yet.
    #[expect(
        clippy::box_collection,
        reason = "most have none, and there is one of these for each member"
    )]
    kept: RefCell<Option<Box<VecDeque<Bytes>>>>,
    /// The machine's last item was taken: after `kept` the writing side is shut.
    finishing: Cell<bool>,
    /// The socket takes nothing more: the task waits until it does.
    blocked: Cell<bool>,
    /// It stands in the worker's list of those to be written to.
    queued: Cell<bool>,
    /// The machine wants what the peer sends.
    reading: Cell<bool>,
    /// Nothing more can be read.
    input_over: Cell<bool>,
    /// The machine has let go.
    ended: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("id", &self.id)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}

/// How writing to a connection came out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// All there was, or all that the socket took: there is nothing to do now.
    Enough,
    /// There may be more: the others first.
    Turn,
    /// The link is gone.
    Broken,
}

impl Link {
    pub(super) fn new(
        id: ConnId,
        peer: Peer,
        socket: OwnedWriteHalf,
        tls: Option<Session>,
        pass: Option<Pass>,
    ) -> Link {
        Link {
            id,
            peer,
            socket,
            tls: tls.map(|tls| Box::new(RefCell::new(tls))),
            pass: Cell::new(pass),
            kept: RefCell::default(),
            finishing: Cell::new(false),
            blocked: Cell::new(false),
            queued: Cell::new(false),
            reading: Cell::new(true),
            input_over: Cell::new(false),
            ended: Cell::new(false),
            waker: RefCell::default(),
        }
    }

    /// Gives up what it counts for.
    pub(super) fn take_pass(&self) -> Option<Pass> {
        self.pass.take()
    }

    /// Does something with what it counts for, if it was let in.
    pub(super) fn with_pass(&self, change: impl FnOnce(&mut Pass)) {
        let mut pass = self.pass.take();
        if let Some(pass) = &mut pass {
            change(pass);
        }
        self.pass.set(pass);
    }

    /// Marks it as standing in the list of those to be written to; whether it did not before, and can be.
    pub(super) fn queue(&self) -> bool {
        !self.blocked.get() && !self.queued.replace(true)
    }

    /// It has been taken off the list.
    pub(super) fn unqueue(&self) {
        self.queued.set(false);
    }

    /// Whether the machine wants what the peer sends.
    pub(super) fn set_reading(&self, wanted: bool) {
        let wanted = wanted && !self.input_over.get();
        if wanted && !self.reading.replace(wanted) {
            self.wake();
        }
        self.reading.set(wanted);
    }

    /// The machine has let go of the connection.
    pub(super) fn end(&self) {
        self.ended.set(true);
        self.wake();
    }

    /// Writes what is pending, gathering pieces, until the socket takes no more or there is no more.
    ///
    /// `list` is lent, empty, and given back empty: what is left of it is kept here.
    pub(super) fn write(
        &self,
        list: &mut VecDeque<Bytes>,
        server: &mut Server,
        now: Instant,
    ) -> Written {
        let mut kept = self.kept.borrow_mut();
        if let Some(mut kept) = kept.take() {
            list.append(&mut kept);
        }
        let written = self.write_list(list, server, now);
        if !list.is_empty() {
            *kept = Some(Box::new(std::mem::take(list)));
        }
        written
    }

    fn write_list(&self, kept: &mut VecDeque<Bytes>, server: &mut Server, now: Instant) -> Written {
        let mut written = 0;
        while written < TURN {
            // What TLS still holds goes first.
            let dry = !self.tls_waits() && self.gather(kept, server, now);
            if kept.is_empty() && !self.tls_waits() {
                return self.finish();
            }
            match self.write_some(kept) {
                Ok(None) => return Written::Enough,
                Ok(Some(0)) => return Written::Broken,
                Ok(Some(taken)) => {
                    written += taken;
                    if !kept.is_empty() || self.tls_waits() {
                        server.progress(self.id, now);
                    } else if dry {
                        return self.finish();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked.set(true);
                    self.wake();
                    return Written::Enough;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Written::Broken,
            }
        }
        Written::Turn
    }

    /// Writes once; how many bytes the socket took. None where the peer has its turn in a handshake first.
    fn write_some(&self, kept: &mut VecDeque<Bytes>) -> io::Result<Option<usize>> {
        let Some(tls) = &self.tls else {
            let taken = self.write_pieces(kept)?;
            advance(kept, taken);
            return Ok(Some(taken));
        };
        let tls = &mut *tls.borrow_mut();
        while let Some(piece) = kept.front() {
            match tls.send(piece) {
                0 => break,
                taken => advance(kept, taken),
            }
        }
        if !tls.wants_write() {
            return Ok(None);
        }
        tls.write_to(&mut Taken(self.socket.as_ref())).map(Some)
    }

    /// Whether TLS holds bytes for the network.
    fn tls_waits(&self) -> bool {
        self.tls
            .as_ref()
            .is_some_and(|tls| tls.borrow().wants_write())
    }

    fn write_pieces(&self, kept: &VecDeque<Bytes>) -> io::Result<usize> {
        if let (1, Some(piece)) = (kept.len(), kept.front()) {
            return self.socket.try_write(piece);
        }
        let mut slices = [IoSlice::new(&[]); PIECES];
        let count = slices.len().min(kept.len());
        for (slice, piece) in slices.iter_mut().zip(kept) {
            *slice = IoSlice::new(piece);
        }
        self.socket.try_write_vectored(&slices[..count])
    }

    /// Everything is written.
    fn finish(&self) -> Written {
        if self.finishing.get() {
            if let Some(tls) = &self.tls {
                tls.borrow_mut().finish();
                self.write_last();
            }
            self.shut();
        }
        Written::Enough
    }

    /// Writes the last words of TLS, if the socket takes them now: who does not get them sees that the link is cut.
    fn write_last(&self) {
        if let Some(tls) = &self.tls {
            let _ = tls.borrow_mut().write_to(&mut Taken(self.socket.as_ref()));
        }
    }

    /// Takes pieces from the machine, as much as is written at a time; whether it has no more.
    fn gather(&self, kept: &mut VecDeque<Bytes>, server: &mut Server, now: Instant) -> bool {
        let mut total: usize = kept.iter().map(Bytes::len).sum();
        while total < GATHER && kept.len() < PIECES && !self.finishing.get() {
            match server.poll_transmit(self.id, now) {
                Some(Transmit::Data(piece)) => {
                    total += piece.len();
                    kept.push_back(piece);
                }
                Some(Transmit::Shutdown) => self.finishing.set(true),
                None => return true,
            }
        }
        self.finishing.get()
    }

    fn shut(&self) {
        // A peer that is gone already need not be told; what else can fail here shows when it is read from.
        let _ = SockRef::from(self.socket.as_ref()).shutdown(Shutdown::Write);
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    fn park(&self, waker: &Waker) {
        let mut parked = self.waker.borrow_mut();
        if !parked
            .as_ref()
            .is_some_and(|parked| parked.will_wake(waker))
        {
            *parked = Some(waker.clone());
        }
    }
}

/// Drops the first `taken` bytes.
fn advance(kept: &mut VecDeque<Bytes>, mut taken: usize) {
    while let Some(first) = kept.front_mut() {
        if first.len() > taken {
            first.advance(taken);
            return;
        }
        taken -= first.len();
        kept.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advancing_drops_exactly_what_was_taken() {
        let pieces = || VecDeque::from([&b"abc"[..], b"de", b"f"].map(Bytes::from_static));
        let all = b"abcdef";
        for taken in 0..=all.len() {
            let mut kept = pieces();
            advance(&mut kept, taken);
            let left: Vec<u8> = kept.iter().flatten().copied().collect();
            assert_eq!(left, all[taken..], "{taken} taken");
            assert!(kept.iter().all(|piece| !piece.is_empty()));
        }
    }
}
