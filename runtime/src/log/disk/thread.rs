//! The log as a worker has it: a writer on a thread of its own, and what it answers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::Duration;

use parlance_proto::name::RoomName;
use parlance_proto::room::{Entry, Room};
use parlance_proto::server::{Note, Ticket};
use parlance_proto::wire::Event;

use super::super::time::LogTime;
use super::super::{Answer, Log, Proposal, redacted, take_text};
use super::error::StoreError;
use super::files::{Files, Folder};
use super::open::Place;
use super::recover::Recovered;
use super::reserve;
use super::retain::Keep;
use super::store::{Noted, Store};
use super::writer::{Command, Times, Turn, Writer};
use crate::clock::Clock;

/// How often the writer sees to what has to be done whether it is told anything or not.
const TICK: Duration = Duration::from_secs(1);

/// What a log on disk is opened with.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much it keeps.
    pub keep: Keep,
    /// What a new log calls its server: drawn at random.
    pub node: u64,
    /// Whether what is redacted leaves the folder at once, and not when a checkpoint has come by itself.
    pub erase: bool,
    /// Gives every room another epoch, each drawn by this, before anything is shown.
    pub new_epochs: Option<fn() -> Result<u64, getrandom::Error>>,
}

/// A log on disk that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The log.
    pub log: DiskLog,
    /// Which of the log's readers this is, over all its starts.
    pub node: u64,
    /// Its rooms.
    pub rooms: Vec<Recovered>,
}

/// See the module.
#[derive(Debug)]
pub struct DiskLog {
    commands: Option<Sender<Command>>,
    pub(super) shared: Arc<Shared>,
    answers: VecDeque<Answer>,
    /// What was asked for and is not answered: the room, and which of its lines were redacted since.
    reads: BTreeMap<Ticket, (RoomName, BTreeSet<u64>)>,
    thread: Option<JoinHandle<()>>,
    /// Held as long as this log is open.
    _lock: File,
}

/// What the thread has to say.
#[derive(Debug, Default)]
pub(super) struct Shared(Mutex<Said>);

#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) answers: VecDeque<Answer>,
    due: Vec<RoomName>,
    waker: Option<Waker>,
}

impl DiskLog {
    /// Opens the log in `folder`, which is made where it is not there, and starts its thread.
    ///
    /// # Errors
    ///
    /// Another process has the folder; it holds something else; it is damaged; or it cannot be opened.
    pub fn open(folder: &Path, options: Options, clock: Clock) -> Result<Opened, StoreError> {
        let lock = take_folder(folder)?;
        let mut store = open_store(folder, options.node)?;
        if let Some(draw) = options.new_epochs {
            renew(&mut store, draw, clock.wall_ms())?;
        }
        let (rooms, unnoted) = store.recover()?;
        let node = store.node();
        let writer = Writer::new(
            store,
            unnoted,
            options.keep,
            times(clock, &mut LogTime::new(clock)),
        )?;
        let writer = writer.erasing_at_once(options.erase);
        let shared = Arc::<Shared>::default();
        let (commands, orders) = mpsc::channel();
        let telling = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_on(writer, &orders, &telling, clock))
            .map_err(|error| StoreError::file("the log's thread", error))?;
        let log = DiskLog {
            commands: Some(commands),
            shared,
            answers: VecDeque::new(),
            reads: BTreeMap::new(),
            thread: Some(thread),
            _lock: lock,
        };
        Ok(Opened { log, node, rooms })
    }

    fn tell(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // A writer that has stopped has said so.
            let _ = commands.send(command);
        }
    }
}

impl Log for DiskLog {
    fn append(&mut self, batch: &mut Vec<Proposal>) {
        self.tell(Command::Append(std::mem::take(batch)));
    }

    fn made(&mut self, room: &RoomName, pos: u64, event: Option<Event>) {
        if let Some(event) = event {
            if let Some(line) = redacted(&event) {
                let reads = self.reads.values_mut().filter(|(of, _)| of == room);
                for (_, since) in reads {
                    since.insert(line);
                }
            }
            let room = room.clone();
            self.tell(Command::Note(Noted { room, pos, event }));
        }
    }

    fn read(&mut self, room: &RoomName, ticket: Ticket, after: u64, limit: usize) {
        self.reads.insert(ticket, (room.clone(), BTreeSet::new()));
        self.tell(Command::Read {
            room: room.clone(),
            ticket,
            after,
            limit,
        });
    }

