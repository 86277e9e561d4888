//! The log on disk, turn by turn: a small server of one room is a fold that is told what was appended.

mod damage;
mod erasing;
mod retention;
mod space;
mod turns;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use parlance_proto::name::{Name, RoomName};
use parlance_proto::room::{
    Deed, Entry, KeyHash, Line, LoginEntry, Owner, Room, SessionKey, Settings,
};
use parlance_proto::server::Ticket;
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::wire::{Event, SayKind};

use super::{
    Command, Files, Folder, Keep, Noted, Place, Recovered, Store, StoreError, Times, Writer,
};
use crate::log::{Answer, Proposal};

/// A day of this, in milliseconds since 1970.
const DAY: u64 = 1_800_000_000_000;

/// A folder's files, of which the reserve can be refused for want of space.
#[derive(Clone)]
struct Tight {
    inner: Arc<Mutex<Folder>>,
    is_full: Arc<Mutex<bool>>,
}

impl Files for Tight {
    fn read(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        self.inner.lock().unwrap().read(name)
    }

    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if *self.is_full.lock().unwrap() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.inner.lock().unwrap().write(name, offset, bytes)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.inner.lock().unwrap().sync(name)
    }

    fn clear(&mut self, name: &str) -> io::Result<()> {
        self.inner.lock().unwrap().clear(name)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.inner.lock().unwrap().remove(name)
    }
}

/// A writer over a folder, with the folds of its rooms.
struct Bench {
    writer: Writer,
    rooms: Vec<(RoomName, Room)>,
    ticket: u64,
    now_ms: u64,
    files: Tight,
    /// Rooms of which a checkpoint was asked for.
    due: Vec<RoomName>,
}

impl Bench {
    fn open(folder: &Path) -> Bench {
        Bench::with(folder, Keep::default()).unwrap()
    }

    fn with(folder: &Path, keep: Keep) -> Result<Bench, StoreError> {
        let files = Tight {
            inner: Arc::new(Mutex::new(Folder::new(folder))),
            is_full: Arc::default(),
        };
        let place = Place {
            database: &folder.join("log.db"),
            vfs: None,
            files: Box::new(files.clone()),
        };
        let mut store = Store::open(place, 7)?;
        let (recovered, unnoted) = store.recover()?;
        let rooms = recovered
            .into_iter()
            .map(|Recovered { name, fold, .. }| (name, fold))
            .collect();
        Ok(Bench {
            writer: Writer::new(store, unnoted, keep, times(0))?,
            rooms,
            ticket: 0,
            now_ms: 0,
            files,
            due: Vec::new(),
        })
    }

    /// One turn with these entries, and what the fold made of them noted with the next.
    fn append(&mut self, room: &RoomName, entries: Vec<Entry>) -> Vec<Answer> {
        let proposals = entries.into_iter().map(|entry| {
            self.ticket += 1;
            Proposal {
                room: room.clone(),
                ticket: Ticket::new(self.ticket),
                entry: Arc::new(entry),
            }
        });
        let commands = vec![Command::Append(proposals.collect())];
        self.turn(commands)
    }

    fn turn(&mut self, commands: Vec<Command>) -> Vec<Answer> {
        let turn = self.writer.turn(commands, times(self.now_ms)).unwrap();
        let mut made = Vec::new();
        for answer in &turn.answers {
            if let Answer::Appended {
                room,
                pos,
                at,
                entry,
                ..
            } = answer
            {
                let event = self.fold(room).apply(*pos, *at, entry).event;
                made.extend(event.map(|event| {
                    Command::Note(Noted {
                        room: room.clone(),
                        pos: *pos,
                        event,
                    })
                }));
            }
        }
        if !made.is_empty() {
            let noted = self.writer.turn(made, times(self.now_ms)).unwrap();
            self.due.extend(noted.due);
        }
        self.due.extend(turn.due);
        turn.answers
    }

    fn fold(&mut self, room: &RoomName) -> &mut Room {
        if !self.rooms.iter().any(|(name, _)| name == room) {
            self.rooms.push((room.clone(), Room::new()));
        }
        let found = self.rooms.iter_mut().find(|(name, _)| name == room);
        &mut found.unwrap().1
    }

    /// Founds the room, lets alice in, and says `count` lines, a few a turn.
    fn talk(&mut self, room: &RoomName, count: u64) {
        if self.fold(room).epoch() == 0 {
            let settings = Settings::default();
            self.append(room, vec![Entry::Founded { epoch: 9, settings }, login()]);
        }
        let first = self.fold(room).acked(&session()) + 1;
        for id in first..first + count {
            self.append(room, vec![line(id)]);
        }
    }

    fn checkpoint(&mut self, room: &RoomName) {
        let fold = Box::new(self.fold(room).clone());
        self.turn(vec![Command::Checkpoint(room.clone(), fold)]);
    }

    fn read(&mut self, room: &RoomName, after: u64) -> Vec<Event> {
        let commands = vec![Command::Read {
            room: room.clone(),
            ticket: Ticket::new(1),
            after,
            limit: 1 << 30,
        }];
        match self.turn(commands).pop() {
            Some(Answer::History { events, .. }) => events,
            other => panic!("{other:?}"),
        }
    }
}

fn times(ms: u64) -> Times {
    Times {
        now: Instant::from_millis(ms),
        wall_ms: DAY + ms,
    }
}

fn session() -> SessionKey {
    SessionKey {
        owner: Owner::Key(KeyHash::from_bytes([1; 32])),
        session: [2; 16],
    }
}

fn login() -> Entry {
    Entry::Login(LoginEntry {
        session: session(),
        attempt: 1,
        nonce: 1,
        node: 7,
        name: Name::parse("alice").unwrap(),
        host: None,
        address: None,
    })
}

fn line(id: u64) -> Entry {
    Entry::Line(Line {
        session: session(),
        attempt: 1,
        member: 1,
        id,
        after: id - 1,
        deed: Deed::Say {
            kind: SayKind::Say,
            re: None,
            text: Text::parse(&format!("line {id}")).unwrap(),
        },
    })
}

/// The texts of what was said, with their numbers.
fn said(events: &[Event]) -> Vec<(u64, String)> {
    let said = events.iter().filter_map(|event| match event {
        Event::Said(said) => Some((said.seq, said.text.clone().unwrap())),
        _ => None,
    });
    said.collect()
}
