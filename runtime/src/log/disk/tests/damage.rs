//! What is stored is not what was written: it is noticed, and nothing of it is shown.

use rusqlite::Connection;

use super::super::Damage;
use super::*;

fn filled(folder: &Path, checkpoint: bool) {
    let lobby = RoomName::lobby();
    let mut bench = Bench::open(folder);
    bench.talk(&lobby, 6);
    if checkpoint {
        bench.checkpoint(&lobby);
    }
    bench.writer.finish().unwrap();
}

/// Opens and reads all, after `sql` was done to the database by somebody else.
fn after(sql: &str, checkpoint: bool) -> Result<(), StoreError> {
    let home = tempfile::tempdir().unwrap();
    filled(home.path(), checkpoint);
    let db = Connection::open(home.path().join("log.db")).unwrap();
    assert_eq!(db.execute(sql, []).unwrap(), 1, "{sql}");
    db.close().unwrap();
    let bench = Bench::with(home.path(), Keep::default())?;
    bench.writer.store().read(&RoomName::lobby(), 0, 1 << 20)?;
    Ok(())
}

#[test]
fn every_change_to_a_row_is_noticed() {
    let lobby = || "lobby".to_owned();
    for (sql, damage) in [
        (
            "UPDATE entries SET at = at + 1 WHERE n = 4",
            Damage::Entry(4),
        ),
        (
            "UPDATE entries SET body = zeroblob(9) WHERE n = 4",
            Damage::Entry(4),
        ),
        ("UPDATE entries SET room = 2 WHERE n = 4", Damage::Entry(4)),
        ("UPDATE entries SET chain = 1 WHERE n = 4", Damage::Chain(4)),
        ("UPDATE entries SET chain = 1 WHERE n = 8", Damage::Chain(8)),
        ("DELETE FROM entries WHERE n = 4", Damage::NoEntry(4)),
        (
            "UPDATE events SET pos = 9 WHERE seq = 3",
            Damage::Event(lobby(), 3),
        ),
        ("UPDATE rooms SET kept = 2", Damage::Room(1)),
        ("UPDATE rooms SET name = 'lobbx'", Damage::Room(1)),
        ("DELETE FROM rooms", Damage::Fact("rooms")),
        (
            "UPDATE facts SET value = 8 WHERE key = 'node'",
            Damage::Fact("node"),
        ),
        (
            "DELETE FROM facts WHERE key = 'settled'",
            Damage::Fact("settled"),
        ),
        (
            "DELETE FROM entries WHERE n = 8",
            Damage::Cut {
                found: 7,
                acknowledged: 8,
            },
        ),
    ] {
        match after(sql, false) {
            Err(StoreError::Damaged(found)) => assert_eq!(found, damage, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
    for (sql, damage) in [
        (
            "UPDATE events SET body = zeroblob(9) WHERE seq = 3",
            Damage::Event(lobby(), 3),
        ),
        (
            "UPDATE events SET seq = 30 WHERE seq = 3",
            Damage::Event(lobby(), 30),
        ),
        (
            "DELETE FROM events WHERE seq = 3",
            Damage::NoEvent(lobby(), 3),
        ),
        (
            "DELETE FROM events WHERE seq = 7",
            Damage::NoEvent(lobby(), 7),
        ),
        (
            "UPDATE checkpoints SET pos = 7",
            Damage::Checkpoint(lobby()),
        ),
        (
            "UPDATE checkpoints SET body = zeroblob(9)",
            Damage::Checkpoint(lobby()),
        ),
    ] {
        match after(sql, true) {
            Err(StoreError::Damaged(found)) => assert_eq!(found, damage, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }
    assert!(after("UPDATE rooms SET kept = kept", true).is_ok());
}

#[test]
fn a_folder_of_another_kind_or_time_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("log.db");
    let open = || Bench::with(home.path(), Keep::default()).map(|_| ());

    let db = Connection::open(&file).unwrap();
    db.execute_batch("CREATE TABLE recipes (cake TEXT)")
        .unwrap();
    db.close().unwrap();
    assert!(matches!(open(), Err(StoreError::Format(_))));

    std::fs::write(
        &file,
        "not a database, but long enough to have been one, were it one",
    )
    .unwrap();
    assert!(matches!(
        open(),
        Err(StoreError::Damaged(Damage::Database(_)))
    ));

    std::fs::remove_file(&file).unwrap();
    filled(home.path(), true);
    let db = Connection::open(&file).unwrap();
    db.execute_batch("PRAGMA user_version = 2").unwrap();
    db.close().unwrap();
    assert!(matches!(open(), Err(StoreError::Format(_))));

    // The database is gone, or what tells how much was in it.
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(
        open(),
        Err(StoreError::Damaged(Damage::Cut {
            found: 0,
            acknowledged: 8
        }))
    ));
    std::fs::remove_file(&file).unwrap();
    std::fs::remove_file(home.path().join("head")).unwrap();
    filled(home.path(), true);
    std::fs::remove_file(home.path().join("head")).unwrap();
    assert!(matches!(open(), Err(StoreError::Damaged(Damage::Head))));
}
