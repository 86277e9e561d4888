//! The oldest go, by size and by age, but nothing that the next start needs.

use super::*;

fn trimmed(bench: &mut Bench) -> Option<u64> {
    let mut first = None;
    for _ in 0..100 {
        bench.now_ms += 1_000;
        let answers = bench
            .writer
            .turn(Vec::new(), times(bench.now_ms))
            .unwrap()
            .answers;
        for answer in answers {
            match answer {
                Answer::Trimmed { first: now, .. } => first = Some(now),
                other => panic!("{other:?}"),
            }
        }
    }
    first
}

#[test]
fn the_oldest_go_by_size_and_the_file_shrinks() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let keep = Keep {
        bytes: Some(1 << 20),
        ms: None,
    };
    let mut bench = Bench::with(home.path(), keep).unwrap();
    bench.talk(&lobby, 1);
    for chunk in 0..20 {
        let first = 2 + chunk * 1_000;
        bench.append(&lobby, (first..first + 1_000).map(line).collect());
    }
    assert_eq!(trimmed(&mut bench), None, "nothing is in a checkpoint");
    let grown = bench.writer.store().size().unwrap();
    assert!(grown > 3 << 20, "{grown}");
    bench.checkpoint(&lobby);
    let first = trimmed(&mut bench).expect("some went");
    let size = bench.writer.store().size().unwrap();
    assert!(size <= 1 << 20 && size > 1 << 19, "{size}");
    let events = bench.read(&lobby, 0);
    assert_eq!(events[0].seq(), first);
    assert_eq!(events.last().map(Event::seq), Some(20_002));
    bench.writer.finish().unwrap();
    let rooms = bench.rooms.clone();
    drop(bench);
    let mut bench = Bench::with(home.path(), keep).unwrap();
    assert_eq!(
        (bench.rooms.clone(), bench.read(&lobby, 0)),
        (rooms, events)
    );
    let file = home.path().join("log.db").metadata().unwrap().len();
    assert!(file < grown / 2, "{file}");
}

#[test]
fn the_oldest_go_by_age_to_the_entry() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let keep = Keep {
        bytes: None,
        ms: Some(3_600_000),
    };
    let mut bench = Bench::with(home.path(), keep).unwrap();
    bench.talk(&lobby, 10);
    bench.now_ms = 1_800_000;
    bench.talk(&lobby, 10);
    bench.checkpoint(&lobby);
    assert_eq!(trimmed(&mut bench), None);
    // Half an hour on, the first ten and the join are too old.
    bench.now_ms = 3_601_000;
    assert_eq!(trimmed(&mut bench), Some(12));
    assert_eq!(said(&bench.read(&lobby, 0))[0], (12, "line 11".to_owned()));
    // The rest go too: a room is then its state alone, and its numbers go on.
    bench.now_ms = 9_000_000;
    assert_eq!(trimmed(&mut bench), Some(22));
    assert!(bench.read(&lobby, 0).is_empty());
    let rooms = bench.rooms.clone();
    drop(bench);
    let mut bench = Bench::with(home.path(), keep).unwrap();
    assert_eq!(bench.rooms, rooms);
    bench.now_ms = 9_001_000;
    bench.talk(&lobby, 1);
    assert_eq!(said(&bench.read(&lobby, 0)), [(22, "line 21".to_owned())]);
}
