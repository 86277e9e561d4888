//! Short histories of a log: people come, talk and go in some rooms, states are kept, the oldest goes.

use std::collections::BTreeMap;

use parlance::log::Answer;
use parlance::log::disk::{Command, Keep, StoreError};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::room::{
    Deed, Entry, KeyHash, LeaveEntry, Line, LoginEntry, Owner, Room, SessionKey, Settings,
};
use parlance_proto::server::AppendFailure;
use parlance_proto::text::Text;
use parlance_proto::wire::{Event, SayKind};
use parlance_tests::disk::{Disk, Drive, Image};
use parlance_tests::sim::rng::Rng;

use super::bench::{Bench, Shown};

/// What stays of the oldest: little enough for a short history to lose some.
pub(crate) const KEEP: Keep = Keep {
    bytes: Some(60_000),
    ms: None,
};

/// A room that was shown at some moment, and what was shown of it by then.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// How many changes of the disk there were when it was asked for.
    pub(crate) asked: usize,
    /// How many changes of the disk there were.
    pub(crate) changes: usize,
    /// The rooms.
    pub(crate) rooms: BTreeMap<RoomName, Room>,
}

/// A history and what was shown in it.
pub(crate) struct Story {
    /// The disk it was played on.
    pub(crate) disk: Disk,
    /// After each turn.
    pub(crate) moments: Vec<Moment>,
    /// Every event that was shown, by room and number, and how many changes there were then.
    pub(crate) events: BTreeMap<(RoomName, u64), (usize, Event)>,
    /// Every state that a room was in, by position.
    pub(crate) states: BTreeMap<(RoomName, u64), Room>,
    /// The oldest event of each room that retention left, and how many changes there were before it went to work.
    pub(crate) kept: BTreeMap<RoomName, Vec<(usize, u64)>>,
    /// How many entries were not stored for want of space.
    pub(crate) refused: u64,
    /// It ended at a start.
    pub(crate) is_starting: bool,
    /// The last turn was not answered.
    pub(crate) is_open: bool,
}

/// When an answer counts as shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Showing {
    /// When it is answered.
    Answered,
    /// When it is asked for: the mistake that must be found.
    Asked,
}

/// A log that was closed cleanly, without an entry.
pub(crate) fn fresh() -> Image {
    let disk = Disk::new(Image::default());
    let drive = Drive::new(disk.clone());
    let mut bench = Bench::open(&drive, &disk, KEEP, 0).expect("a new log");
    bench.writer.finish().expect("a healthy disk");
    drop(bench);
    Image::of(
        disk.image()
            .files()
            .map(|(name, bytes)| (name.to_owned(), bytes.to_vec())),
    )
}

impl Story {
    /// One that is not played yet.
    pub(crate) fn on(disk: Disk) -> Story {
        Story {
            disk,
            moments: Vec::new(),
            events: BTreeMap::new(),
            states: BTreeMap::new(),
            kept: BTreeMap::new(),
            refused: 0,
            is_open: false,
            is_starting: false,
        }
    }

    /// What goes on from a start that showed `shown`, on a disk that is as that start found it.
    pub(crate) fn from_start(disk: Disk, shown: Shown) -> Story {
        let mut story = Story::on(disk);
        let rooms = shown
            .iter()
            .map(|(name, (fold, _))| (name.clone(), fold.clone()));
        story.record(0, 0, rooms.collect());
        for (name, (fold, events)) in shown {
            let first = events.first().map_or(fold.head() + 1, Event::seq);
            story.kept.insert(name.clone(), vec![(0, first)]);
            for event in events {
                story.events.insert((name.clone(), event.seq()), (0, event));
            }
        }
        story
    }

    /// A turn, and what was answered by it.
    pub(crate) fn turn(
        &mut self,
        bench: &mut Bench,
        commands: Vec<Command>,
        showing: Showing,
    ) -> Result<Vec<Answer>, StoreError> {
        let asked = self.disk.changes();
        self.is_open = true;
        let (answers, shown) = bench.turn(commands)?;
        self.is_open = false;
        let changes = match showing {
            Showing::Answered => self.disk.changes(),
            Showing::Asked => asked,
        };
        for answer in &answers {
            match answer {
                Answer::Trimmed { room, first } => {
                    let kept = self.kept.entry(room.clone()).or_default();
                    kept.push((asked, *first));
                }
                Answer::Failed { why, .. } => {
                    assert_eq!(*why, AppendFailure::NotStored);
                    self.refused += 1;
                }
                _ => {}
            }
        }
        for noted in shown {
            let place = (noted.room, noted.event.seq());
            self.events.insert(place, (changes, noted.event));
        }
        self.record(asked, changes, bench.rooms.clone());
        Ok(answers)
    }

