//! Rows 49 and 56, further: the power goes again and again, while a log starts and while it goes on after that.

use parlance_tests::disk::{Disk, Drive, Image, Survivors};
use parlance_tests::sim::rng::Rng;

use super::bench::{open, show, start};
use super::power::{Broken, cut, judge};
use super::story::{Showing, Story, fresh, play};

/// Starts from `left`, and then once more from each moment of that start at which the power could have gone: it finds
/// the same. How many starts there were.
fn cut_the_start(drive: &Drive, left: Image, rng: &mut Rng) -> Result<u64, Broken> {
    let disk = Disk::new(left);
    drive.insert(disk.clone());
    let shown = start(drive, &disk).map_err(|error| format!("no start: {error}"))?;
    let mut starts = 0;
    for (changes, image) in disk.history().moments() {
        for survivors in [Survivors::None, Survivors::Some(rng.word())] {
            let disk = Disk::new(image.after_power_loss(survivors));
            drive.insert(disk.clone());
            let again = start(drive, &disk)
                .map_err(|error| format!("{survivors:?} at {changes}: no start: {error}"))?;
            if again != shown {
                return Err(format!("{survivors:?} at {changes}: another log"));
            }
            starts += 1;
        }
    }
    Ok(starts)
}

#[test]
fn a_power_loss_at_any_moment_of_a_start_changes_nothing() {
    let drive = Drive::new(Disk::new(Image::default()));
    let mut starts = 0;
    for seed in 0..9 {
        let mut rng = Rng::new(seed);
        // Every third from nothing: the log may not even be made yet.
        let image = if seed % 3 == 0 {
            Image::default()
        } else {
            fresh()
        };
        let mut story = Story::on(Disk::new(image));
        play(&mut story, seed, 6, Showing::Answered).expect("a healthy disk");
        for (changes, image) in story.disk.history().moments() {
            // The filling of the reserve is many moments that are all alike.
            if !rng.chance(12) {
                continue;
            }
            let left = image.after_power_loss(Survivors::Some(rng.word()));
            starts += cut_the_start(&drive, left, &mut rng)
                .unwrap_or_else(|broken| panic!("seed {seed}, after {changes}: {broken}"));
        }
    }
    println!("{starts} starts after a start that was cut");
    assert!(starts > 1_000, "{starts}");
}

/// Row 56: the process ends at any moment, with writes that were not synced; what the next start finds of them it may
/// show, so the power may not take it any more, and that before anything is closed.
#[test]
fn what_a_start_after_a_kill_has_shown_no_power_loss_takes() {
    let drive = Drive::new(Disk::new(Image::default()));
    let mut unsynced = 0;
    for seed in 0..25 {
        let mut story = Story::on(Disk::new(fresh()));
        play(&mut story, seed, 6, Showing::Answered).expect("a healthy disk");
        for (changes, image) in story.disk.history().moments() {
            let place = format!("seed {seed}, after {changes}");
            let disk = Disk::new(image.clone());
            drive.insert(disk.clone());
            let mut store = open(&drive, &disk).unwrap_or_else(|error| panic!("{place}: {error}"));
            let shown = show(&mut store).unwrap_or_else(|error| panic!("{place}: {error}"));
            judge(&story, changes, &shown).unwrap_or_else(|broken| panic!("{place}: {broken}"));
            // While the store is open.
            let left = disk.image().after_power_loss(Survivors::None);
            drop(store);
            let again = Disk::new(left);
            drive.insert(again.clone());
            let again = start(&drive, &again).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert!(again == shown, "{place}: it was shown and is gone");
            let synced = Disk::new(image.after_power_loss(Survivors::None));
            drive.insert(synced.clone());
            let synced = start(&drive, &synced).unwrap_or_else(|error| panic!("{place}: {error}"));
            unsynced += u64::from(synced != shown);
        }
    }
    println!("{unsynced} starts found what was not synced");
    assert!(unsynced > 100, "{unsynced}");
}

/// A log that lived through a power loss goes on over what that left, with numbers that were free, and is cut again.
#[test]
fn a_power_loss_takes_nothing_in_a_later_life_either() {
    const LIVES: u64 = 4;
    let drive = Drive::new(Disk::new(Image::default()));
    let (mut starts, mut taken) = (0, 0);
    for seed in 0..10 {
        let mut rng = Rng::new(seed);
        let mut story = Story::on(Disk::new(fresh()));
        for life in 0..LIVES {
            let lived = format!("seed {seed}, life {life}");
            let seed = seed * LIVES + life;
            play(&mut story, seed, 6, Showing::Answered)
                .unwrap_or_else(|error| panic!("{lived}: {error}"));
            if life > 0 {
                starts +=
                    cut(&story, seed, &drive).unwrap_or_else(|broken| panic!("{lived}: {broken}"));
            }
            let history = story.disk.history();
            let end = rng.index(history.len() + 1);
            let (_, image) = history.moments().nth(end).expect("it is one of them");
            let left = image.after_power_loss(Survivors::Some(rng.word()));
            let disk = Disk::new(left.clone());
            drive.insert(disk.clone());
            let shown = start(&drive, &disk).unwrap_or_else(|error| panic!("{lived}: {error}"));
            judge(&story, end, &shown).unwrap_or_else(|broken| panic!("{lived}: {broken}"));
            let events: usize = shown.values().map(|(_, events)| events.len()).sum();
            taken += story.events.len().saturating_sub(events);
            story = Story::from_start(Disk::new(left), shown);
        }
    }
    println!(
        "{starts} starts in later lives; {taken} events were not shown yet when the power went, or trimmed"
    );
    assert!(starts > 2_000 && taken > 50, "{starts} {taken}");
}
