//! Row 50: each call in turn fails, once or from then on, because the device does or because it is full.

use parlance::log::disk::{Damage, StoreError};
use parlance_tests::disk::{Disk, Drive, Fault, Plan};

use super::bench::start;
use super::power::judge;
use super::story::{Showing, Story, fresh, play};

const TURNS: u64 = 8;
/// A history in which people talk in all three rooms.
const SEED: u64 = 3;

/// Plays a history in which a call fails. Then, on a disk that is whole again, all is there that was shown.
fn with(plan: Plan) -> (Story, Result<(), StoreError>) {
    let disk = Disk::new(fresh());
    disk.fail(Some(plan));
    let mut story = Story::on(disk.clone());
    let played = play(&mut story, SEED, TURNS, Showing::Answered);
    disk.fail(None);
    let drive = Drive::new(disk.clone());
    let shown = start(&drive, &disk).unwrap_or_else(|error| panic!("{plan:?}: no start: {error}"));
    judge(&story, disk.changes(), &shown).unwrap_or_else(|broken| panic!("{plan:?}: {broken}"));
    (story, played)
}

/// How many calls the history makes where none fails.
fn calls() -> u64 {
    let disk = Disk::new(fresh());
    let mut story = Story::on(disk.clone());
    play(&mut story, SEED, TURNS, Showing::Answered).expect("a healthy disk");
    assert!(story.events.len() > 10, "{}", story.events.len());
    disk.calls().len() as u64
}

/// Whatever it was, nothing is answered after it: `turn` has failed, and nobody calls it again.
#[test]
fn a_device_that_fails_stops_the_log_and_takes_nothing() {
    let (mut stopped, mut went_on) = (0, 0);
    for call in 0..calls() {
        for lasting in [false, true] {
            let fault = Fault::Io;
            let (_, played) = with(Plan {
                call,
                lasting,
                fault,
            });
            match played {
                Ok(()) => went_on += 1,
                Err(StoreError::Database(_) | StoreError::File { .. }) => stopped += 1,
                // A log that cannot be read is not told from one that is damaged.
                Err(StoreError::Damaged(Damage::Database(_) | Damage::Head)) => stopped += 1,
                Err(other) => panic!("call {call}: {other:?}"),
            }
        }
    }
    println!("stopped {stopped} times, went on {went_on} times");
    assert!(stopped > went_on * 4, "{stopped} {went_on}");
}

#[test]
fn a_full_disk_is_never_an_end() {
    let mut refused = 0;
    for call in 0..calls() {
        for fault in [Fault::Full, Fault::Short] {
            for lasting in [false, true] {
                let (story, played) = with(Plan {
                    call,
                    lasting,
                    fault,
                });
                if let Err(error) = played {
                    // Only a start can need space that it does not get: for the files that a database works with.
                    let is_start = matches!(error, StoreError::Full | StoreError::Database(_));
                    assert!(is_start && story.is_starting, "call {call}: {error}");
                }
                refused += story.refused;
            }
        }
    }
    println!("{refused} entries were refused");
    assert!(refused > 1_000, "{refused}");
}
