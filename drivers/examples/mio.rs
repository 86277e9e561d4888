//! The room on one thread with mio: readiness, and no runtime.
//!
//! `mio serve ADDR` serves until stdin ends. `mio join ADDR NAME` takes lines, `/nick NAME` and `/quit`.
#![allow(clippy::disallowed_methods, clippy::unit_arg, reason = "a driver reads the clock; an example is short")]

use bytes::{Buf, Bytes};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use parlance_proto::client::{self, Client, ClientConfig, State};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::server::{self, CLIENT_FRAME, ConnId, Origin, Server, Transmit};
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::wire::{Event, SayKind};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, SystemTime};
use std::{env, error::Error, net::Shutdown, thread};

const TYPED: Token = Token(0);
/// The listener of a server, or the link of a client. A connection of a server has the token after its number.
const LINK: Token = Token(1);

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", address] => serve(address),
        ["join", address, name] => join(address, name),
        _ => Err("usage: mio serve ADDR | mio join ADDR NAME".into()),
    }
}

/// The machine's time: since the first call.
fn now() -> Instant {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    Instant::new(START.get_or_init(std::time::Instant::now).elapsed())
}

/// A socket, and the rest of the piece that it has not taken yet. It is taken for ready until it would block.
struct Link {
    socket: TcpStream,
    piece: Bytes,
    readable: bool,
    writable: bool,
}

impl Link {
    fn new(mut socket: TcpStream, poll: &Poll, token: Token) -> io::Result<Link> {
        poll.registry().register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Link { socket, piece: Bytes::new(), readable: false, writable: false })
    }

    /// Reads once, if there is something; no bytes are the end of the stream.
    fn read<'a>(&mut self, buffer: &'a mut [u8]) -> Option<io::Result<&'a [u8]>> {
        let got = self.socket.read(buffer);
        self.readable = !matches!(&got, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        self.readable.then(|| got.map(|n| &buffer[..n]))
    }

    /// Writes until the socket would block or there is nothing more.
    fn write(&mut self, mut next: impl FnMut() -> Option<Transmit>) -> io::Result<()> {
        while self.writable {
            if self.piece.is_empty() {
                match next() {
                    Some(Transmit::Data(bytes)) => self.piece = bytes,
                    Some(Transmit::Shutdown) => return self.socket.shutdown(Shutdown::Write),
                    None => return Ok(()),
                }
            }
            match self.socket.write(&self.piece) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.writable = false,
                n => self.piece.advance(n?),
            }
        }
        Ok(())
    }
}

/// Waits until something is ready, or for the deadline; not at all if there is `more` to do.
fn wait(poll: &mut Poll, events: &mut Events, deadline: Option<Instant>, more: bool) -> io::Result<()> {
    let span = deadline.map(|at| at.saturating_duration_since(now()));
    match poll.poll(events, if more { Some(Duration::ZERO) } else { span }) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
        polled => polled,
    }
}

