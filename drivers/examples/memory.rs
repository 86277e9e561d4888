//! The room without any IO: one server, its clients, a clock that is a number. What a test of an application needs.
//!
//! `memory` reads a script from stdin, `NAME LINE` a line, and prints what each hears. Whoever is named first joins;
//! lines are as with the other drivers: what is said, `/nick NAME` and `/quit`.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::time::Duration;

use parlance_proto::client::{self, Client, ClientConfig};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::server::{self, CLIENT_FRAME, Config, ConnId, Origin, Server, Transmit};
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::wire::{Event, SayKind};

fn main() -> Result<(), Box<dyn Error>> {
    let mut world = World::new(1);
    for line in io::stdin().lines() {
        let line = line?;
        let (name, words) = line.split_once(' ').unwrap_or((&line, ""));
        world.does(name, words)?;
        world.settle();
    }
    Ok(())
}

/// Everything that there is.
struct World {
    now: Instant,
    seed: u64,
    server: Server,
    /// The log of each room: how many entries it has, and all its events.
    logs: BTreeMap<RoomName, (u64, Vec<Event>)>,
    people: BTreeMap<String, Person>,
}

/// A client, and the connection that stands for its link.
struct Person {
    client: Client,
    link: Option<ConnId>,
}

impl World {
    fn new(seed: u64) -> World {
        World {
            now: Instant::ZERO,
            seed,
            server: Server::new(Config::default(), seed),
            logs: BTreeMap::new(),
            people: BTreeMap::new(),
        }
    }

    fn does(&mut self, name: &str, words: &str) -> Result<(), Box<dyn Error>> {
        if !self.people.contains_key(name) {
            self.seed += 1;
            let config = ClientConfig { history: 100, ..ClientConfig::new(Name::parse(name)?, RoomName::lobby()) };
            let client = Client::new(config, self.seed, self.now);
            self.people.insert(name.to_owned(), Person { client, link: None });
        }
        let Some(Person { client, .. }) = self.people.get_mut(name) else { return Ok(()) };
        match (words, words.strip_prefix("/nick ")) {
            ("", _) => {}
            ("/quit", _) => client.quit(None, self.now),
            (_, Some(name)) => _ = client.nick(Name::parse(name)?, self.now)?,
            (text, None) => _ = client.say(SayKind::Say, None, Text::parse(text)?, self.now)?,
        }
        Ok(())
    }

    /// Lets everything happen that wants to happen now, then lets a moment pass. Where nothing happens any more, time
    /// could as well jump to the next deadline: `poll_timeout` of each machine says when that is.
    fn settle(&mut self) {
        while self.attend() | self.serve() | self.carry() {}
        self.now = self.now.saturating_add(Duration::from_millis(1));
        self.server.handle_timeout(self.now);
        for person in self.people.values_mut() {
            person.client.handle_timeout(self.now);
        }
    }

    /// Does what the server wants done; whether it wanted anything.
    fn serve(&mut self) -> bool {
        let mut busy = false;
        while let Some(action) = self.server.poll() {
            busy = true;
            match action {
                server::Action::Append { room, ticket, entry } => {
                    let (last, _) = self.logs.entry(room.clone()).or_default();
                    *last += 1;
                    self.server.appended(&room, *last, self.now.as_millis(), &entry, Some(ticket), self.now);
                }
                server::Action::Made { room, event, .. } => self.logs.entry(room).or_default().1.extend(event),
                server::Action::Read { room, ticket, after, limit } => {
                    let events = self.logs.get(&room).into_iter().flat_map(|(_, events)| events);
                    let most = (limit / CLIENT_FRAME as usize).max(1); // No event is longer than a client's frame.
                    let page = events.filter(|event| event.seq() > after).take(most).cloned().collect();
                    self.server.history(ticket, page, self.now);
                }
                server::Action::Forget { room } => drop(self.logs.remove(&room)),
                // The links are asked one by one, and a link that the server lets go of is noticed by its client.
                _ => {}
            }
        }
        busy
    }

    /// Does what the clients want done, and carries what they send; whether there was anything.
    fn attend(&mut self) -> bool {
        let (server, now, mut busy) = (&mut self.server, self.now, false);
        for (name, Person { client, link }) in &mut self.people {
            while let Some(action) = client.poll() {
                busy = true;
                match action {
                    client::Action::Connect => {
                        *link = Some(server.accept(Origin::default(), now));
                        client.connected(now);
                    }
                    client::Action::Close => {
                        if let Some(conn) = link.take() {
                            server.receive_reset(conn, now);
                        }
                    }
                    client::Action::Event(event) => println!("{name} {event:?}"),
                    client::Action::Ended { reason } => println!("{name} ended: {reason}"),
                    _ => {}
                }
            }
            let Some(conn) = *link else { continue };
            while server.wants_read(conn)
                && let Some(Transmit::Data(bytes)) = client.poll_transmit(now)
            {
                server.receive(conn, &bytes, now);
                busy = true;
            }
        }
        busy
    }

    /// Carries what the server sends; whether there was anything. Only after `serve`: the machine is drained after
    /// every input, before anything is fetched from it.
    fn carry(&mut self) -> bool {
        let mut busy = false;
        for Person { client, link } in self.people.values_mut() {
            let Some(conn) = *link else { continue };
            while let Some(item) = self.server.poll_transmit(conn, self.now) {
                match item {
                    Transmit::Data(bytes) => client.receive(&bytes, self.now),
                    Transmit::Shutdown => client.receive_eof(self.now),
                }
                busy = true;
            }
        }
        busy
    }
}
