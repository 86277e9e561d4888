//! Telling whoever is not let in why: a `BYE` on the fresh socket, and a while in which it can be read.

use std::cell::Cell;
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use parlance_proto::wire::{Bye, ByeCode, Message, encode_frame};
use socket2::SockRef;
use tokio::net::TcpStream;

use super::gate::Full;
use crate::words;

/// How many are told at a time that something is full; beyond it a socket is just closed, so that a flood costs no
/// memory.
pub const FAREWELLS: usize = 64;
/// What is thrown away of what such a one sends, in bytes: more than a login has.
const THROWN_AWAY: usize = 16 * 1024;

/// Those that are being told.
#[derive(Debug, Default)]
pub(super) struct Farewells {
    open: Rc<Cell<usize>>,
}

impl Farewells {
    /// Tells that something is full, unless too many are being told. What was sent before must be taken, and the peer
    /// have its time to end, or a reset overtakes the words [ER-3]: `linger` is the most of it.
    pub(super) fn tell(&self, stream: TcpStream, full: Full, linger: Duration) {
        let Some(place) = Place::take(&self.open) else {
            return;
        };
        tokio::task::spawn_local(async move {
            let _place = place;
            let words = last_words(full);
            // The socket is fresh: it has room for a few bytes, or it is broken and there is nobody to tell.
            let socket = SockRef::from(&stream);
            if socket.send(&words).is_ok() && socket.shutdown(Shutdown::Write).is_ok() {
                let _ = tokio::time::timeout(linger, throw_away(&stream)).await;
            }
        });
    }
}

/// The place of one that is being told.
struct Place(Rc<Cell<usize>>);

impl Place {
    fn take(open: &Rc<Cell<usize>>) -> Option<Place> {
        (open.get() < FAREWELLS).then(|| {
            open.set(open.get() + 1);
            Place(Rc::clone(open))
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

fn last_words(full: Full) -> BytesMut {
    let text = match full {
        Full::Server => words::door::SERVER_FULL,
        Full::Address => words::door::ADDRESS_FULL,
    };
    let bye = Message::Bye(Bye {
        code: ByeCode::FULL,
        text: text.to_owned(),
        retry: None,
    });
    let mut frame = BytesMut::new();
    // Both texts are within what a goodbye holds, as a test shows; without one the end says enough.
    let _ = encode_frame(&bye, &mut frame);
    frame
}

/// Reads until the peer has ended its stream, or has sent more than anybody needs to.
async fn throw_away(stream: &TcpStream) {
    let mut left = THROWN_AWAY;
    while left > 0 && stream.readable().await.is_ok() {
        let mut buffer = [0; 1024];
        match stream.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => left = left.saturating_sub(count),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_have_words() {
        let (server, address) = (last_words(Full::Server), last_words(Full::Address));
        assert!(server.len() > 4 && address.len() > 4);
        assert_ne!(server, address);
    }

    #[test]
    fn places_are_given_back() {
        let open = Rc::new(Cell::new(0));
        let places: Vec<_> = (0..FAREWELLS).filter_map(|_| Place::take(&open)).collect();
        assert_eq!(places.len(), FAREWELLS);
        assert!(Place::take(&open).is_none());
        drop(places);
        assert!(Place::take(&open).is_some());
    }
}