fn serve(address: &str) -> Result<(), Box<dyn Error>> {
    let mut listener = TcpListener::bind(address.parse()?)?;
    println!("listening on {}", listener.local_addr()?);
    let (mut poll, mut events, mut buffer) = (Poll::new()?, Events::with_capacity(1024), vec![0; 64 * 1024]);
    poll.registry().register(&mut listener, LINK, Interest::READABLE)?;
    let waker = Waker::new(poll.registry(), TYPED)?;
    thread::spawn(move || io::copy(&mut io::stdin().lock(), &mut io::sink()).and_then(|_| waker.wake()));
    let mut server = Server::new(server::Config::default(), RandomState::new().hash_one(0));
    let (mut links, mut down): (BTreeMap<Token, (ConnId, Link)>, _) = (BTreeMap::new(), false);
    // In how many rounds nothing was done or read: what writing asks for is seen in the round after it.
    let mut quiet = 0;
    // The log of each room, in memory: how many entries it has, and all its events.
    let mut logs: BTreeMap<RoomName, (u64, Vec<Event>)> = BTreeMap::new();
    while !(down && links.is_empty()) {
        quiet += 1;
        while let Some(action) = server.poll() {
            quiet = 0;
            match action {
                server::Action::Append { room, ticket, entry } => {
                    let (last, _) = logs.entry(room.clone()).or_default();
                    *last += 1;
                    let at = SystemTime::UNIX_EPOCH.elapsed()?.as_millis() as u64;
                    server.appended(&room, *last, at, &entry, Some(ticket), now());
                }
                server::Action::Made { room, event, .. } => logs.entry(room).or_default().1.extend(event),
                server::Action::Read { room, ticket, after, limit } => {
                    let events = logs.get(&room).into_iter().flat_map(|(_, events)| events);
                    let most = (limit / CLIENT_FRAME as usize).max(1); // No event is longer than a client's frame.
                    let page = events.filter(|event| event.seq() > after).take(most).cloned().collect();
                    server.history(ticket, page, now());
                }
                server::Action::Forget { room } => drop(logs.remove(&room)),
                server::Action::Closed { conn, .. } => drop(links.remove(&Token(1 + conn.get() as usize))),
                _ => {} // `Writable` and `Reading` say which links are worth asking; here all are.
            }
        }
        for (&mut conn, link) in links.values_mut().map(|(conn, link)| (conn, link)) {
            if link.write(|| server.poll_transmit(conn, now())).is_err() {
                server.receive_reset(conn, now());
            }
            // One read of each, so that nobody keeps the others waiting. What is not wanted is not read: back pressure.
            match (link.readable && server.wants_read(conn)).then(|| link.read(&mut buffer)).flatten() {
                None => continue,
                Some(Ok([])) => server.receive_eof(conn, now()),
                Some(Ok(bytes)) => server.receive(conn, bytes, now()),
                Some(Err(_)) => server.receive_reset(conn, now()),
            }
            quiet = 0;
        }
        wait(&mut poll, &mut events, server.poll_timeout().map(|wake| wake.at), quiet < 2)?;
        quiet %= 2;
        server.handle_timeout(now());
        for event in &events {
            match event.token() {
                TYPED => {
                    down = true;
                    server.shutdown(Some(1), now());
                }
                LINK => {
                    while let Ok((socket, _)) = listener.accept() {
                        let conn = server.accept(Origin::default(), now());
                        let token = Token(1 + conn.get() as usize);
                        links.insert(token, (conn, Link::new(socket, &poll, token)?));
                    }
                }
                token => _ = links.get_mut(&token).map(|(_, link)| (link.readable, link.writable) = (true, true)),
            }
        }
    }
    Ok(())
}

fn join(address: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let (mut poll, mut events, mut buffer) = (Poll::new()?, Events::with_capacity(8), vec![0; 64 * 1024]);
    let (waker, (sender, lines)) = (Waker::new(poll.registry(), TYPED)?, mpsc::channel());
    thread::spawn(move || {
        let typed = io::stdin().lines().map_while(io::Result::ok);
        typed.chain(["/quit".to_owned()]).for_each(|line| drop((sender.send(line), waker.wake())));
    });
    let config = ClientConfig { history: 100, ..ClientConfig::new(Name::parse(name)?, RoomName::lobby()) };
    let (mut client, mut link) = (Client::new(config, RandomState::new().hash_one(0), now()), None::<Link>);
    loop {
        let mut more = false;
        if let Some(link) = &mut link {
            // What was asked to connect has done so when it can be written to, or else has an error.
            if link.writable && client.state() == State::Offline {
                match link.socket.take_error()?.is_none() && link.socket.peer_addr().is_ok() {
                    true => client.connected(now()),
                    false => client.connect_failed(now()),
                }
            }
            if link.write(|| client.poll_transmit(now())).is_err() {
                client.receive_reset(now());
            }
            match link.readable.then(|| link.read(&mut buffer)).flatten() {
                None => {}
                Some(Ok([])) => client.receive_eof(now()),
                Some(Ok(bytes)) => client.receive(bytes, now()),
                Some(Err(_)) => client.receive_reset(now()),
            }
            more = link.readable;
        }
        while let Some(action) = client.poll() {
            more = true;
            match action {
                client::Action::Connect => link = Some(Link::new(TcpStream::connect(address.parse()?)?, &poll, LINK)?),
                client::Action::Close => link = None,
                client::Action::Event(event) => println!("{event:?}"),
                client::Action::Ended { reason } => return Ok(println!("ended: {reason}")),
                _ => {}
            }
        }
        wait(&mut poll, &mut events, client.poll_timeout().map(|wake| wake.at), more)?;
        client.handle_timeout(now());
        if let (Some(link), true) = (&mut link, events.iter().any(|event| event.token() == LINK)) {
            (link.readable, link.writable) = (true, true);
        }
        for line in lines.try_iter() {
            type_in(&mut client, &line).unwrap_or_else(|why| eprintln!("{why}"));
        }
    }
}

fn type_in(client: &mut Client, line: &str) -> Result<(), Box<dyn Error>> {
    match (line, line.strip_prefix("/nick ")) {
        ("/quit", _) => client.quit(None, now()),
        (_, Some(name)) => _ = client.nick(Name::parse(name)?, now())?,
        (line, None) => _ = client.say(SayKind::Say, None, Text::parse(line)?, now())?,
    }
    Ok(())
}
