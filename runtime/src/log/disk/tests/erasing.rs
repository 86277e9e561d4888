//! What is redacted leaves every file, and the log is as whole as before.

use parlance_proto::room::Moderating;
use parlance_proto::wire::{Act, Modded};
use rusqlite::Connection;

use super::super::tools::{check, export, import};
use super::super::{Damage, DiskLog, Options, Query, search};
use super::*;
use crate::clock::Clock;
use crate::log::Log;

/// A word that stands nowhere else.
const SECRET: &str = "xyzzyplugh";

fn redact(id: u64, who: u64) -> Entry {
    Entry::Line(Line {
        session: session(),
        attempt: 1,
        member: 1,
        id,
        after: id - 1,
        deed: Deed::Mod(Moderating {
            act: Act::Redact,
            who: Some(who),
            secs: None,
            why: None,
        }),
    })
}

fn secret(id: u64, length: usize) -> Entry {
    let Entry::Line(line) = line(id) else {
        unreachable!()
    };
    let text = format!("{SECRET} {}", SECRET.repeat(length / SECRET.len()));
    Entry::Line(Line {
        deed: Deed::Say {
            kind: SayKind::Say,
            re: None,
            text: Text::parse(&text).unwrap(),
        },
        ..line
    })
}

fn next(bench: &mut Bench, room: &RoomName) -> u64 {
    bench.fold(room).acked(&session()) + 1
}

fn tell(bench: &mut Bench, room: &RoomName, length: usize) -> u64 {
    let id = next(bench, room);
    bench.append(room, vec![secret(id, length)]);
    bench.fold(room).head()
}

fn erase(bench: &mut Bench, room: &RoomName, seq: u64) {
    let id = next(bench, room);
    bench.append(room, vec![redact(id, seq)]);
}

/// The files that hold the bytes of the secret.
fn holders(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let holds = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        bytes
            .windows(SECRET.len())
            .any(|window| window == SECRET.as_bytes())
    };
    files
        .filter(|file| holds(&file.path()))
        .map(|file| file.file_name().into_string().unwrap())
        .collect()
}

/// Some seconds of a server that gives each checkpoint that it is asked for.
fn wait(bench: &mut Bench) {
    for _ in 0..3 {
        bench.now_ms += 1_000;
        bench.turn(Vec::new());
        for room in std::mem::take(&mut bench.due) {
            bench.checkpoint(&room);
        }
    }
}

/// The numbers of the lines whose text is gone.
fn erased(events: &[Event]) -> Vec<u64> {
    let erased = events.iter().filter_map(|event| match event {
        Event::Said(said) => said.text.is_none().then_some(said.seq),
        _ => None,
    });
    erased.collect()
}

fn at_once(folder: &Path) -> Bench {
    let mut bench = Bench::open(folder);
    bench.writer.erases_at_once = true;
    bench
}

#[test]
fn a_redacted_line_is_read_without_its_text_from_the_next_turn_on() {
    let home = tempfile::tempdir().unwrap();
    let (lobby, other) = (RoomName::lobby(), RoomName::parse("other").unwrap());
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 3);
    bench.talk(&other, 3);
    let all = bench.read(&lobby, 0);
    // A line, the same again, and two that are no lines.
    for seq in [3, 3, 1, 5] {
        erase(&mut bench, &lobby, seq);
    }
    let now = bench.read(&lobby, 0);
    assert_eq!(erased(&now), [3]);
    assert_eq!(now.len(), 8);
    assert_eq!((&now[..2], &now[3..4]), (&all[..2], &all[3..4]));
    assert_eq!(erased(&bench.read(&other, 0)), [0; 0], "of another room");
    // As after `kill -9`.
    let rooms = bench.rooms.clone();
    drop(bench);
    let mut bench = Bench::open(home.path());
    assert_eq!((bench.rooms.clone(), bench.read(&lobby, 0)), (rooms, now));
    check_whole(bench, home.path(), 1);
}

/// `log check` finds nothing wrong, and so many erasures are kept in mind.
fn check_whole(bench: Bench, folder: &Path, erasures: usize) {
    assert_eq!(bench.writer.store().erasures.len(), erasures);
    drop(bench);
    check(folder).unwrap();
}

