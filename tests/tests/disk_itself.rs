//! The simulated disk: what it keeps, what it loses, how it fails, and that SQLite alone over it keeps its promise
//! exactly as long as it syncs.

use parlance_tests::disk::{Call, Disk, Drive, Fault, Image, Plan, SECTOR, Survivors};
use rusqlite::{Connection, OpenFlags};

const OLD: [u8; 3 * SECTOR] = [1; 3 * SECTOR];
const NEW: [u8; 3 * SECTOR] = [2; 3 * SECTOR];

fn disk_with_old() -> Disk {
    Disk::new(Image::of([("file".to_owned(), OLD.to_vec())]))
}

fn after(disk: &Disk, survivors: Survivors) -> Image {
    disk.image().after_power_loss(survivors)
}

#[test]
fn what_is_synced_stays_and_what_is_not_may_go() {
    let disk = disk_with_old();
    let file = disk.open("file", false).unwrap().unwrap();
    file.write(&NEW, 0).unwrap();
    assert_eq!(disk.image().file("file"), Some(&NEW[..]));
    assert_eq!(after(&disk, Survivors::None).file("file"), Some(&OLD[..]));
    assert_eq!(after(&disk, Survivors::All).file("file"), Some(&NEW[..]));
    file.sync().unwrap();
    for seed in 0..50 {
        assert_eq!(
            after(&disk, Survivors::Some(seed)).file("file"),
            Some(&NEW[..])
        );
    }
}

#[test]
fn a_write_is_torn_at_sectors_and_in_any_order() {
    let disk = disk_with_old();
    let file = disk.open("file", false).unwrap().unwrap();
    file.write(&NEW, 0).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..300 {
        let left = after(&disk, Survivors::Some(seed));
        let sectors = left.file("file").unwrap().chunks(SECTOR);
        seen.insert(
            sectors
                .map(|sector| {
                    assert!(
                        sector.iter().all(|byte| *byte == sector[0]),
                        "a sector is whole"
                    );
                    sector[0]
                })
                .collect::<Vec<u8>>(),
        );
    }
    assert_eq!(seen.len(), 8, "each subset of three sectors: {seen:?}");
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..300 {
        let left = after(&disk, Survivors::Before(seed));
        seen.insert(
            left.file("file")
                .unwrap()
                .iter()
                .filter(|byte| **byte == 2)
                .count(),
        );
    }
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        [0, SECTOR, 2 * SECTOR, 3 * SECTOR]
    );
}

#[test]
fn a_file_may_grow_without_what_was_written_there() {
    let disk = disk_with_old();
    let file = disk.open("file", false).unwrap().unwrap();
    file.write(b"tail", OLD.len() as u64).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..100 {
        seen.insert(
            after(&disk, Survivors::Some(seed)).file("file").unwrap()[OLD.len()..].to_vec(),
        );
    }
    let all = [vec![], vec![0; 4], b"tail".to_vec()];
    assert_eq!(seen, all.into());
}

#[test]
fn a_file_is_there_after_its_first_sync_and_gone_after_that_of_the_folder() {
    let disk = Disk::new(Image::default());
    let file = disk.open("new", true).unwrap().unwrap();
    file.write(b"x", 0).unwrap();
    assert_eq!(after(&disk, Survivors::None).file("new"), None);
    file.sync().unwrap();
    assert_eq!(after(&disk, Survivors::None).file("new"), Some(&b"x"[..]));
    assert!(disk.delete("new", false).unwrap());
    assert_eq!(after(&disk, Survivors::None).file("new"), Some(&b"x"[..]));
    assert_eq!(after(&disk, Survivors::All).file("new"), None);
    assert!(disk.open("other", true).unwrap().is_some());
    assert!(disk.delete("other", true).unwrap());
    assert_eq!(after(&disk, Survivors::None).file("new"), None);
}

#[test]
fn a_call_fails_once_or_from_then_on() {
    let disk = disk_with_old();
    let file = disk.open("file", false).unwrap().unwrap();
    let fail = |call, lasting, fault| {
        disk.fail(Some(Plan {
            call,
            lasting,
            fault,
        }));
        let tries: [bool; 3] = std::array::from_fn(|_| file.write(b"y", 0).is_ok());
        tries
    };
    assert_eq!(fail(1, false, Fault::Io), [true, false, true]);
    assert_eq!(fail(1, true, Fault::Io), [true, false, false]);
    assert_eq!(fail(0, true, Fault::Full), [false; 3]);
    assert!(
        file.sync().is_ok(),
        "a sync does not say that the disk is full"
    );
    disk.fail(Some(Plan {
        call: 0,
        lasting: false,
        fault: Fault::Short,
    }));
    assert_eq!(file.write(&NEW, 0), Err(Fault::Short));
    let half = NEW.len() / 2;
    assert_eq!(disk.image().file("file").unwrap()[..half], NEW[..half]);
    assert_eq!(disk.image().file("file").unwrap()[half..], OLD[half..]);
    assert_eq!(disk.calls().last(), Some(&Call::Write));
}

