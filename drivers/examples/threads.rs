//! The room with blocking threads and `std`. One has the machine, each socket one that reads and one that writes.
//!
//! `threads serve ADDR` serves until stdin ends. `threads join ADDR NAME` takes lines, `/nick NAME` and `/quit`.
#![allow(clippy::disallowed_methods, clippy::unit_arg, reason = "a driver reads the clock; an example is short")]

use parlance_proto::client::{self, Client, ClientConfig};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::server::{self, CLIENT_FRAME, ConnId, Origin, Server, Transmit};
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::wire::{Event, SayKind};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, SystemTime};
use std::{env, error::Error, sync::OnceLock, thread};

const LONG: Duration = Duration::from_secs(60);

fn main() -> Result<(), Box<dyn Error>> {
    match &env::args().skip(1).collect::<Vec<_>>()[..] {
        [verb, address] if verb == "serve" => serve(address),
        [verb, address, name] if verb == "join" => join(address, name),
        _ => Err("usage: threads serve ADDR | threads join ADDR NAME".into()),
    }
}

/// The machine's time: since the first call.
fn now() -> Instant {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    Instant::new(START.get_or_init(std::time::Instant::now).elapsed())
}

/// What happens. A link is known by its number; no bytes are the end of its stream, and no line the end of stdin.
enum Input {
    Accepted(TcpStream),
    Heard(u64, io::Result<Vec<u8>>),
    Written(u64),
    Typed(Option<String>),
}

/// A socket and the ways to its two threads. The reader waits after each read to be told to go on: that is the back
/// pressure. The writer is idle when it has written what it was given.
struct Link {
    socket: TcpStream,
    reader: Sender<()>,
    writer: Sender<Transmit>,
    waits: bool,
    idle: bool,
}

impl Link {
    fn start(number: u64, socket: TcpStream, inputs: &Sender<Input>) -> io::Result<Link> {
        let (mut reading, mut writing) = (socket.try_clone()?, socket.try_clone()?);
        let (heard, written) = (inputs.clone(), inputs.clone());
        let ((reader, turns), (writer, items)) = (mpsc::channel(), mpsc::channel());
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            turns.iter().try_for_each(|()| {
                let got = reading.read(&mut buffer).map(|n| buffer[..n].to_vec());
                heard.send(Input::Heard(number, got))
            })
        });
        thread::spawn(move || {
            items.iter().try_for_each(|item| {
                // A link that breaks is noticed by the one who reads.
                let _ = match item {
                    Transmit::Data(bytes) => writing.write_all(&bytes),
                    Transmit::Shutdown => writing.shutdown(Shutdown::Write),
                };
                written.send(Input::Written(number))
            })
        });
        Ok(Link { socket, reader, writer, waits: true, idle: true })
    }

    /// Lets the reader go on if what it reads is wanted, and gives the writer what is next.
    fn tend(&mut self, wanted: bool, next: impl FnOnce() -> Option<Transmit>) {
        self.waits = self.waits && !(wanted && self.reader.send(()).is_ok());
        self.idle = self.idle && next().is_none_or(|item| self.writer.send(item).is_err());
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        _ = self.socket.shutdown(Shutdown::Both); // Its threads may be in a call of the socket: that ends now.
    }
}

fn inputs() -> (Sender<Input>, Receiver<Input>) {
    let (inputs, input) = mpsc::channel();
    let typed = inputs.clone();
    thread::spawn(move || {
        let lines = io::stdin().lines().map_while(io::Result::ok).map(Some);
        lines.chain([None]).try_for_each(|line| typed.send(Input::Typed(line)))
    });
    (inputs, input)
}

