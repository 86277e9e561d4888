//! One who never reads, and the others.

use std::time::{Duration, Instant};

use parlance_proto::wire::{Event, Message, Resume, Welcome};

use crate::harness::{SOON, Server};
use crate::peer::{Peer, login_of};
use crate::process::resident;
use crate::requirement;

const LINES: usize = 10_000;
/// How many lines are under way at once.
const AHEAD: usize = 32;

/// What a run came to.
struct Run {
    /// How long the slowest in a hundred lines took to the other reader.
    p99: Duration,
    /// By how much the server grew, in bytes.
    grown: Option<u64>,
}

#[test]
fn one_who_never_reads_harms_nobody() {
    requirement!("LV-6", "LV-7", "DL-2");
    let flags = ["--rate", "0", "--byte-rate", "0", "--stall", "4s"];
    let texts: Vec<String> = (0..LINES)
        .map(|n| format!("{n:04} {}", "x".repeat(1_000)))
        .collect();

    let server = Server::start(&flags);
    let (mut reader, _) = enter(&server, 1);
    let drain = std::thread::spawn(move || {
        reader
            .events_until(&format!("9999 {}", "x".repeat(1_000)))
            .len()
    });
    let with = flow(&server, &texts);
    assert!(drain.join().expect("no panic") >= LINES);
    drop(server);

    let server = Server::start(&flags);
    let (mut deaf, welcome) = enter(&server, 1);
    let without = flow(&server, &texts);
    // A floor for what a busy machine adds: what must not be is a wait for the one who does not read.
    let allowed = (with.p99 * 2).max(Duration::from_millis(250));
    assert!(
        without.p99 <= allowed,
        "{:?} and {:?}",
        with.p99,
        without.p99
    );
    if let (Some(with), Some(without)) = (with.grown, without.grown) {
        // Pages that the allocator keeps vary by some; a queue for the one would be six megabytes and more.
        assert!(without <= with + (3 << 20), "{with} and {without} bytes");
    }

    server.process.expect_err("stalled");
    let (mut seen, bye) = read_all(&mut deaf);
    assert_eq!(bye.as_deref().unwrap_or("stalled"), "stalled");
    let last = seen.last().map_or(welcome.start, Event::seq);
    assert!(seen.len() < LINES, "it was to be cut off");
    let mut again = Peer::connect(server.address);
    let resume = Resume {
        epoch: welcome.epoch,
        since: last,
    };
    let welcome = again.log_in(login_of("deaf", 2, Some(resume)));
    assert_eq!(welcome.start, last, "it goes on where it was");
    seen.extend(again.events_until(&texts[LINES - 1]));
    let said: Vec<_> = seen.iter().filter_map(text).collect();
    assert!(
        said.iter().copied().eq(texts.iter().map(String::as_str)),
        "each line once, in order"
    );
}

#[test]
fn who_takes_a_little_all_the_time_is_not_called_stalled() {
    requirement!("LV-6");
    const STALL: Duration = Duration::from_secs(6);
    let flags = ["--rate", "0", "--byte-rate", "0", "--stall", "6s"];
    let texts: Vec<String> = (0..2_000)
        .map(|n| format!("{n:04} {}", "x".repeat(1_000)))
        .collect();
    let server = Server::start(&flags);
    // Their systems take little beside them: what is asked is whether this server's system hides what they take.
    let mut trickle = Peer::connect_narrow(server.address);
    trickle.log_in(login_of("trickle", 1, None));
    let (deaf, _) = enter(&server, 1);
    let gone = |peer: &Peer| {
        let line = format!("{}: stalled", peer.address());
        server.process.err().contains(&line)
    };
    let begun = Instant::now();
    flow(&server, &texts);
    let said = Instant::now();

    let mut deaf_gone = None;
    while said.elapsed() < STALL * 5 / 2 {
        // 4 KiB a second.
        trickle.trickle(410);
        std::thread::sleep(Duration::from_millis(100));
        if deaf_gone.is_none() && gone(&deaf) {
            deaf_gone = Some(Instant::now());
        }
    }
    let deaf_gone = deaf_gone.expect("it took nothing");
    assert!(deaf_gone - begun >= STALL, "{:?}", deaf_gone - begun);
    assert!(!gone(&trickle), "{}", server.process.err());
    let heard = trickle.events_until(&texts[texts.len() - 1]);
    let said: Vec<_> = heard.iter().filter_map(text).collect();
    assert!(
        said.iter().copied().eq(texts.iter().map(String::as_str)),
        "it goes on where it was: each line once, in order"
    );
}

/// What reached one whose connection was ended, and why it was, if that reached him too.
fn read_all(peer: &mut Peer) -> (Vec<Event>, Option<String>) {
    let mut events = Vec::new();
    while let Some(message) = peer.next(SOON) {
        match message {
            Message::Bye(bye) => return (events, Some(bye.code.as_str().to_owned())),
            other => events.extend(Event::try_from(other)),
        }
    }
    (events, None)
}

fn text(event: &Event) -> Option<&str> {
    match event {
        Event::Said(said) => said.text.as_deref(),
        _ => None,
    }
}

fn enter(server: &Server, attempt: u64) -> (Peer, Welcome) {
    let mut peer = Peer::connect_narrow(server.address);
    let welcome = peer.log_in(login_of("deaf", attempt, None));
    (peer, welcome)
}

/// Alice says all of `texts`, some at once, and bob reads them.
fn flow(server: &Server, texts: &[String]) -> Run {
    let (mut alice, _) = Peer::guest(server.address, "alice");
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let before = resident(server.process.id());
    let mut took: Vec<Duration> = Vec::new();
    for (batch, id) in texts.chunks(AHEAD).zip((1..).step_by(AHEAD)) {
        let begun = Instant::now();
        for (text, id) in batch.iter().zip(id..) {
            alice.say(id, text);
        }
        for expected in batch {
            // Each line's own way: the batch was written at once.
            let heard = bob.events_until(expected);
            assert_eq!(heard.iter().filter_map(text).count(), 1);
            took.push(begun.elapsed());
        }
        alice.events_until(&batch[batch.len() - 1]);
    }
    took.sort();
    Run {
        p99: took[took.len() * 99 / 100],
        grown: before
            .and_then(|before| Some(resident(server.process.id())?.saturating_sub(before))),
    }
}