#[test]
fn its_entry_goes_once_a_checkpoint_has_come_and_no_sooner() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 2);
    let seq = tell(&mut bench, &lobby, 100);
    assert!(!holders(home.path()).is_empty());
    erase(&mut bench, &lobby, seq);
    wait(&mut bench);
    assert!(!holders(home.path()).is_empty(), "a start would fold it");
    bench.checkpoint(&lobby);
    wait(&mut bench);
    assert_eq!(holders(home.path()), [""; 0]);
    let before = (bench.rooms.clone(), bench.read(&lobby, 0));
    drop(bench);
    let mut bench = Bench::open(home.path());
    assert_eq!((bench.rooms.clone(), bench.read(&lobby, 0)), before);
    bench.talk(&lobby, 3);
    check_whole(bench, home.path(), 1);
}

#[test]
fn at_once_a_checkpoint_is_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let mut bench = at_once(home.path());
    bench.talk(&lobby, 2);
    let seq = tell(&mut bench, &lobby, 9_000);
    wait(&mut bench);
    assert!(bench.writer.store().rooms[&lobby].since.is_some());
    assert!(!holders(home.path()).is_empty());
    erase(&mut bench, &lobby, seq);
    wait(&mut bench);
    assert_eq!(holders(home.path()), [""; 0]);
    assert!(!bench.writer.store().is_unclean());
    check_whole(bench, home.path(), 1);
}

/// What another process left undone is done, at whatever step it ended.
#[test]
fn what_was_left_is_done_by_a_later_start() {
    for checkpoint in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let lobby = RoomName::lobby();
        let mut bench = Bench::open(home.path());
        bench.talk(&lobby, 2);
        let seq = tell(&mut bench, &lobby, 100);
        erase(&mut bench, &lobby, seq);
        if checkpoint {
            bench.checkpoint(&lobby);
        }
        drop(bench);
        let mut bench = at_once(home.path());
        assert!(!holders(home.path()).is_empty());
        wait(&mut bench);
        assert_eq!(holders(home.path()), [""; 0]);
        bench.writer.finish().unwrap();
        check_whole(bench, home.path(), 1);
    }
}

#[test]
fn a_clean_end_takes_it_along() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(home.path());
    let seq = {
        bench.talk(&lobby, 2);
        tell(&mut bench, &lobby, 100)
    };
    erase(&mut bench, &lobby, seq);
    bench.checkpoint(&lobby);
    bench.writer.finish().unwrap();
    assert_eq!(holders(home.path()), [""; 0]);
}

/// The database moves rows from page to page as it grows, and what it moved stands where it was until something else
/// does.
#[test]
fn nothing_is_left_in_unused_space() {
    let home = tempfile::tempdir().unwrap();
    let rooms: Vec<RoomName> = (0..7)
        .map(|n| RoomName::parse(&format!("room-{n}")).unwrap())
        .collect();
    let mut bench = at_once(home.path());
    let mut told = Vec::new();
    for turn in 0..300 {
        let room = &rooms[turn * turn % rooms.len()];
        bench.talk(room, 1);
        told.push((room.clone(), tell(&mut bench, room, turn * 37 % 1_500)));
    }
    for (room, seq) in &told {
        erase(&mut bench, room, *seq);
    }
    // Every row is without it, and zeroes are where it was.
    for room in &rooms {
        bench.checkpoint(room);
    }
    assert!(bench.writer.note_all().is_ok() && bench.writer.commit().is_ok());
    assert!(bench.writer.store.wipe().unwrap());
    bench.writer.commit().unwrap();
    bench.writer.store.tidy(true).unwrap();
    assert_eq!(holders(home.path()), ["log.db"], "the test is none without");
    wait(&mut bench);
    assert_eq!(holders(home.path()), [""; 0]);
    check_whole(bench, home.path(), told.len());
}