    fn record(&mut self, asked: usize, changes: usize, rooms: BTreeMap<RoomName, Room>) {
        for (name, room) in &rooms {
            self.states.insert((name.clone(), room.pos()), room.clone());
        }
        self.moments.push(Moment {
            asked,
            changes,
            rooms,
        });
    }

    /// The oldest event of a room that must be there after so many changes.
    pub(crate) fn kept(&self, room: &RoomName, changes: usize) -> u64 {
        let trims = self.kept.get(room).into_iter().flatten();
        let done = trims.filter(|(asked, _)| *asked <= changes);
        done.map(|(_, first)| *first).max().unwrap_or(1)
    }

    /// The events of a room that were shown and are kept.
    pub(crate) fn events_of(&self, room: &RoomName) -> Vec<Event> {
        let kept = self.kept(room, usize::MAX);
        let all = self.events.range((room.clone(), kept)..);
        let own = all.take_while(|((name, _), _)| name == room);
        own.map(|(_, (_, event))| event.clone()).collect()
    }
}

/// Plays the history of `seed` on the story's disk.
pub(crate) fn play(
    story: &mut Story,
    seed: u64,
    turns: u64,
    showing: Showing,
) -> Result<(), StoreError> {
    let disk = story.disk.clone();
    let mut rng = Rng::new(seed);
    let drive = Drive::new(disk.clone());
    story.is_starting = true;
    let mut bench = Bench::open(&drive, &disk, KEEP, 0)?;
    for _ in 0..turns {
        if rng.chance(5) {
            story.is_starting = true;
            bench = restart(bench, &drive, &disk, rng.chance(50))?;
        }
        story.is_starting = false;
        bench.now_ms += rng.below(700);
        let commands = commands(&bench, &mut rng);
        story.turn(&mut bench, commands, showing)?;
        if showing == Showing::Answered {
            let room = any_room(&mut rng);
            assert_eq!(
                bench.read(&room)?,
                story.events_of(&room),
                "whatever fails, what is stored is read"
            );
        }
    }
    Ok(())
}

fn any_room(rng: &mut Rng) -> RoomName {
    RoomName::parse(rng.pick(&["lobby", "a", "b"])).expect("a room's name")
}

fn restart(bench: Bench, drive: &Drive, disk: &Disk, clean: bool) -> Result<Bench, StoreError> {
    let now_ms = bench.now_ms;
    let rooms = bench.rooms.clone();
    let mut bench = bench;
    if clean {
        bench.writer.finish()?;
    }
    drop(bench);
    let bench = Bench::open(drive, disk, KEEP, now_ms)?;
    assert_eq!(bench.rooms, rooms, "the end of a process takes nothing");
    Ok(bench)
}

fn commands(bench: &Bench, rng: &mut Rng) -> Vec<Command> {
    let room = any_room(rng);
    let mut fold = bench.rooms.get(&room).cloned().unwrap_or_default();
    if fold.pos() > 0 && rng.chance(15) {
        return vec![bench.checkpoint(&room)];
    }
    let mut proposals = Vec::new();
    for _ in 0..rng.between(1, 3) {
        let entry = entry_of(&fold, rng);
        // What the log will make of it, so that the next one of this turn follows.
        fold.apply(fold.pos() + 1, fold.at(), &entry);
        proposals.push(bench.proposal(&room, entry));
    }
    vec![Command::Append(proposals)]
}

/// An entry that the fold would take, or refuse.
pub(crate) fn entry_of(fold: &Room, rng: &mut Rng) -> Entry {
    if fold.epoch() == 0 {
        let epoch = rng.between(1, 1 << 40);
        let settings = Settings::default();
        return Entry::Founded { epoch, settings };
    }
    let who = rng.between(1, 3);
    let session = SessionKey {
        owner: Owner::Key(KeyHash::from_bytes([who as u8; 32])),
        session: [who as u8; 16],
    };
    let known = fold.session(&session);
    let is_here = known.is_some_and(|known| known.attempt > known.ended);
    let attempt = known.map_or(0, |known| known.attempt);
    if !is_here || rng.chance(5) {
        return Entry::Login(LoginEntry {
            session,
            attempt: attempt + 1,
            nonce: rng.word(),
            node: 7,
            name: Name::parse(["ann", "bob", "cy"][who as usize - 1]).expect("a name"),
            host: None,
            address: None,
        });
    }
    if rng.chance(10) {
        let why = None;
        return Entry::Leave(LeaveEntry {
            session,
            attempt,
            why,
        });
    }
    let newest = fold.acked(&session);
    let length = rng.between(1, 60) * rng.between(1, 60);
    let text = format!("{} {}", newest + 1, "x".repeat(length as usize));
    Entry::Line(Line {
        session,
        attempt,
        member: known.map_or(0, |known| known.member),
        id: newest + 1,
        after: newest,
        deed: Deed::Say {
            kind: SayKind::Say,
            re: None,
            text: Text::parse(&text).expect("a text"),
        },
    })
}
