//! Rows 51 and 52: a bit of a small log is another, or its end is missing.

use parlance::log::disk::{Command, Keep};
use parlance_proto::name::RoomName;
use parlance_tests::disk::{Disk, Drive, Image};
use parlance_tests::sim::rng::Rng;

use super::bench::{Bench, Shown, start};
use super::story::{entry_of, fresh};

/// A small log, and what it shows: in the end, and before its last transaction.
struct Small {
    files: Vec<(String, Vec<u8>)>,
    before: Shown,
    shown: Shown,
    /// What `head` said before the last transaction.
    head_before: Vec<u8>,
}

/// Five transactions of two entries; then closed, or as after the end of the process.
fn small(closed: bool) -> Small {
    let disk = Disk::new(fresh());
    let drive = Drive::new(disk.clone());
    let mut rng = Rng::new(7);
    let room = RoomName::lobby();
    let mut before = Shown::new();
    let mut events = Vec::new();
    let mut head_before = Vec::new();
    let mut bench = Bench::open(&drive, &disk, Keep::default(), 0).expect("a healthy disk");
    for nth in 0..6 {
        let mut commands = Vec::new();
        if nth == 3 {
            commands.push(bench.checkpoint(&room));
        }
        let mut fold = bench.rooms.get(&room).cloned().unwrap_or_default();
        let entries = (0..2).map(|_| {
            let entry = entry_of(&fold, &mut rng);
            fold.apply(fold.pos() + 1, fold.at(), &entry);
            entry
        });
        let entries: Vec<_> = entries.collect();
        let proposals = entries
            .into_iter()
            .map(|entry| bench.proposal(&room, entry));
        commands.push(Command::Append(proposals.collect()));
        let fold = bench.rooms.get(&room).cloned().unwrap_or_default();
        before = Shown::from([(room.clone(), (fold, events.clone()))]);
        head_before = disk.image().file("head").unwrap_or_default().to_vec();
        let (_, shown) = bench.turn(commands).expect("a healthy disk");
        events.extend(shown.into_iter().map(|noted| noted.event));
    }
    let shown = Shown::from([(room.clone(), (bench.rooms[&room].clone(), events))]);
    if closed {
        bench.writer.finish().expect("a healthy disk");
        drop(bench);
    }
    let image = disk.image();
    let files = image
        .files()
        .map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
    Small {
        files: files.filter(|(name, _)| name != "reserve").collect(),
        before,
        shown,
        head_before,
    }
}

/// What a start from these files shows.
fn begin(drive: &Drive, files: &[(String, Vec<u8>)]) -> Result<Shown, String> {
    let disk = Disk::new(Image::of(files.iter().cloned()));
    drive.insert(disk.clone());
    start(drive, &disk).map_err(|error| error.to_string())
}

/// Flips one bit at every byte of the files that `wanted` names, or at every `step`th.
fn flip_all(small: &Small, wanted: &[&str], step: usize) -> (u64, u64, u64) {
    let (mut same, mut dropped, mut refused) = (0, 0, 0);
    let drive = Drive::new(Disk::new(Image::default()));
    let mut files = small.files.clone();
    for file in 0..files.len() {
        if !wanted.contains(&files[file].0.as_str()) {
            continue;
        }
        for at in (0..files[file].1.len()).step_by(step) {
            files[file].1[at] ^= 1 << (at % 8);
            match begin(&drive, &files) {
                Ok(shown) if shown == small.shown => same += 1,
                Ok(shown) if shown == small.before => dropped += 1,
                Ok(shown) => panic!("{} at {at}: {shown:#?}", files[file].0),
                Err(_) => refused += 1,
            }
            files[file].1[at] ^= 1 << (at % 8);
        }
    }
    println!(
        "{wanted:?}: {same} times as before, {dropped} times without the last, {refused} times refused"
    );
    (same, dropped, refused)
}

#[test]
fn a_bit_of_a_closed_log() {
    let small = small(true);
    let drive = Drive::new(Disk::new(Image::default()));
    assert_eq!(begin(&drive, &small.files).as_ref(), Ok(&small.shown));
    let (same, dropped, refused) = flip_all(&small, &["log.db", "head"], 1);
    assert!(same > 0 && dropped == 0 && refused > 1_000);
}

#[test]
fn a_bit_of_a_log_whose_process_ended() {
    let small = small(false);
    let (_, _, refused) = flip_all(&small, &["log.db-wal", "head"], 1);
    assert!(refused > 1_000);
}

/// Most of its pages stand in the write-ahead log too, newer, or are empty: some bytes will do.
#[test]
fn a_bit_of_the_database_under_a_log() {
    let small = small(false);
    let (same, dropped, _) = flip_all(&small, &["log.db"], 3);
    assert!(same > 1_000 && dropped == 0);
}

/// Nobody was answered yet: `head` is not written before the transaction is synced.
#[test]
fn a_log_cut_in_its_last_transaction() {
    let mut small = small(false);
    for (name, bytes) in &mut small.files {
        if name == "head" {
            bytes.clone_from(&small.head_before);
        }
    }
    let drive = Drive::new(Disk::new(Image::default()));
    let wal = small
        .files
        .iter()
        .position(|(name, _)| name == "log.db-wal")
        .expect("a log");
    let whole = small.files[wal].1.len();
    let (mut dropped, mut first) = (0, whole);
    for length in (0..whole).rev() {
        let mut files = small.files.clone();
        files[wal].1.truncate(length);
        match begin(&drive, &files) {
            Ok(shown) if shown == small.before => (dropped, first) = (dropped + 1, length),
            Ok(_) => panic!("cut at {length}"),
            // Cut further than that, something is missing that was answered.
            Err(error) => {
                assert!(
                    length < first && error.contains("were acknowledged"),
                    "{length}: {error}"
                );
                break;
            }
        }
    }
    println!("{dropped} lengths without the last transaction alone");
    assert!(dropped > 4_096, "{dropped}");
}
