//! A line is redacted, and the power goes at any moment of its erasing: the room is the one it was, and what was not
//! erased yet is erased by the next process.

use std::collections::BTreeSet;

use parlance::log::disk::{Command, Keep, StoreError};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::room::{
    Deed, Entry, KeyHash, Line, LoginEntry, Moderating, Owner, Room, SessionKey, Settings,
};
use parlance_proto::text::Text;
use parlance_proto::wire::{Act, Event, SayKind};
use parlance_tests::disk::{Call, Disk, Drive, Fault, Image, Plan, Survivors};
use parlance_tests::sim::rng::Rng;

use super::bench::Bench;
use super::power::Broken;
use super::story::{Showing, Story, fresh};

const HISTORIES: u64 = 6;
/// Little enough for the oldest to go now and then.
const KEEP: Keep = Keep {
    bytes: Some(60_000),
    ms: None,
};

fn session() -> SessionKey {
    SessionKey {
        owner: Owner::Key(KeyHash::from_bytes([1; 32])),
        session: [1; 16],
    }
}

/// What the operator enters next: he comes, tells a secret, or redacts something.
fn entry(fold: &Room, rng: &mut Rng, secrets: &mut u64) -> Entry {
    if fold.epoch() == 0 {
        let settings = Settings::default();
        return Entry::Founded { epoch: 9, settings };
    }
    let Some(known) = fold.session(&session()) else {
        return Entry::Login(LoginEntry {
            session: session(),
            attempt: 1,
            nonce: 1,
            node: 7,
            name: Name::parse("ann").expect("a name"),
            host: None,
            address: None,
        });
    };
    let newest = fold.acked(&session());
    let deed = if rng.chance(35) {
        Deed::Mod(Moderating {
            act: Act::Redact,
            who: Some(rng.between(1, fold.head())),
            secs: None,
            why: None,
        })
    } else {
        *secrets += 1;
        let mark = mark(*secrets);
        let text = mark.repeat(1 + rng.below(40) as usize * rng.below(20) as usize);
        Deed::Say {
            kind: SayKind::Say,
            re: None,
            text: Text::parse(&text).expect("a text"),
        }
    };
    Entry::Line(Line {
        session: session(),
        attempt: known.attempt,
        member: known.member,
        id: newest + 1,
        after: newest,
        deed,
    })
}

/// What stands in the text of one line only.
fn mark(secret: u64) -> String {
    format!("secret-{secret:04};")
}

fn bench(drive: &Drive, disk: &Disk, at_once: bool, now_ms: u64) -> Result<Bench, StoreError> {
    let mut bench = Bench::open(drive, disk, KEEP, now_ms)?;
    bench.writer = bench.writer.erasing_at_once(at_once);
    Ok(bench)
}

/// Tells and redacts in two rooms; checkpoints come when they are asked for, and now and then by themselves.
fn play(story: &mut Story, seed: u64, at_once: bool) -> Result<(), StoreError> {
    let disk = story.disk.clone();
    let drive = Drive::new(disk.clone());
    let mut rng = Rng::new(seed);
    let mut secrets = 0;
    let mut bench = bench(&drive, &disk, at_once, 0)?;
    for _ in 0..25 {
        bench.now_ms += rng.below(700);
        let room = RoomName::parse(rng.pick(&["lobby", "a"])).expect("a room's name");
        let mut commands: Vec<Command> = std::mem::take(&mut bench.due)
            .iter()
            .map(|room| bench.checkpoint(room))
            .collect();
        let mut fold = bench.rooms.get(&room).cloned().unwrap_or_default();
        if fold.pos() > 0 && rng.chance(10) {
            commands.push(bench.checkpoint(&room));
        } else {
            let mut proposals = Vec::new();
            for _ in 0..rng.between(1, 3) {
                let entry = entry(&fold, &mut rng, &mut secrets);
                fold.apply(fold.pos() + 1, fold.at(), &entry);
                proposals.push(bench.proposal(&room, entry));
            }
            commands.push(Command::Append(proposals));
        }
        story.turn(&mut bench, commands, Showing::Answered)?;
    }
    Ok(())
}

/// The numbers that were redacted by one of these.
fn redacted(events: &[Event]) -> BTreeSet<u64> {
    let redacted = events.iter().filter_map(|event| match event {
        Event::Modded(modded) if modded.act == Act::Redact => modded.who,
        _ => None,
    });
    redacted.collect()
}

fn without_text(event: &Event) -> Event {
    let mut event = event.clone();
    if let Event::Said(said) = &mut event {
        said.text = None;
    }
    event
}

fn text(event: &Event) -> Option<&str> {
    match event {
        Event::Said(said) => said.text.as_deref(),
        _ => None,
    }
}

/// The events of a room are those of the story, without the texts that were redacted by any of them.
fn judge(story: &Story, room: &RoomName, events: &[Event]) -> Result<(), Broken> {
    let redacted = redacted(events);
    for event in events {
        let seq = event.seq();
        let Some((_, told)) = story.events.get(&(room.clone(), seq)) else {
            // What was asked for last and not answered.
            if story.is_open && text(event).is_none_or(|_| !redacted.contains(&seq)) {
                continue;
            }
            return Err(format!("{room}: event {seq} was never told"));
        };
        let due = if redacted.contains(&seq) {
            without_text(told)
        } else {
            told.clone()
        };
        // What a redaction that retention took since has left.
        let is_older = text(event).is_none() && *event == without_text(told);
        if *event != due && !(is_older && events[0].seq() > 1) {
            return Err(format!("{room}: event {seq} is another: {event:?}"));
        }
    }
    Ok(())
}

