//! A writer over a simulated disk, and the folds that a server would have.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use parlance::log::disk::{
    Command, Files, Keep, Noted, Place, Recovered, Store, StoreError, Times, Turn, Writer,
};
use parlance::log::{Answer, Proposal};
use parlance_proto::name::RoomName;
use parlance_proto::room::{Entry, Room};
use parlance_proto::server::Ticket;
use parlance_proto::time::Instant;
use parlance_proto::wire::Event;
use parlance_tests::disk::{Disk, Drive};

/// A moment in milliseconds since 1970.
const DAY: u64 = 1_800_000_000_000;

/// The files beside the database, on the same disk.
pub(crate) struct Beside(pub(crate) Disk);

impl Files for Beside {
    fn read(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = self.0.open(name, false)? else {
            return Ok(None);
        };
        let length = usize::try_from(file.length()?).expect("it is in memory");
        let mut bytes = vec![0; length];
        let read = file.read(&mut bytes, 0)?;
        bytes.truncate(read);
        Ok(Some(bytes))
    }

    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let file = self.0.open(name, true)?.ok_or(io::ErrorKind::NotFound)?;
        Ok(file.write(bytes, offset)?)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        let file = self.0.open(name, true)?.ok_or(io::ErrorKind::NotFound)?;
        Ok(file.sync()?)
    }

    fn clear(&mut self, name: &str) -> io::Result<()> {
        let file = self.0.open(name, true)?.ok_or(io::ErrorKind::NotFound)?;
        Ok(file.truncate(0)?)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.0.delete(name, true)?;
        Ok(())
    }
}

/// Opens the store on the disk that is in the drive.
pub(crate) fn open(drive: &Drive, disk: &Disk) -> Result<Store, StoreError> {
    Store::open(
        Place {
            database: Path::new("log.db"),
            vfs: Some(drive.name()),
            files: Box::new(Beside(disk.clone())),
        },
        7,
    )
}

/// All that a start shows: every room, and every event of it that is kept.
pub(crate) type Shown = BTreeMap<RoomName, (Room, Vec<Event>)>;

/// What a start from the disk that is in the drive would show.
pub(crate) fn start(drive: &Drive, disk: &Disk) -> Result<Shown, StoreError> {
    show(&mut open(drive, disk)?)
}

/// What a start shows.
pub(crate) fn show(store: &mut Store) -> Result<Shown, StoreError> {
    let (rooms, unnoted) = store.recover()?;
    let mut shown = Shown::new();
    for Recovered { name, fold, .. } in rooms {
        let mut events = store.read(&name, 0, usize::MAX)?;
        let late = unnoted.iter().filter(|noted| noted.room == name);
        events.extend(late.map(|noted| noted.event.clone()));
        shown.insert(name, (fold, events));
    }
    Ok(shown)
}

/// See the module.
pub(crate) struct Bench {
    pub(crate) writer: Writer,
    pub(crate) rooms: BTreeMap<RoomName, Room>,
    made: Vec<Command>,
    ticket: Ticket,
    pub(crate) now_ms: u64,
    /// Rooms of which a checkpoint was asked for.
    pub(crate) due: Vec<RoomName>,
}

impl Bench {
    pub(crate) fn open(
        drive: &Drive,
        disk: &Disk,
        keep: Keep,
        now_ms: u64,
    ) -> Result<Bench, StoreError> {
        let mut store = open(drive, disk)?;
        let (rooms, unnoted) = store.recover()?;
        let rooms = rooms.into_iter().map(|room| (room.name, room.fold));
        Ok(Bench {
            writer: Writer::new(store, unnoted, keep, times(now_ms))?,
            rooms: rooms.collect(),
            made: Vec::new(),
            ticket: Ticket::new(1),
            now_ms,
            due: Vec::new(),
        })
    }

    pub(crate) fn proposal(&self, room: &RoomName, entry: Entry) -> Proposal {
        Proposal {
            room: room.clone(),
            ticket: self.ticket,
            entry: Arc::new(entry),
        }
    }

    /// A turn; what the fold makes of its answers is noted with the next one.
    pub(crate) fn turn(
        &mut self,
        commands: Vec<Command>,
    ) -> Result<(Vec<Answer>, Vec<Noted>), StoreError> {
        let mut all = std::mem::take(&mut self.made);
        all.extend(commands);
        let Turn { answers, due } = self.writer.turn(all, times(self.now_ms))?;
        self.due.extend(due);
        let mut shown = Vec::new();
        for answer in &answers {
            let Answer::Appended {
                room,
                pos,
                at,
                entry,
                ..
            } = answer
            else {
                continue;
            };
            let fold = self.rooms.entry(room.clone()).or_default();
            if let Some(event) = fold.apply(*pos, *at, entry).event {
                shown.push(Noted {
                    room: room.clone(),
                    pos: *pos,
                    event,
                });
            }
        }
        self.made = shown.iter().cloned().map(Command::Note).collect();
        Ok((answers, shown))
    }

    pub(crate) fn read(&mut self, room: &RoomName) -> Result<Vec<Event>, StoreError> {
        let read = Command::Read {
            room: room.clone(),
            ticket: self.ticket,
            after: 0,
            limit: usize::MAX,
        };
        let (answers, _) = self.turn(vec![read])?;
        let history = answers.into_iter().find_map(|answer| match answer {
            Answer::History { events, .. } => Some(events),
            _ => None,
        });
        Ok(history.expect("a read is answered"))
    }

    pub(crate) fn checkpoint(&self, room: &RoomName) -> Command {
        Command::Checkpoint(room.clone(), Box::new(self.rooms[room].clone()))
    }
}

fn times(now_ms: u64) -> Times {
    Times {
        now: Instant::from_millis(now_ms),
        wall_ms: DAY + now_ms,
    }
}