#[test]
fn what_a_failed_sync_lost_is_read_until_the_power_goes() {
    let disk = disk_with_old();
    let file = disk.open("file", false).unwrap().unwrap();
    file.write(&NEW, 0).unwrap();
    disk.fail(Some(Plan {
        call: 0,
        lasting: false,
        fault: Fault::Lost,
    }));
    assert_eq!(file.sync(), Err(Fault::Lost));
    assert_eq!(file.sync(), Ok(()), "it has nothing to write any more");
    assert_eq!(disk.image().file("file"), Some(&NEW[..]));
    assert_eq!(after(&disk, Survivors::All).file("file"), Some(&OLD[..]));
    // What is written again is synced; its sector is whole.
    file.write(&NEW[..1], SECTOR as u64).unwrap();
    file.sync().unwrap();
    let left = after(&disk, Survivors::None);
    let sectors: Vec<u8> = left
        .file("file")
        .unwrap()
        .chunks(SECTOR)
        .map(|sector| sector[SECTOR - 1])
        .collect();
    assert_eq!(sectors, [1, 2, 1]);
}

#[test]
fn a_full_disk_takes_what_is_freed() {
    let disk = disk_with_old();
    disk.set_capacity(Some(4 * SECTOR as u64));
    let file = disk.open("file", false).unwrap().unwrap();
    file.write(&NEW, 0).unwrap();
    assert_eq!(file.write(&NEW, NEW.len() as u64), Err(Fault::Short));
    assert_eq!(file.length(), Ok(4 * SECTOR as u64));
    assert_eq!(disk.open("other", true).unwrap_err(), Fault::Full);
    file.truncate(0).unwrap();
    let other = disk.open("other", true).unwrap().unwrap();
    other.write(&NEW, 0).unwrap();
}

/// Rows that were committed, and how many changes the disk had seen by then.
type Committed = Vec<usize>;

fn open(drive: &Drive) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let db = Connection::open_with_flags_and_vfs("/plain.db", flags, drive.name()).unwrap();
    // First of all: without shared memory nothing can be read of a write-ahead log otherwise.
    db.execute_batch("PRAGMA locking_mode = EXCLUSIVE").unwrap();
    db
}

/// A small history: a row is its number and some bytes, one transaction each, with what a log does between.
fn write_rows(disk: &Disk, synchronous: &str) -> Committed {
    let drive = Drive::new(disk.clone());
    let db = open(&drive);
    db.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 0;
         CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    ))
    .unwrap();
    let mut committed = Vec::new();
    for n in 0..14_usize {
        // Some need several pages.
        let body = vec![n as u8; 40 + 1_900 * (n % 4)];
        db.execute("INSERT INTO rows VALUES (?1, ?2)", (n, body))
            .unwrap();
        committed.push(disk.changes());
        let mode = match n {
            4 => "PASSIVE",
            9 => "TRUNCATE",
            _ => continue,
        };
        db.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap();
    }
    committed
}

/// How many moments and survivors there are at which a committed row is missing; none may be wrong at any.
fn losses(disk: &Disk, committed: &[usize], seeds: u64) -> usize {
    let drive = Drive::new(Disk::new(Image::default()));
    let mut losses = 0;
    for (done, image) in disk.history().moments() {
        let drawn = (0..seeds).flat_map(|seed| {
            let seed = seed + done as u64 * 100;
            [Survivors::Some(seed), Survivors::Before(seed)]
        });
        for survivors in [Survivors::None, Survivors::All].into_iter().chain(drawn) {
            drive.insert(Disk::new(image.after_power_loss(survivors)));
            let sure = committed.iter().filter(|changes| **changes <= done).count();
            losses += usize::from(rows(&drive).is_none_or(|found| found < sure));
        }
    }
    losses
}

/// How many rows there are; `None` where the database is not whole.
fn rows(drive: &Drive) -> Option<usize> {
    let db = open(drive);
    let mut found = match db.prepare("SELECT n, body FROM rows ORDER BY n") {
        Ok(found) => found,
        Err(error) if error.to_string().contains("no such table") => return Some(0),
        Err(_) => return None,
    };
    let mut found = found.query([]).ok()?;
    let mut count = 0;
    loop {
        match found.next() {
            Ok(Some(row)) => {
                let (n, body) = (row.get::<_, usize>(0).ok()?, row.get::<_, Vec<u8>>(1).ok()?);
                if n != count || body.iter().any(|byte| *byte != n as u8) {
                    return None;
                }
            }
            Ok(None) => return Some(count),
            Err(_) => return None,
        }
        count += 1;
    }
}

/// faults.md, section 1, row 49, for the database alone.
#[test]
fn a_database_that_syncs_loses_no_committed_row() {
    let disk = Disk::new(Image::default());
    let committed = write_rows(&disk, "FULL");
    assert!(disk.history().len() > 60, "{}", disk.history().len());
    assert_eq!(losses(&disk, &committed, 4), 0);
}

#[test]
fn one_that_does_not_sync_is_found_out() {
    for synchronous in ["OFF", "NORMAL"] {
        let disk = Disk::new(Image::default());
        let committed = write_rows(&disk, synchronous);
        assert!(
            losses(&disk, &committed, 1) > 0,
            "synchronous = {synchronous}"
        );
    }
}

#[test]
fn a_disk_that_lies_is_found_out() {
    let disk = Disk::new(Image::default());
    disk.set_lying(true);
    let committed = write_rows(&disk, "FULL");
    assert!(losses(&disk, &committed, 1) > 0);
}
