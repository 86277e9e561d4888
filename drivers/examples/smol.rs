//! The room on smol: one thread, a task for each direction of a connection.
//!
//! `smol serve ADDR` serves until stdin ends. `smol join ADDR NAME` takes lines, `/nick NAME` and `/quit`.
#![allow(clippy::disallowed_methods, clippy::unit_arg, reason = "a driver reads the clock; an example is short")]

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};
use std::{cell::RefCell, collections::BTreeMap, env, error::Error, future::pending, io, net::Shutdown, rc::Rc};

use parlance_proto::client::{self, Client, ClientConfig};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::server::{self, CLIENT_FRAME, ConnId, Origin, Server, Transmit};
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::wire::{Event, SayKind};
use smol::channel::{Receiver, Sender, bounded};
use smol::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use smol::net::{TcpListener, TcpStream};
use smol::stream::StreamExt;
use smol::{LocalExecutor, Timer, Unblock, future::or};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let tasks = Rc::new(LocalExecutor::new());
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", address] => smol::block_on(tasks.run(serve(&tasks, address))),
        ["join", address, name] => smol::block_on(join(address, name)),
        _ => Err("usage: smol serve ADDR | smol join ADDR NAME".into()),
    }
}

/// The machine's time: since the first call.
fn now() -> Instant {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    Instant::new(START.get_or_init(std::time::Instant::now).elapsed())
}

fn until(deadline: Option<Instant>) -> Timer {
    deadline.map_or(Timer::never(), |at| Timer::after(at.saturating_duration_since(now())))
}

/// What the tasks of the server share. It is never borrowed over an `await`.
struct Hall {
    server: Server,
    /// A connection's socket, and how its reader and its writer are woken; their waiting ends with it.
    links: BTreeMap<ConnId, (TcpStream, Sender<()>, Sender<()>)>,
    /// The log of each room, in memory: how many entries it has, and all its events.
    logs: BTreeMap<RoomName, (u64, Vec<Event>)>,
    /// Tells the timer that the next deadline may be another.
    timer: Sender<()>,
}

type Shared = Rc<RefCell<Hall>>;

