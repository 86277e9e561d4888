//! Rows 50 and 56: a sync fails and takes what it was for out of the list of what is still to be written. Nothing says
//! so later: the process that comes next reads it, and is told that it is synced. Then the power goes.

use parlance::log::disk::StoreError;
use parlance_tests::disk::{Call, Change, Disk, Drive, Fault, History, Image, Plan, Survivors};
use parlance_tests::sim::rng::Rng;

use super::bench::{open, show, start};
use super::power::{Broken, judge};
use super::story::{Moment, Showing, Story, fresh, play};

const TURNS: u64 = 8;

/// Every third history begins with the making of the log.
fn disk_of(seed: u64) -> Disk {
    Disk::new(if seed.is_multiple_of(3) {
        Image::default()
    } else {
        fresh()
    })
}

/// Which calls of a history are syncs.
fn syncs(seed: u64) -> Vec<u64> {
    let disk = disk_of(seed);
    let mut story = Story::on(disk.clone());
    play(&mut story, seed, TURNS, Showing::Answered).expect("a healthy disk");
    let calls = disk.calls().into_iter().zip(0..);
    calls
        .filter_map(|(call, number)| (call == Call::Sync).then_some(number))
        .collect()
}

/// A history in which this sync fails so, which ends it.
fn lose(seed: u64, call: u64) -> Story {
    let disk = disk_of(seed);
    disk.fail(Some(Plan {
        call,
        lasting: false,
        fault: Fault::Lost,
    }));
    let mut story = Story::on(disk.clone());
    let played = play(&mut story, seed, TURNS, Showing::Answered);
    disk.fail(None);
    match played {
        Err(StoreError::Database(_) | StoreError::File { .. }) => {}
        // SQLite says nothing of it when it closes; then the write-ahead log stays for the next start.
        Ok(()) => {}
        Err(other) => panic!("seed {seed}, call {call}: {other}"),
    }
    let at = lost_at(&story.disk.history());
    let is_in = |moment: &&Moment| moment.asked < at && at <= moment.changes;
    let answered = story.moments.iter().find(is_in);
    assert!(answered.is_none(), "seed {seed}, call {call}: was answered");
    story
}

/// How many changes there were when the sync had failed.
fn lost_at(history: &History) -> usize {
    let is_lost = |change: &Change| matches!(change, Change::Lose(_));
    let at = history.changes().iter().position(is_lost);
    at.expect("it was a sync") + 1
}

/// What a start finds on the disk that a process left which ended then, and what it finds when the power goes after.
fn start_and_cut(
    drive: &Drive,
    story: &Story,
    changes: usize,
    image: &Image,
    rng: &mut Rng,
) -> Result<bool, Broken> {
    let disk = Disk::new(image.clone());
    drive.insert(disk.clone());
    let mut store = open(drive, &disk).map_err(|error| format!("no start: {error}"))?;
    let shown = show(&mut store).map_err(|error| format!("no start: {error}"))?;
    judge(story, changes, &shown)?;
    for survivors in [Survivors::None, Survivors::Some(rng.word())] {
        let left = Disk::new(disk.image().after_power_loss(survivors));
        drive.insert(left.clone());
        let again =
            start(drive, &left).map_err(|error| format!("{survivors:?}: no start: {error}"))?;
        if again != shown {
            return Err(format!("{survivors:?}: it was shown and is another"));
        }
    }
    // And when it goes before that start has shown anything.
    for (during, image) in disk.history().moments() {
        if rng.chance(30) {
            let left = Disk::new(image.after_power_loss(Survivors::Some(rng.word())));
            drive.insert(left.clone());
            let found = start(drive, &left)
                .map_err(|error| format!("at {during} of the start: no start: {error}"))?;
            judge(story, changes, &found)
                .map_err(|broken| format!("at {during} of the start: {broken}"))?;
        }
    }
    let synced = Disk::new(image.after_power_loss(Survivors::None));
    drive.insert(synced.clone());
    let synced = start(drive, &synced).map_err(|error| format!("no start at once: {error}"))?;
    judge(story, changes, &synced)?;
    Ok(synced != shown)
}

/// The process that comes next takes what it found for stored and goes on; the power may go at any moment of that.
fn go_on_and_cut(drive: &Drive, image: &Image, seed: u64, rng: &mut Rng) -> Result<u64, Broken> {
    let disk = Disk::new(image.clone());
    drive.insert(disk.clone());
    let shown = start(drive, &disk).map_err(|error| format!("no start: {error}"))?;
    let mut story = Story::from_start(Disk::new(image.clone()), shown);
    play(&mut story, seed, 3, Showing::Answered).map_err(|error| format!("no life: {error}"))?;
    // Before its first turn it has shown nothing.
    let first = story.moments[1].asked;
    let mut starts = 0;
    for (changes, image) in story.disk.history().moments().skip(first) {
        let left = Disk::new(image.after_power_loss(match rng.below(2) {
            0 => Survivors::None,
            _ => Survivors::Some(rng.word()),
        }));
        drive.insert(left.clone());
        let found =
            start(drive, &left).map_err(|error| format!("{changes} later: no start: {error}"))?;
        judge(&story, changes, &found).map_err(|broken| format!("{changes} later: {broken}"))?;
        starts += 1;
    }
    Ok(starts)
}

#[test]
fn what_a_failed_sync_lost_is_shown_by_no_later_start_or_stays() {
    let drive = Drive::new(Disk::new(Image::default()));
    let mut rng = Rng::new(1);
    let (mut starts, mut lost) = (0, 0);
    for seed in 0..6 {
        for call in syncs(seed) {
            let story = lose(seed, call);
            let history = story.disk.history();
            let at = lost_at(&history);
            // The process is gone at once, or at any moment of its end.
            for (changes, image) in history.moments().skip(at) {
                // The filling of the reserve is many moments that are all alike.
                if changes > at + 20 && changes < history.len() {
                    continue;
                }
                let shows_lost = start_and_cut(&drive, &story, changes, &image, &mut rng)
                    .unwrap_or_else(|broken| {
                        panic!("seed {seed}, call {call}, {changes} after {at}: {broken}")
                    });
                starts += 1;
                lost += u64::from(shows_lost);
                if changes == at || changes == history.len() {
                    starts += go_on_and_cut(&drive, &image, seed, &mut rng).unwrap_or_else(|broken| {
                        panic!("seed {seed}, call {call}, {changes} after {at}, on from there: {broken}")
                    });
                }
            }
        }
    }
    println!("{starts} starts after a failed sync, {lost} of which found what it had lost");
    assert!(starts > 500 && lost > 50, "{starts} {lost}");
}