#[test]
fn retention_takes_what_is_known_of_it_along() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let keep = Keep {
        bytes: None,
        ms: Some(10_000),
    };
    let mut bench = Bench::with(home.path(), keep).unwrap();
    bench.talk(&lobby, 2);
    let first = tell(&mut bench, &lobby, 10);
    erase(&mut bench, &lobby, first);
    bench.checkpoint(&lobby);
    wait(&mut bench);
    bench.now_ms = 20_000;
    let second = tell(&mut bench, &lobby, 10);
    bench.checkpoint(&lobby);
    wait(&mut bench);
    assert_eq!(bench.read(&lobby, 0)[0].seq(), second);
    assert_eq!(bench.writer.store().erasures.len(), 0);
    // One that is trimmed already.
    erase(&mut bench, &lobby, first);
    wait(&mut bench);
    assert_eq!(bench.read(&lobby, 0).len(), 2);
    check_whole(bench, home.path(), 0);
}

/// Where nothing can be noted for want of space, what waits to be noted is not read either.
#[test]
fn a_line_that_waits_to_be_noted_is_read_without_its_text() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 2);
    let pos = bench.writer.store().end().count + 1;
    let said = secret(3, 10);
    let modded = redact(4, 4);
    let (mut fold, mut commands) = (bench.fold(&lobby).clone(), Vec::new());
    for (n, entry) in (pos..).zip([said, modded]) {
        let body = entry.encode();
        assert_eq!(bench.writer.store.append(&lobby, DAY, &body).unwrap(), n);
        let event = fold.apply(n, DAY, &entry).event.unwrap();
        commands.push(Command::Note(Noted {
            room: lobby.clone(),
            pos: n,
            event,
        }));
    }
    bench.writer.commit().unwrap();
    // The first is in a transaction that is taken back.
    let Some(Command::Note(modded)) = commands.pop() else {
        unreachable!()
    };
    bench.writer.turn(commands, times(0)).unwrap();
    assert_eq!(bench.writer.inserted, 1);
    bench.writer.take_back().unwrap();
    bench.writer.redact_waiting(&lobby, 4);
    let waiting = &bench.writer.unnoted[0].event;
    assert_eq!(erased(std::slice::from_ref(waiting)), [4]);
    bench
        .writer
        .turn(vec![Command::Note(modded)], times(0))
        .unwrap();
    assert_eq!(erased(&bench.read(&lobby, 0)), [4]);
    *bench.fold(&lobby) = fold;
    bench.checkpoint(&lobby);
    wait(&mut bench);
    assert_eq!(holders(home.path()), [""; 0]);
    check_whole(bench, home.path(), 1);
}