async fn serve(tasks: &Rc<LocalExecutor<'static>>, address: &str) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    let server = Server::new(server::Config::default(), RandomState::new().hash_one(0));
    let (timer, rearmed) = bounded(1);
    let hall = Rc::new(RefCell::new(Hall { server, links: BTreeMap::new(), logs: BTreeMap::new(), timer }));
    tasks.spawn(keep_time(Rc::clone(&hall), rearmed)).detach();
    let (shared, spawner) = (Rc::clone(&hall), Rc::clone(tasks));
    let door = async move {
        loop {
            let Ok((socket, _)) = listener.accept().await else { continue };
            let ((reader, may_read), (writer, may_write)) = (bounded(1), bounded(1));
            let link = (socket.clone(), reader, writer);
            let conn = with(&shared, |hall| {
                let conn = hall.server.accept(Origin::default(), now());
                hall.links.insert(conn, link);
                conn
            });
            spawner.spawn(read(Rc::clone(&shared), conn, socket.clone(), may_read)).detach();
            spawner.spawn(write(Rc::clone(&shared), conn, socket, may_write)).detach();
        }
    };
    or(async { smol::io::copy(Unblock::new(io::stdin()), smol::io::sink()).await }, door).await?;
    with(&hall, |hall| hall.server.shutdown(Some(1), now()));
    while !hall.borrow().links.is_empty() {
        Timer::after(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// Feeds the machine, and does what it wants done.
fn with<R>(hall: &Shared, feed: impl FnOnce(&mut Hall) -> R) -> R {
    let hall = &mut *hall.borrow_mut();
    let result = feed(hall);
    while let Some(action) = hall.server.poll() {
        match action {
            server::Action::Append { room, ticket, entry } => {
                let (last, _) = hall.logs.entry(room.clone()).or_default();
                *last += 1;
                let at = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis() as u64;
                hall.server.appended(&room, *last, at, &entry, Some(ticket), now());
            }
            server::Action::Made { room, event, .. } => hall.logs.entry(room).or_default().1.extend(event),
            server::Action::Read { room, ticket, after, limit } => {
                let events = hall.logs.get(&room).into_iter().flat_map(|(_, events)| events);
                let most = (limit / CLIENT_FRAME as usize).max(1); // No event is longer than a client's frame.
                let page = events.filter(|event| event.seq() > after).take(most).cloned().collect();
                hall.server.history(ticket, page, now());
            }
            server::Action::Forget { room } => drop(hall.logs.remove(&room)),
            server::Action::Writable(conn) => drop(hall.links.get(&conn).map(|(.., writer)| writer.try_send(()))),
            server::Action::Reading(conn) => drop(hall.links.get(&conn).map(|(_, reader, _)| reader.try_send(()))),
            // Its reader may wait for the peer: that ends now.
            server::Action::Closed { conn, .. } => {
                drop(hall.links.remove(&conn).map(|(socket, ..)| socket.shutdown(Shutdown::Both)));
            }
            _ => {}
        }
    }
    let _ = hall.timer.try_send(());
    result
}

async fn read(hall: Shared, conn: ConnId, mut socket: TcpStream, may_read: Receiver<()>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        // Back pressure: what is not wanted is not read, and TCP tells the peer.
        while !hall.borrow().server.wants_read(conn) && may_read.recv().await.is_ok() {}
        match socket.read(&mut buffer).await {
            Ok(0) => return with(&hall, |hall| hall.server.receive_eof(conn, now())),
            Ok(n) => with(&hall, |hall| hall.server.receive(conn, &buffer[..n], now())),
            Err(_) => return with(&hall, |hall| hall.server.receive_reset(conn, now())),
        }
    }
}

async fn write(hall: Shared, conn: ConnId, mut socket: TcpStream, may_write: Receiver<()>) {
    loop {
        let done = match with(&hall, |hall| hall.server.poll_transmit(conn, now())) {
            Some(Transmit::Data(bytes)) => socket.write_all(&bytes).await,
            Some(Transmit::Shutdown) => socket.shutdown(Shutdown::Write),
            None if may_write.recv().await.is_err() => return,
            None => Ok(()),
        };
        if done.is_err() {
            return with(&hall, |hall| hall.server.receive_reset(conn, now()));
        }
    }
}

async fn keep_time(hall: Shared, rearmed: Receiver<()>) {
    loop {
        let deadline = hall.borrow().server.poll_timeout().map(|wake| wake.at);
        or(async { _ = until(deadline).await }, async { _ = rearmed.recv().await }).await;
        if deadline.is_some_and(|at| at <= now()) {
            with(&hall, |hall| hall.server.handle_timeout(now()));
        }
    }
}

enum Input {
    Typed(Option<io::Result<String>>),
    Heard(io::Result<usize>),
    Written(io::Result<usize>),
    Time,
}

async fn join(address: &str, name: &str) -> Result<(), Box<dyn Error>> {
    let config = ClientConfig { history: 100, ..ClientConfig::new(Name::parse(name)?, RoomName::lobby()) };
    let mut client = Client::new(config, RandomState::new().hash_one(0), now());
    let mut lines = BufReader::new(Unblock::new(io::stdin())).lines();
    let (mut link, mut piece, mut buffer) = (None::<TcpStream>, Vec::new(), vec![0; 64 * 1024]);
    loop {
        while let Some(action) = client.poll() {
            match action {
                client::Action::Connect => match TcpStream::connect(address).await {
                    Ok(socket) => _ = (client.connected(now()), link = Some(socket)),
                    Err(_) => client.connect_failed(now()),
                },
                client::Action::Close => (link, piece) = (None, Vec::new()),
                client::Action::Event(event) => println!("{event:?}"),
                client::Action::Ended { reason } => return Ok(println!("ended: {reason}")),
                _ => {}
            }
        }
        match (piece.is_empty() && link.is_some()).then(|| client.poll_transmit(now())).flatten() {
            Some(Transmit::Data(bytes)) => piece = bytes.to_vec(),
            Some(Transmit::Shutdown) => _ = link.as_ref().map(|link| link.shutdown(Shutdown::Write)),
            None => {}
        }
        // A link is read while it takes its time to be written to.
        let (mut reading, mut writing) = (link.clone(), link.clone().filter(|_| !piece.is_empty()));
        let heard = async { Input::Heard(there(&mut reading).await.read(&mut buffer).await) };
        let written = async { Input::Written(there(&mut writing).await.write(&piece).await) };
        let typed = async { Input::Typed(lines.next().await) };
        let deadline = client.poll_timeout().map(|wake| wake.at);
        let time = async { (until(deadline).await, Input::Time).1 };
        match or(or(heard, written), or(typed, time)).await {
            Input::Heard(Ok(0)) => client.receive_eof(now()),
            Input::Heard(Ok(n)) => client.receive(&buffer[..n], now()),
            Input::Written(Ok(n)) => drop(piece.drain(..n)),
            Input::Heard(Err(_)) | Input::Written(Err(_)) => client.receive_reset(now()),
            Input::Typed(Some(Ok(line))) => type_in(&mut client, &line).unwrap_or_else(|why| eprintln!("{why}")),
            Input::Typed(_) => client.quit(None, now()),
            Input::Time => client.handle_timeout(now()),
        }
    }
}

/// The link; without one there is nothing to wait for.
async fn there(link: &mut Option<TcpStream>) -> &mut TcpStream {
    match link {
        Some(link) => link,
        None => pending().await,
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
