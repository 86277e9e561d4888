//! No space: what people say is refused with certainty, all else goes on, and it heals by itself.

use parlance_proto::server::AppendFailure;

use super::*;

/// Refuses the database further pages.
fn hold_size(bench: &Bench, pages: Option<i64>) {
    let db = &bench.writer.store().db;
    let now: i64 = db
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    let most = pages.map_or(i64::from(u32::MAX - 1), |more| now + more);
    let _: i64 = db
        .query_row(&format!("PRAGMA max_page_count = {most}"), [], |row| {
            row.get(0)
        })
        .unwrap();
}

fn is_refused(answers: &[Answer]) -> bool {
    matches!(
        answers,
        [Answer::Failed {
            why: AppendFailure::NotStored,
            ..
        }]
    )
}

#[test]
fn lines_are_refused_and_reading_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 40);
    hold_size(&bench, Some(0));
    *bench.files.is_full.lock().unwrap() = true;
    let mut refused = 0;
    for _ in 0..200 {
        let id = bench.fold(&lobby).acked(&session()) + 1;
        refused += u32::from(is_refused(&bench.append(&lobby, vec![line(id)])));
    }
    assert!(refused > 100, "{refused}");
    let newest = bench.fold(&lobby).acked(&session());
    assert_eq!(said(&bench.read(&lobby, 0)).len() as u64, newest);
    let reserve = home.path().join("reserve");
    assert_eq!(reserve.metadata().unwrap().len(), 0, "it is given up");

    // A login goes on, now that the reserve is there for it.
    hold_size(&bench, Some(4));
    assert!(matches!(
        bench.append(&lobby, vec![login()])[..],
        [Answer::Appended { .. }]
    ));
    assert!(is_refused(&bench.append(&lobby, vec![line(newest + 1)])));

    // Space again: not looked for at once, but soon.
    hold_size(&bench, None);
    *bench.files.is_full.lock().unwrap() = false;
    assert!(is_refused(&bench.append(&lobby, vec![line(newest + 1)])));
    bench.now_ms += 1_000;
    assert!(matches!(
        bench.append(&lobby, vec![line(newest + 1)])[..],
        [Answer::Appended { .. }]
    ));
    assert_eq!(reserve.metadata().unwrap().len(), 4 << 20);
    let rooms = bench.rooms.clone();
    drop(bench);
    assert_eq!(Bench::open(home.path()).rooms, rooms);
}

#[test]
fn a_start_without_space_is_a_start() {
    let home = tempfile::tempdir().unwrap();
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 4);
    drop(bench);
    std::fs::write(home.path().join("reserve"), "").unwrap();
    let mut bench = Bench::open(home.path());
    *bench.files.is_full.lock().unwrap() = true;
    bench.writer.reserve.give(&mut bench.files).unwrap();
    bench.writer.full = Some(times(0).now);
    bench.now_ms = 1_000;
    assert!(is_refused(&bench.append(&lobby, vec![line(5)])));
    assert_eq!(bench.read(&lobby, 0).len(), 5);
}

/// What is taken back takes the checkpoints of the same transaction with it: nothing counts as settled that is not.
#[test]
fn a_checkpoint_that_was_taken_back_settles_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (lobby, other) = (RoomName::lobby(), RoomName::parse("other").unwrap());
    let mut bench = Bench::open(home.path());
    bench.talk(&lobby, 40);
    bench.talk(&other, 3);
    let fold = bench.fold(&lobby).clone();
    let body = fold.to_checkpoint();
    bench
        .writer
        .store
        .checkpoint(&lobby, fold.pos(), &body)
        .unwrap();
    bench.writer.take_back().unwrap();
    bench.checkpoint(&other);
    let rooms = bench.rooms.clone();
    drop(bench);
    assert_eq!(Bench::open(home.path()).rooms, rooms);
}
