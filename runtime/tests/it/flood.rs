//! More strangers than a server keeps.

#![cfg(target_os = "linux")]

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};

use crate::harness::{SOON, Server, wait_for};
use crate::peer::Peer;
use crate::process::{descriptors, resident};
use crate::requirement;

/// How many come. Ten thousand and the delay of members are for a longer run.
const STRANGERS: usize = 2_000;
/// How many are kept before login.
const KEPT: usize = 256;
/// How much memory the server may take for them, in bytes.
const MEMORY: u64 = 20 << 20;

fn silent(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).expect("a server that listens");
    stream.set_nonblocking(true).expect("a socket");
    stream
}

/// Whether the server has said nothing to it, and not ended it.
fn is_silent(stream: &TcpStream) -> bool {
    matches!(stream.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn two_thousand_silent_strangers_take_the_places_before_login_and_no_more() {
    requirement!("LV-14", "LV-12");
    parlance::files::raise_limit();
    let server = Server::start(&["--handshake", "2m"]);
    let (mut member, _) = Peer::guest(server.address, "member");
    let process = server.process.id();
    let memory = resident(process).expect("/proc");
    let before = descriptors(process).expect("/proc");

    let mut crowd = Vec::new();
    for n in 1..=STRANGERS {
        crowd.push(silent(server.address));
        if n % 500 == 0 {
            let text = format!("after {n}");
            member.say(u64::try_from(n / 500).expect("small"), &text);
            member.events_until(&text);
        }
    }
    let kept = wait_for(
        SOON,
        || {
            format!(
                "an end of those that are refused: {:?}",
                descriptors(process)
            )
        },
        || {
            let kept = crowd.iter().filter(|stream| is_silent(stream)).count();
            (descriptors(process)? == before + kept).then_some(kept)
        },
    );
    assert!((KEPT / 2..=KEPT).contains(&kept), "{kept} are kept");
    let more = resident(process).expect("/proc").saturating_sub(memory);
    assert!(more <= MEMORY, "{more} bytes for {STRANGERS} strangers");
    server
        .process
        .expect_err("too many connections that have not logged in");
    let lines = server.process.err().lines().count();
    assert!(lines < 20, "{lines} lines for {STRANGERS} strangers");

    drop(crowd);
    let (mut late, _) = wait_for(
        SOON,
        || "an end of the crowd".to_owned(),
        || (descriptors(process)? == before).then(|| Peer::guest(server.address, "late")),
    );
    late.say(1, "room again");
    member.events_until("room again");
}

#[test]
fn only_some_are_told_at_a_time_so_that_telling_costs_nothing() {
    requirement!("LV-14");
    const TOLD_AT_ONCE: usize = 64;
    let server = Server::start(&["--connections", "1"]);
    let (mut only, _) = Peer::guest(server.address, "only");
    let process = server.process.id();
    let before = descriptors(process).expect("/proc");
    let crowd: Vec<_> = (0..200).map(|_| silent(server.address)).collect();
    wait_for(
        SOON,
        || "words or an end for each".to_owned(),
        || (!crowd.iter().any(is_silent)).then_some(()),
    );
    let told = descriptors(process).expect("/proc") - before;
    assert!(told <= TOLD_AT_ONCE, "{told} are being told");
    let with_words = crowd
        .iter()
        .filter(|stream| matches!(stream.peek(&mut [0]), Ok(1)))
        .count();
    assert!((TOLD_AT_ONCE..200).contains(&with_words), "{with_words}");
    only.say(1, "nobody else is hurt");
    only.events_until("nobody else is hurt");
    wait_for(
        SOON,
        || "an end of those that do not end it themselves".to_owned(),
        || (descriptors(process)? == before).then_some(()),
    );
}
