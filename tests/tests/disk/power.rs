//! Rows 49 and 56: the power goes at any moment, and takes any part of what was not synced.

use std::sync::atomic::{AtomicU64, Ordering};

use parlance::log::disk::StoreError;
use parlance_tests::disk::{Disk, Drive, Image, Survivors};

use super::bench::{Shown, start};
use super::story::{Showing, Story, fresh, play};

/// How many histories, unless `PARLANCE_HISTORIES` says more; the issue asks for so many.
const HISTORIES: u64 = 200;
/// How long each is.
const TURNS: u64 = 12;

/// What a start after a power loss must not show, in words.
pub(crate) type Broken = String;

/// Whether a start shows all that was shown before, and nothing that never was; what was asked for last and not
/// answered may be there or not.
pub(crate) fn judge(story: &Story, changes: usize, shown: &Shown) -> Result<(), Broken> {
    let newest = story.states.keys().map(|(_, pos)| *pos).max().unwrap_or(0);
    for (name, (fold, events)) in shown {
        if fold.pos() == 0 {
            continue;
        }
        let state = story.states.get(&(name.clone(), fold.pos()));
        // A turn's entries are committed together, so a start finds the state after one.
        let is_open = story.is_open && fold.pos() > newest;
        if state != Some(fold) && !is_open {
            return Err(format!("{name} at {} is another", fold.pos()));
        }
        for (nth, event) in events.iter().enumerate() {
            let due = events[0].seq() + nth as u64;
            if event.seq() != due {
                return Err(format!("{name}: event {} where {due} is due", event.seq()));
            }
            let known = story.events.get(&(name.clone(), due));
            if known.map(|(_, known)| known) != Some(event) && !(known.is_none() && is_open) {
                return Err(format!("{name}: event {due} is another"));
            }
        }
        let kept = story.kept(name, changes);
        if events.first().is_some_and(|event| event.seq() > kept) {
            return Err(format!("{name}: event {kept} is gone"));
        }
    }
    for ((name, seq), (at, event)) in &story.events {
        if *at > changes {
            continue;
        }
        let kept = story.kept(name, changes);
        let there = shown
            .get(name)
            .is_some_and(|(_, events)| events.contains(event));
        if !there && *seq >= kept {
            return Err(format!("{name}: event {seq} was shown and is gone"));
        }
    }
    let Some(moment) = story
        .moments
        .iter()
        .rev()
        .find(|moment| moment.changes <= changes)
    else {
        return Ok(());
    };
    for (name, room) in &moment.rooms {
        let now = shown.get(name).map_or(0, |(fold, _)| fold.pos());
        if now < room.pos() {
            return Err(format!("{name} is back at {now}, before {}", room.pos()));
        }
    }
    Ok(())
}

/// Starts from what a power loss left; then the power goes at once again, and nothing that was found may go.
fn start_twice(drive: &Drive, left: Image) -> Result<Shown, StoreError> {
    let disk = Disk::new(left);
    drive.insert(disk.clone());
    let shown = start(drive, &disk)?;
    let disk = Disk::new(disk.image().after_power_loss(Survivors::None));
    drive.insert(disk.clone());
    assert_eq!(start(drive, &disk)?, shown, "found at a start, then gone");
    Ok(shown)
}

/// Cuts the power at every moment of a story; how many starts there were.
pub(crate) fn cut(story: &Story, seed: u64, drive: &Drive) -> Result<u64, Broken> {
    let mut starts = 0;
    for (changes, image) in story.disk.history().moments() {
        let seed = seed.wrapping_mul(1_000).wrapping_add(changes as u64);
        let survivors = match seed % 4 {
            0 => Survivors::None,
            1 => Survivors::Before(seed),
            _ => Survivors::Some(seed),
        };
        for survivors in [survivors, Survivors::All]
            .into_iter()
            .take(1 + usize::from(seed.is_multiple_of(8)))
        {
            let left = image.after_power_loss(survivors);
            let shown = start_twice(drive, left)
                .map_err(|error| format!("{survivors:?} at {changes}: no start: {error}"))?;
            judge(story, changes, &shown)
                .map_err(|broken| format!("{survivors:?} at {changes}: {broken}"))?;
            starts += 1;
        }
    }
    Ok(starts)
}

fn cut_all(seeds: u64, showing: Showing, lies: bool) -> Result<u64, Broken> {
    let fresh = fresh();
    let (starts, trims) = (AtomicU64::new(0), AtomicU64::new(0));
    let run = |first: u64| -> Result<(), Broken> {
        for seed in (first..seeds).step_by(2) {
            let disk = Disk::new(fresh.clone());
            disk.set_lying(lies);
            let mut story = Story::on(disk);
            play(&mut story, seed, TURNS, showing).map_err(|error| format!("{error}"))?;
            trims.fetch_add(story.kept.len() as u64, Ordering::Relaxed);
            let drive = Drive::new(Disk::new(Image::default()));
            let done =
                cut(&story, seed, &drive).map_err(|broken| format!("seed {seed}: {broken}"))?;
            starts.fetch_add(done, Ordering::Relaxed);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| run(1));
        let one = run(0);
        one.and(other.join().expect("a broken promise is no panic"))
    })?;
    println!("{trims:?} rooms lost their oldest");
    assert!(seeds < HISTORIES || trims.into_inner() > 20);
    Ok(starts.into_inner())
}

#[test]
fn a_power_loss_takes_nothing_that_was_shown() {
    let histories = std::env::var("PARLANCE_HISTORIES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(HISTORIES);
    let starts =
        cut_all(histories, Showing::Answered, false).unwrap_or_else(|broken| panic!("{broken}"));
    println!("{starts} starts after a power loss");
    assert!(starts > histories * 50, "{starts}");
}

/// The mistakes that this must be able to find: shown before it was committed, and a disk that only says it synced.
#[test]
fn shown_before_commit_is_found() {
    let found = cut_all(4, Showing::Asked, false).expect_err("a planted mistake");
    assert!(
        found.contains("was shown and is gone") || found.contains("is back at"),
        "{found}"
    );
    let found = cut_all(4, Showing::Answered, true).expect_err("a planted mistake");
    let words = ["is gone", "is back at", "no start: the log is damaged"];
    assert!(words.iter().any(|word| found.contains(word)), "{found}");
}

/// A log that is being made, too.
#[test]
fn a_power_loss_while_the_log_is_made() {
    let mut story = Story::on(Disk::new(Image::default()));
    play(&mut story, 5, 3, Showing::Answered).expect("a healthy disk");
    let drive = Drive::new(Disk::new(Image::default()));
    cut(&story, 5, &drive).unwrap_or_else(|broken| panic!("{broken}"));
}
