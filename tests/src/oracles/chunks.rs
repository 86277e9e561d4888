//! How bytes are cut makes no difference, to the decoder nor to the server [FR-5].

use parlance_proto::server::{Config, Limits, Origin, Server, Transmit};
use parlance_proto::time::Instant;
use parlance_proto::wire::{Decoder, FrameError};

use super::Bytes;

/// The first byte says how the rest is cut, the second which limit holds.
pub fn check(data: &[u8]) {
    let mut data = Bytes(data);
    let (cuts, limit) = (
        data.byte(),
        if data.byte() & 1 == 0 { 1024 } else { 20_480 },
    );
    let input = data.0;
    assert_eq!(frames(&[input], limit), frames(&cut(input, cuts), limit));
    assert_eq!(served(&[input]), served(&cut(input, cuts)));
}

fn cut(input: &[u8], cuts: u8) -> Vec<&[u8]> {
    let mut size = usize::from(cuts % 13) + 1;
    let (mut rest, mut all) = (input, Vec::new());
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(size.min(rest.len()));
        all.push(head);
        rest = tail;
        size = size % 29 + usize::from(cuts / 13);
        size = size.max(1);
    }
    all
}

/// The bodies, the error if there was one, and what is left in the middle of a frame.
fn frames(chunks: &[&[u8]], limit: u32) -> (Vec<Vec<u8>>, Option<FrameError>, bool) {
    let mut decoder = Decoder::default();
    let mut all = Vec::new();
    for chunk in chunks {
        let mut input: &[u8] = chunk;
        loop {
            match decoder.next(&mut input, limit) {
                Ok(Some(body)) => all.push(body.to_vec()),
                Ok(None) => break,
                Err(error) => return (all, Some(error), false),
            }
            assert!(decoder.buffered() <= limit as usize + 4);
        }
        assert!(
            input.is_empty(),
            "no whole frame, and not all input was taken"
        );
    }
    (all, None, decoder.is_mid_frame())
}

/// Everything a server does with one connection that sends this.
fn served(chunks: &[&[u8]]) -> (Vec<String>, Vec<u8>) {
    let now = Instant::from_millis(1);
    let limits = Limits {
        rate: None,
        bytes_per_second: None,
        ..Limits::default()
    };
    let mut server = Server::new(
        Config {
            limits,
            ..Config::default()
        },
        7,
    );
    let conn = server.accept(Origin::default(), now);
    let (mut actions, mut out) = (Vec::new(), Vec::new());
    for chunk in chunks {
        server.receive(conn, chunk, now);
    }
    while let Some(action) = server.poll() {
        actions.push(format!("{action:?}"));
    }
    while let Some(Transmit::Data(bytes)) = server.poll_transmit(conn, now) {
        out.extend_from_slice(&bytes);
    }
    (actions, out)
}
