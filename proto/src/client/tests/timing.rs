//! Deadlines: liveness, the handshake, coming back.

use super::*;
use crate::wire::{Ping, Pong};

const SECOND: Duration = Duration::from_secs(1);

impl Rig {
    fn due(&self) -> (Duration, Reason) {
        let wake = self.client.poll_timeout().unwrap();
        (wake.at.saturating_duration_since(self.now), wake.reason)
    }

    /// Lets the next deadline come.
    fn wait(&mut self) -> (Duration, Reason) {
        let due = self.due();
        self.now = self.now.saturating_add(due.0);
        self.client.handle_timeout(self.now);
        due
    }
}

#[test]
fn silence_is_asked_into_and_then_the_link_is_dead() {
    let mut rig = Rig::live(config());
    assert_eq!(rig.wait(), (30 * SECOND, Reason::Ping));
    assert_eq!(rig.client.poll(), Some(Action::Writable));
    assert_eq!(rig.sent(), [Message::Ping(Ping { nonce: 1 })]);
    assert_eq!(rig.due(), (45 * SECOND, Reason::Dead));
    // Anything at all will do, and even a part of it.
    rig.client.receive(b"\x00", rig.now);
    assert_eq!(rig.due(), (30 * SECOND, Reason::Ping));
    rig.client.receive(b"", rig.now.saturating_add(SECOND));
    assert_eq!(rig.wait(), (30 * SECOND, Reason::Ping));
    assert_eq!(rig.sent(), [Message::Ping(Ping { nonce: 2 })]);
    assert_eq!(rig.wait(), (45 * SECOND, Reason::Dead));
    let retry_at = rig.client.poll_timeout().unwrap().at;
    let why = LostWhy::Dead;
    let expected = [Action::Close, Action::Lost { why, retry_at }];
    assert_eq!(rig.actions(), expected);
}

#[test]
fn an_answer_keeps_it_alive() {
    let mut rig = Rig::live(config());
    rig.wait();
    rig.sent();
    rig.server(&Message::Pong(Pong { nonce: 1 }));
    assert_eq!(rig.due(), (30 * SECOND, Reason::Ping));
    assert_eq!(rig.sent(), []);
}

#[test]
fn the_keepalive_is_the_servers_within_reason() {
    for (told, pings, dead) in [(4, 4, 10.0), (0, 1, 2.5), (u64::MAX >> 1, 3_600, 9_000.0)] {
        let mut rig = Rig::new(config());
        rig.enter(Welcome {
            keepalive: told,
            ..welcome()
        });
        let start = rig.now;
        assert_eq!(rig.wait(), (pings * SECOND, Reason::Ping));
        rig.wait();
        let silence = rig.now.saturating_duration_since(start);
        assert_eq!(silence, Duration::from_secs_f64(dead));
        assert_eq!(rig.client.state(), State::Offline);
    }
}

#[test]
fn late_is_as_good_as_in_time() {
    let mut rig = Rig::live(config());
    rig.now = rig.now.saturating_add(500 * SECOND);
    rig.client.handle_timeout(rig.now);
    assert_eq!(rig.client.state(), State::Offline);
}

#[test]
fn the_handshake_has_ten_seconds_whatever_trickles_in() {
    let mut rig = Rig::new(config());
    assert_eq!(rig.client.poll_timeout(), None);
    rig.client.connected(rig.now);
    rig.sent();
    rig.now = rig.now.saturating_add(9 * SECOND);
    rig.client.receive(b"\x00\x00", rig.now);
    assert_eq!(rig.wait(), (SECOND, Reason::Handshake));
    let actions = rig.actions();
    let retry_at = rig.client.poll_timeout().unwrap().at;
    let why = LostWhy::Handshake;
    assert_eq!(actions, [Action::Close, Action::Lost { why, retry_at }]);
}

#[test]
fn waits_grow_and_only_a_join_makes_them_short_again() {
    for seed in 0..200 {
        let mut rig = Rig::live(config());
        rig.client.rng = Rng::new(seed);
        rig.client.receive_eof(rig.now);
        let mut widest = [1_u32, 15, 20, 20].into_iter();
        let mut bounded = |rig: &Rig| {
            let (wait, reason) = rig.due();
            assert_eq!(reason, Reason::Retry);
            assert!(wait > Duration::ZERO && wait <= widest.next().unwrap() * SECOND);
        };
        bounded(&rig);
        rig.wait();
        rig.client.connect_failed(rig.now);
        bounded(&rig);
        rig.wait();
        // An opened link is no join.
        rig.client.connected(rig.now);
        rig.sent();
        rig.client.receive_reset(rig.now);
        bounded(&rig);
        rig.wait();
        rig.client.connected(rig.now);
        rig.server(&Message::Bye(bye(ByeCode::BUSY, None)));
        bounded(&rig);
    }
    let longest = |joins: bool| {
        let all = (0..200).map(|seed| {
            let mut rig = Rig::live(config());
            rig.client.rng = Rng::new(seed);
            rig.client.receive_eof(rig.now);
            rig.wait();
            rig.client.connected(rig.now);
            if joins {
                rig.server(&Message::Client(welcome()));
            }
            rig.client.receive_eof(rig.now);
            rig.due().0
        });
        all.max().unwrap()
    };
    assert!(longest(true) <= SECOND);
    assert!(longest(false) > 14 * SECOND);
}

#[test]
fn a_clock_that_jumped_means_a_dead_link_and_no_long_wait() {
    let mut rig = Rig::live(config());
    for _ in 0..3 {
        rig.client.receive_eof(rig.now);
        rig.wait();
        rig.client.connected(rig.now);
    }
    rig.actions();
    rig.client.clock_jumped(rig.now);
    assert!(rig.due().0 <= SECOND, "{:?}", rig.due());
    let actions = rig.actions();
    let retry_at = rig.client.poll_timeout().unwrap().at;
    let why = LostWhy::ClockJumped;
    assert_eq!(actions, [Action::Close, Action::Lost { why, retry_at }]);
    // While it waits: the wait is cut short, and never made longer.
    rig.wait();
    rig.client.connect_failed(rig.now);
    for _ in 0..20 {
        let before = rig.due().0;
        rig.client.clock_jumped(rig.now);
        assert!(rig.due().0 <= before.min(SECOND));
    }
}

#[test]
fn handled_is_handled() {
    let mut rig = Rig::new(config());
    for step in 0..40 {
        match rig.client.state() {
            State::Offline if step % 3 == 0 => rig.client.connect_failed(rig.now),
            State::Offline => rig.client.connected(rig.now),
            State::Greeting if step % 4 != 0 => rig.server(&Message::Client(welcome())),
            State::Greeting | State::Live | State::Quitting | State::Ended => {}
        }
        rig.actions();
        rig.sent();
        let Some(wake) = rig.client.poll_timeout() else {
            continue;
        };
        let mut early = rig.clone();
        let just_before = wake.at.as_millis().saturating_sub(1);
        early
            .client
            .handle_timeout(Instant::from_millis(just_before));
        assert_eq!(early.client, rig.client);
        rig.now = wake.at;
        rig.client.handle_timeout(rig.now);
        let later = rig.client.poll_timeout();
        assert!(later.is_none_or(|later| later.at > rig.now), "{later:?}");
        let mut twice = rig.clone();
        twice.client.handle_timeout(rig.now);
        assert_eq!(twice.client, rig.client);
    }
}