#[test]
fn a_body_that_is_gone_without_a_redaction_is_damage() {
    for (sql, damage) in [
        ("DELETE FROM erasures", Damage::Entry(5)),
        ("UPDATE erasures SET rest = 2", Damage::Erasure(5)),
        ("UPDATE erasures SET seq = 4", Damage::Erasure(5)),
        ("UPDATE entries SET at = 1 WHERE n = 5", Damage::Erasure(5)),
        (
            "UPDATE entries SET body = NULL WHERE n = 4",
            Damage::Entry(4),
        ),
        ("DELETE FROM checkpoints", Damage::Entry(5)),
    ] {
        let home = tempfile::tempdir().unwrap();
        let lobby = RoomName::lobby();
        let other = RoomName::parse("other").unwrap();
        let mut bench = Bench::open(home.path());
        // An entry of another room, in no checkpoint, so that nothing counts as settled.
        bench.talk(&other, 0);
        bench.talk(&lobby, 0);
        let seq = tell(&mut bench, &lobby, 10);
        assert_eq!(bench.writer.store().end().count, 5);
        erase(&mut bench, &lobby, seq);
        bench.checkpoint(&lobby);
        wait(&mut bench);
        assert_eq!(holders(home.path()), [""; 0]);
        assert_eq!(bench.writer.store().facts.settled, 0);
        drop(bench);
        let db = Connection::open(home.path().join("log.db")).unwrap();
        assert_eq!(db.execute(sql, []).unwrap(), 1, "{sql}");
        db.close().unwrap();
        match Bench::with(home.path(), Keep::default()).map(|_| ()) {
            Err(StoreError::Damaged(found)) => assert_eq!(found, damage, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
}

fn exported(folder: &Path, salvage: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut print = |line: &crate::printable::Printable| {
        lines.push(line.to_string());
        Ok(())
    };
    export(folder, None, salvage, &mut print).unwrap();
    lines
}

#[test]
fn the_tools_know_it_without_its_text() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("log");
    std::fs::create_dir(&folder).unwrap();
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(&folder);
    bench.talk(&lobby, 2);
    let seq = tell(&mut bench, &lobby, 10);
    bench.talk(&lobby, 1);
    drop(bench);
    let query = Query {
        words: vec![SECRET.to_owned()],
        room: None,
        limit: 9,
    };
    assert_eq!(search(&folder, &query).unwrap().len(), 1);
    assert_eq!(
        holders(&folder),
        ["log.db", "search.db"],
        "its words are in the index"
    );
    let mut bench = Bench::open(&folder);
    erase(&mut bench, &lobby, seq);
    drop(bench);
    // The index is older than the redaction, and the entry is there still.
    assert_eq!(search(&folder, &query).unwrap(), []);
    assert_eq!(holders(&folder), ["log.db"]);
    let other = Query {
        words: vec!["line".to_owned()],
        ..query.clone()
    };
    assert_eq!(search(&folder, &other).unwrap().len(), 3);
    let salvaged = exported(&folder, true);
    assert_eq!(salvaged, exported(&folder, false));
    let mut bench = at_once(&folder);
    wait(&mut bench);
    bench.writer.finish().unwrap();
    drop(bench);
    assert!(!folder.join("search.db").exists(), "made before");
    assert_eq!(exported(&folder, true), exported(&folder, false));
    assert_eq!(search(&folder, &query).unwrap(), []);
    assert_eq!(search(&folder, &other).unwrap().len(), 3);
    assert_eq!(holders(&folder), [""; 0]);
    check(&folder).unwrap();

    let lines = exported(&folder, false);
    let text = lines.join("\n");
    assert!(
        !text.contains(SECRET) && text.contains("\"act\":\"redact\""),
        "{text}"
    );
    assert!(text.contains("\"text\":null"), "{text}");
    let copy = home.path().join("copy");
    import(&copy, &mut text.as_bytes(), || Ok(77), DAY).unwrap();
    check(&copy).unwrap();
    let again = exported(&copy, false);
    assert_eq!(again[2..], lines[2..], "all events, as they were");
    assert_eq!(exported(&copy, true)[2..], lines[2..]);
}

/// A crash kept the redaction from being noted, and the row of the line has its text: a salvage gives none of it.
#[test]
fn a_salvage_heeds_a_redaction_that_is_not_noted() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 2);
    let seq = tell(&mut bench, &lobby, 10);
    let body = redact(4, seq).encode();
    bench.writer.note_all().unwrap();
    bench.writer.store.append(&lobby, DAY, &body).unwrap();
    bench.writer.store.commit().unwrap();
    drop(bench);
    let text = exported(home.path(), true).join("\n");
    assert!(text.contains("\"act\":\"redact\""), "{text}");
    assert!(!text.contains(SECRET), "{text}");
}

/// What is on its way to the server when it is redacted is answered without it.
#[test]
fn a_page_that_was_asked_for_before_comes_without_the_text() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 2);
    let seq = tell(&mut bench, &lobby, 10);
    bench.writer.finish().unwrap();
    drop(bench);
    let options = Options {
        keep: Keep::default(),
        node: 7,
        erase: false,
        new_epochs: None,
    };
    let mut log = DiskLog::open(home.path(), options, Clock::start())
        .unwrap()
        .log;
    let modded = Event::Modded(Modded {
        seq: seq + 1,
        at: 1,
        member: 1,
        session: 1,
        id: 4,
        act: Act::Redact,
        who: Some(seq),
        secs: None,
        why: None,
    });
    let attic = RoomName::parse("attic").unwrap();
    log.read(&attic, Ticket::new(1), 0, 1 << 20);
    log.read(&lobby, Ticket::new(2), 0, 1 << 20);
    // The thread has answered, and nobody has heard it.
    while log.shared.lock().answers.len() < 2 {
        std::thread::yield_now();
    }
    log.made(&lobby, 9, Some(modded));
    let mut pages = Vec::new();
    while let Some(answer) = log.poll() {
        match answer {
            Answer::History { events, .. } => pages.push(events),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(pages[0], []);
    assert_eq!(erased(&pages[1]), [seq]);
    assert_eq!(pages[1].len(), 4);
}
