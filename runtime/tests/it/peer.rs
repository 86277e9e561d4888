//! One who speaks the protocol by hand, byte by byte where that is wanted.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use parlance_proto::wire::{
    Bye, Decoder, Event, Identity, Login, Message, Pong, Resume, Say, SayKind, Welcome, Who,
    decode, encode_frame,
};
use socket2::{Domain, SockRef, Socket, Type};

use crate::harness::SOON;

const FRAME: u32 = 64 * 1024;

/// A connection.
pub(crate) struct Peer {
    stream: TcpStream,
    decoder: Decoder,
    waiting: VecDeque<Message>,
}

impl Peer {
    pub(crate) fn connect(address: SocketAddr) -> Peer {
        Peer::of(TcpStream::connect(address).expect("a server that listens"))
    }

    /// One whose system takes little before he reads it himself.
    pub(crate) fn connect_narrow(address: SocketAddr) -> Peer {
        let socket =
            Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        socket
            .connect(&address.into())
            .expect("a server that listens");
        Peer::of(socket.into())
    }

    /// The other end of a connection that is there.
    pub(crate) fn of(stream: TcpStream) -> Peer {
        stream.set_nodelay(true).expect("a TCP socket");
        Peer {
            stream,
            decoder: Decoder::default(),
            waiting: VecDeque::new(),
        }
    }

    /// In the lobby as a guest.
    pub(crate) fn guest(address: SocketAddr, name: &str) -> (Peer, Welcome) {
        let mut peer = Peer::connect(address);
        let welcome = peer.log_in(login(name));
        (peer, welcome)
    }

    pub(crate) fn log_in(&mut self, login: Login) -> Welcome {
        self.send(&Message::Name(login));
        match self.next(SOON) {
            Some(Message::Client(welcome)) => welcome,
            other => panic!("no welcome: {other:?}"),
        }
    }

    pub(crate) fn send(&mut self, message: &Message) {
        self.send_bytes(&frame(message))
            .expect("a server that reads");
    }

    pub(crate) fn say(&mut self, id: u64, text: &str) {
        self.send(&say(id, text));
    }