fn serve(address: &str) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    let (inputs, input) = inputs();
    let door = inputs.clone();
    thread::spawn(move || listener.incoming().flatten().try_for_each(|socket| door.send(Input::Accepted(socket))));
    let mut server = Server::new(server::Config::default(), RandomState::new().hash_one(0));
    let mut links: BTreeMap<u64, (ConnId, Link)> = BTreeMap::new();
    // The log of each room, in memory: how many entries it has, and all its events.
    let mut logs: BTreeMap<RoomName, (u64, Vec<Event>)> = BTreeMap::new();
    let (mut written, mut down) = (false, false);
    loop {
        if let Some(action) = server.poll() {
            written = false;
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
                server::Action::Closed { conn, .. } => drop(links.remove(&conn.get())),
                _ => {} // `Writable` and `Reading` say which links are worth asking; here all are.
            }
        } else if !written {
            // Once all is done: written sooner, a reader could miss what is just being made.
            for (conn, link) in links.values_mut() {
                link.tend(server.wants_read(*conn), || server.poll_transmit(*conn, now()));
            }
            written = true;
        } else if down && links.is_empty() {
            return Ok(());
        } else {
            written = false;
            let span = server.poll_timeout().map_or(LONG, |wake| wake.at.saturating_duration_since(now()));
            match input.recv_timeout(span) {
                Ok(Input::Accepted(socket)) => {
                    let conn = server.accept(Origin::default(), now());
                    match Link::start(conn.get(), socket, &inputs) {
                        Ok(link) => drop(links.insert(conn.get(), (conn, link))),
                        Err(_) => server.receive_reset(conn, now()),
                    }
                }
                Ok(Input::Heard(of, got)) if let Some((conn, link)) = links.get_mut(&of) => match got {
                    Ok(bytes) if bytes.is_empty() => server.receive_eof(*conn, now()),
                    Ok(bytes) => {
                        link.waits = true;
                        server.receive(*conn, &bytes, now());
                    }
                    Err(_) => server.receive_reset(*conn, now()),
                },
                Ok(Input::Written(of)) => drop(links.get_mut(&of).map(|(_, link)| link.idle = true)),
                Ok(Input::Typed(None)) => {
                    down = true;
                    server.shutdown(Some(1), now());
                }
                _ => {}
            }
            server.handle_timeout(now());
        }
    }
}

fn join(address: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let config = ClientConfig { history: 100, ..ClientConfig::new(Name::parse(name)?, RoomName::lobby()) };
    let mut client = Client::new(config, RandomState::new().hash_one(0), now());
    let (inputs, input) = inputs();
    let (mut link, mut number): (Option<Link>, u64) = (None, 0);
    loop {
        while let Some(action) = client.poll() {
            match action {
                client::Action::Connect => {
                    number += 1;
                    link = TcpStream::connect(address).and_then(|socket| Link::start(number, socket, &inputs)).ok();
                    match link {
                        Some(_) => client.connected(now()),
                        None => client.connect_failed(now()),
                    }
                }
                client::Action::Close => link = None,
                client::Action::Event(event) => println!("{event:?}"),
                client::Action::Ended { reason } => return Ok(println!("ended: {reason}")),
                _ => {}
            }
        }
        link.iter_mut().for_each(|link| link.tend(true, || client.poll_transmit(now())));
        let span = client.poll_timeout().map_or(LONG, |wake| wake.at.saturating_duration_since(now()));
        match input.recv_timeout(span) {
            Ok(Input::Heard(of, got)) if let Some(link) = link.as_mut().filter(|_| of == number) => {
                link.waits = true;
                match got.unwrap_or_default() {
                    none if none.is_empty() => client.receive_eof(now()),
                    bytes => client.receive(&bytes, now()),
                }
            }
            Ok(Input::Written(of)) if of == number => drop(link.as_mut().map(|link| link.idle = true)),
            Ok(Input::Typed(line)) => type_in(&mut client, line.as_deref()).unwrap_or_else(|why| eprintln!("{why}")),
            _ => {}
        }
        client.handle_timeout(now());
    }
}

fn type_in(client: &mut Client, line: Option<&str>) -> Result<(), Box<dyn Error>> {
    match line.map(|line| (line, line.strip_prefix("/nick "))) {
        None | Some(("/quit", _)) => client.quit(None, now()),
        Some((_, Some(name))) => _ = client.nick(Name::parse(name)?, now())?,
        Some((line, None)) => _ = client.say(SayKind::Say, None, Text::parse(line)?, now())?,
    }
    Ok(())
}