    fn pass(&mut self, _room: RoomName, _note: Note) {
        // There is no other reader.
    }

    fn forget(&mut self, room: &RoomName) {
        self.tell(Command::Forget(room.clone()));
    }

    fn wants_checkpoint(&mut self) -> Option<RoomName> {
        self.shared.lock().due.pop()
    }

    fn checkpoint(&mut self, room: &RoomName, fold: &Room) {
        self.tell(Command::Checkpoint(room.clone(), Box::new(fold.clone())));
    }

    fn poll(&mut self) -> Option<Answer> {
        if self.answers.is_empty() {
            std::mem::swap(&mut self.answers, &mut self.shared.lock().answers);
        }
        let mut answer = self.answers.pop_front();
        if let Some(Answer::History { ticket, events }) = &mut answer
            && let Some((_, since)) = self.reads.remove(ticket)
        {
            let redacted = events
                .iter_mut()
                .filter(|event| since.contains(&event.seq()));
            for event in redacted {
                take_text(event);
            }
        }
        answer
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut said = self.shared.lock();
        if !self.answers.is_empty() || !said.answers.is_empty() || !said.due.is_empty() {
            return Poll::Ready(());
        }
        said.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for DiskLog {
    /// Waits until all that it was told is done.
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // A panic there is a bug, and was printed there.
            let _ = thread.join();
        }
    }
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Said> {
        // Nobody panics while he holds it, and what it guards is whole at any moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, answers: impl IntoIterator<Item = Answer>, due: Vec<RoomName>) {
        let waker = {
            let mut said = self.lock();
            said.answers.extend(answers);
            said.due.extend(due);
            if said.answers.is_empty() && said.due.is_empty() {
                return;
            }
            said.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

fn write_on(mut writer: Writer, orders: &Receiver<Command>, shared: &Shared, clock: Clock) {
    let mut time = LogTime::new(clock);
    loop {
        let first = match orders.recv_timeout(TICK) {
            Ok(first) => Some(first),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        // Whatever came while the last turn was being synced is this one.
        let commands = first.into_iter().chain(orders.try_iter()).collect();
        match writer.turn(commands, times(clock, &mut time)) {
            Ok(Turn { answers, due }) => shared.tell(answers, due),
            Err(error) => return shared.tell([stopped(&error)], Vec::new()),
        }
    }
    // Nobody asks any more. All that was answered is durable, and the next start does the rest.
    let _ = writer.finish();
}

fn stopped(error: &StoreError) -> Answer {
    Answer::Stopped {
        why: error.to_string(),
    }
}

fn times(clock: Clock, time: &mut LogTime) -> Times {
    Times {
        now: clock.now(),
        wall_ms: time.now_ms(),
    }
}

/// Takes the folder for this process alone; makes it where it is not there.
pub(crate) fn take_folder(folder: &Path) -> Result<File, StoreError> {
    let shown = || folder.display().to_string();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| StoreError::file(&shown(), error))?;
    let lock = own(&folder.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse(folder.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(StoreError::file(&shown(), error)),
    }
}

/// Opens a file for its owner alone; makes it where it is not there.
pub(super) fn own(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|error| StoreError::file(&path.display().to_string(), error))
}

/// Opens the store in a folder that was taken.
pub(crate) fn open_store(folder: &Path, node: u64) -> Result<Store, StoreError> {
    let database = folder.join("log.db");
    // What SQLite makes beside it gets the same mode.
    own(&database)?;
    let open = || {
        Store::open(
            Place {
                database: &database,
                vfs: None,
                files: Box::new(Folder::new(folder)),
            },
            node,
        )
    };
    match open() {
        // Without space the last changes cannot be brought into the database, nor can it make the files that it works
        // with: that is what some was put by for.
        Err(StoreError::Full | StoreError::Database(_)) => {
            Folder::new(folder)
                .clear(reserve::NAME)
                .map_err(|error| StoreError::file(reserve::NAME, error))?;
            open()
        }
        opened => opened,
    }
}

/// Appends another epoch to every room.
fn renew(
    store: &mut Store,
    draw: fn() -> Result<u64, getrandom::Error>,
    wall_ms: u64,
) -> Result<(), StoreError> {
    let rooms: Vec<RoomName> = store.room_names();
    for room in rooms {
        let epoch = (draw().map_err(StoreError::Random)? >> 1).max(1);
        store.append(&room, wall_ms, &Entry::Epoch { epoch }.encode())?;
    }
    store.commit().map(|_| ())
}