    /// As it is; an error where the server has ended the connection.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    pub(crate) fn finish_writing(&self) {
        self.stream
            .shutdown(Shutdown::Write)
            .expect("an open socket");
    }

    /// Ends the connection so that the other end is told of an error.
    pub(crate) fn reset(self) {
        SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .expect("a TCP socket");
    }

    /// The next message, PINGs aside, which are answered; none at the end of the stream.
    ///
    /// # Panics
    ///
    /// If neither comes in time.
    pub(crate) fn next(&mut self, limit: Duration) -> Option<Message> {
        self.next_within(limit)
            .unwrap_or_else(|()| panic!("nothing within {limit:?}"))
    }

    /// The same; an error where nothing comes in time.
    pub(crate) fn next_within(&mut self, limit: Duration) -> Result<Option<Message>, ()> {
        let end = Instant::now() + limit;
        loop {
            match self.waiting.pop_front() {
                // By then the server may be gone.
                Some(Message::Ping(ping)) => {
                    drop(self.send_bytes(&frame(&Message::Pong(Pong { nonce: ping.nonce }))));
                }
                Some(message) => return Ok(Some(message)),
                None => {
                    if !self.read(end)? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// The next message; PINGs are given too, and not answered.
    pub(crate) fn next_unanswered(&mut self, limit: Duration) -> Option<Message> {
        let end = Instant::now() + limit;
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Some(message);
            }
            match self.read(end) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(()) => panic!("nothing within {limit:?}"),
            }
        }
    }

    /// Takes at most `most` bytes off its system, for later.
    ///
    /// # Panics
    ///
    /// At the end of the stream.
    pub(crate) fn trickle(&mut self, most: usize) {
        let end = Instant::now() + Duration::from_millis(50);
        assert_ne!(self.read_some(end, most), Ok(false), "the stream ended");
    }

    /// Where the server sees it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.stream.local_addr().expect("an open socket")
    }

    /// Reads once; whether the stream goes on.
    fn read(&mut self, end: Instant) -> Result<bool, ()> {
        self.read_some(end, 16 * 1024)
    }

    fn read_some(&mut self, end: Instant, most: usize) -> Result<bool, ()> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(());
        }
        self.stream
            .set_read_timeout(Some(left))
            .expect("a span above zero");
        let mut buffer = vec![0; most];
        match self.stream.read(&mut buffer) {
            Ok(0) => Ok(false),
            Ok(count) => {
                let mut input = &buffer[..count];
                while let Some(body) = self.decoder.next(&mut input, FRAME).expect("a good length")
                {
                    self.waiting
                        .push_back(decode(body).expect("a good message"));
                }
                Ok(true)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(false),
            Err(error) => panic!("cannot read: {error}"),
        }
    }

    /// The next event; whatever else comes is passed over.
    pub(crate) fn next_event(&mut self) -> Event {
        loop {
            match self.next(SOON) {
                None => panic!("the end of the stream in place of an event"),
                Some(Message::Bye(bye)) => panic!("a goodbye in place of an event: {bye:?}"),
                Some(message) => {
                    if let Ok(event) = Event::try_from(message) {
                        return event;
                    }
                }
            }
        }
    }

    /// Waits for a text; the events up to it are given.
    pub(crate) fn events_until(&mut self, text: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            events.push(self.next_event());
            if matches!(events.last(), Some(Event::Said(said)) if said.text.as_deref() == Some(text))
            {
                return events;
            }
        }
    }

    /// The last words, and that nothing follows them; whatever else comes before is passed over.
    pub(crate) fn last_words(&mut self, limit: Duration) -> Bye {
        loop {
            match self.next(limit) {
                Some(Message::Bye(bye)) => {
                    assert_eq!(self.next(SOON), None, "nothing follows a goodbye [ER-1]");
                    return bye;
                }
                Some(_) => {}
                None => panic!("an end without a goodbye"),
            }
        }
    }

    /// The names of all who are in, in the order of their numbers.
    pub(crate) fn who(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        let mut from = 0;
        loop {
            self.send(&Message::Who(Who { reference: 7, from }));
            // What else comes is for whoever asks for the next message.
            let mut passed = VecDeque::new();
            let page = loop {
                match self.next(SOON) {
                    Some(Message::Members(page)) => break page,
                    Some(message) => passed.push_back(message),
                    None => panic!("the end of the stream in place of the members"),
                }
            };
            passed.append(&mut self.waiting);
            self.waiting = passed;
            names.extend(page.list.into_iter().map(|listed| listed.name));
            match page.next {
                Some(next) => from = next,
                None => return names,
            }
        }
    }
}

/// A guest who wants the lobby, and no history.
pub(crate) fn login(name: &str) -> Login {
    Login {
        versions: vec![1],
        name: name.to_owned(),
        room: "lobby".to_owned(),
        history: 0,
        identity: None,
        resume: None,
        proof: None,
        agent: None,
    }
}

/// The same of somebody with a key, for the `attempt`th time.
pub(crate) fn login_of(name: &str, attempt: u64, resume: Option<Resume>) -> Login {
    let mut key = [0x5a; 32];
    for (place, byte) in key.iter_mut().zip(name.bytes()) {
        *place = byte;
    }
    Login {
        identity: Some(Identity {
            key,
            session: [7; 16],
            attempt,
        }),
        resume,
        ..login(name)
    }
}

pub(crate) fn say(id: u64, text: &str) -> Message {
    Message::Say(Say {
        id,
        after: id - 1,
        kind: SayKind::Say,
        re: None,
        text: text.to_owned(),
    })
}

pub(crate) fn frame(message: &Message) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode_frame(message, &mut out).expect("a message within its limits");
    out.to_vec()
}