/// A process that comes after, and erases: every room is what the start found, and of what is redacted nothing is left.
fn finish(story: &Story, changes: usize, drive: &Drive, disk: &Disk) -> Result<u64, Broken> {
    let fail = |error: StoreError| format!("no start: {error}");
    let mut bench = bench(drive, disk, true, 100_000).map_err(fail)?;
    let rooms = bench.rooms.clone();
    let fold_of = |name: &RoomName, pos| story.states.get(&(name.clone(), pos));
    for (name, fold) in &rooms {
        if fold.pos() > 0 && fold_of(name, fold.pos()) != Some(fold) && !story.is_open {
            return Err(format!("{name} at {} is another", fold.pos()));
        }
    }
    let mut moments = story.moments.iter().rev();
    let shown = moments.find(|moment| moment.changes <= changes);
    for (name, room) in shown.iter().flat_map(|moment| &moment.rooms) {
        if rooms.get(name).map_or(0, Room::pos) < room.pos() {
            return Err(format!("{name} is back before {}", room.pos()));
        }
    }
    for _ in 0..4 {
        bench.now_ms += 1_000;
        let due = std::mem::take(&mut bench.due);
        let commands = due.iter().map(|room| bench.checkpoint(room)).collect();
        bench.turn(commands).map_err(fail)?;
    }
    let mut erased = 0;
    let mut shown = Vec::new();
    let image = disk.image();
    for name in rooms.keys() {
        let events = bench.read(name).map_err(fail)?;
        judge(story, name, &events)?;
        for seq in redacted(&events) {
            // What retention took before is not there to be erased.
            let is_there = events.iter().any(|event| event.seq() == seq);
            let told = story.events.get(&(name.clone(), seq));
            let told = told.filter(|_| is_there);
            let Some(mark) = told.and_then(|(_, told)| text(told)) else {
                continue;
            };
            let mark = &mark[..mark.find(';').unwrap_or_default()];
            if let Some(file) = holder(&image, mark) {
                return Err(format!("{name}: {mark} (event {seq}) is still in {file}"));
            }
            erased += 1;
        }
        shown.push(events);
    }
    drop(bench);
    let mut again = Bench::open(drive, disk, KEEP, 200_000).map_err(fail)?;
    if again.rooms != rooms {
        return Err("what was erased made another room".to_owned());
    }
    for (name, events) in rooms.keys().zip(shown) {
        if again.read(name).map_err(fail)? != events {
            return Err(format!("{name}: the next start shows other events"));
        }
    }
    Ok(erased)
}

fn holder(image: &Image, mark: &str) -> Option<String> {
    let mark = mark.as_bytes();
    let mut files = image.files().filter(|(name, _)| *name != "reserve");
    let found = files.find(|(_, bytes)| bytes.windows(mark.len()).any(|window| window == mark));
    found.map(|(name, _)| name.to_owned())
}

#[test]
fn a_power_loss_at_any_moment_of_an_erasing_leaves_the_room_and_the_rest_is_erased() {
    let drive = Drive::new(Disk::new(Image::default()));
    let fresh = fresh();
    let (mut starts, mut erased) = (0, 0);
    for seed in 0..HISTORIES {
        let mut story = Story::on(Disk::new(fresh.clone()));
        play(&mut story, seed, seed % 3 != 0).expect("a healthy disk");
        for (changes, image) in story.disk.history().moments().step_by(2) {
            let lot = seed.wrapping_mul(1_000).wrapping_add(changes as u64);
            let survivors = match lot % 4 {
                0 => Survivors::None,
                1 => Survivors::Before(lot),
                2 => Survivors::All,
                _ => Survivors::Some(lot),
            };
            let left = Disk::new(image.after_power_loss(survivors));
            drive.insert(left.clone());
            let lost = |broken| format!("seed {seed}: {survivors:?} at {changes}: {broken}");
            erased += finish(&story, changes, &drive, &left)
                .map_err(lost)
                .unwrap_or_else(|broken| panic!("{broken}"));
            starts += 1;
        }
    }
    println!("{starts} starts after a power loss, {erased} lines found erased");
    assert!(starts > 500 && erased > 1_000, "{starts} {erased}");
}

/// A call of the disk fails, once: whatever the process says of it, the next one finds the room and erases the rest.
#[test]
fn a_failing_disk_leaves_no_log_that_does_not_open() {
    let drive = Drive::new(Disk::new(Image::default()));
    let fresh = fresh();
    let mut whole = Story::on(Disk::new(fresh.clone()));
    play(&mut whole, 1, true).expect("a healthy disk");
    let calls = whole.disk.calls();
    let (mut failed, mut erased) = (0, 0);
    for (call, fault) in (0..).zip(&calls).flat_map(|(call, kind)| {
        let faults = [Fault::Io, Fault::Full];
        faults
            .into_iter()
            .filter(move |fault| fault.can_meet(*kind))
            .map(move |fault| (call, fault))
    }) {
        // Reading is the other suites' affair, and every fifth of the rest finds what there is to find.
        if matches!(calls[call as usize], Call::Read | Call::Length) || call % 5 != 0 {
            continue;
        }
        let disk = Disk::new(fresh.clone());
        disk.fail(Some(Plan {
            call,
            lasting: false,
            fault,
        }));
        let mut story = Story::on(disk.clone());
        failed += u64::from(play(&mut story, 1, true).is_err());
        disk.fail(None);
        let left = Disk::new(disk.image());
        drive.insert(left.clone());
        erased += finish(&story, usize::MAX, &drive, &left)
            .unwrap_or_else(|broken| panic!("{fault:?} at call {call}: {broken}"));
    }
    println!("{failed} processes ended, {erased} lines found erased");
    assert!(failed > 50 && erased > 100, "{failed} {erased}");
}
