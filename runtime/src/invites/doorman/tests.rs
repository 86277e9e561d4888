//! The door by itself, and its thread.

use std::future::poll_fn;

use super::*;
use crate::link::Secret;

const HOUR: Duration = Duration::from_secs(3_600);

struct Rig {
    folder: tempfile::TempDir,
    door: Door,
    answers: UnboundedReceiver<Answer>,
    tickets: u64,
}

impl Rig {
    fn new() -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let (answering, answers) = unbounded_channel();
        let store = Store::open(folder.path()).unwrap();
        Rig {
            folder,
            door: Door::new(store, Clock::start(), answering),
            answers,
            tickets: 0,
        }
    }

    fn invite(&mut self, uses: u64) -> Secret {
        let now = self.door.clock.wall_ms();
        let made = self.door.store.make(uses, HOUR, &RoomName::lobby(), now);
        made.unwrap().0
    }

    fn uses(&self) -> u64 {
        self.door.store.list().unwrap()[0].uses
    }

    /// Somebody asks: the ticket, and the answer if there is one.
    fn ask(&mut self, key: Option<u8>, secret: Option<&Secret>) -> (Ticket, Option<Verdict>) {
        self.tickets += 1;
        let ticket = Ticket::new(self.tickets);
        self.door.obey(Order::Ask(question(ticket, key, secret)));
        (ticket, self.answer(ticket))
    }

    fn answer(&mut self, asked: Ticket) -> Option<Verdict> {
        match self.answers.try_recv().ok()? {
            Answer::Verdict { ticket, verdict } => {
                assert_eq!(ticket, asked);
                Some(verdict)
            }
            Answer::Failed { why } => panic!("{why}"),
        }
    }

    fn admitted(&mut self, key: Option<u8>, secret: Option<&Secret>) -> Ticket {
        let (ticket, verdict) = self.ask(key, secret);
        assert_eq!(verdict, Some(Verdict::Admitted));
        ticket
    }
}

fn question(ticket: Ticket, key: Option<u8>, secret: Option<&Secret>) -> Question {
    Question {
        ticket,
        room: RoomName::lobby(),
        key: key.map(|byte| KeyHash::from_bytes([byte; 32])),
        proof: secret.and_then(Secret::proof),
        address: "192.0.2.1".parse().unwrap(),
    }
}

#[test]
fn a_use_is_taken_and_kept_or_given_back() {
    let mut rig = Rig::new();
    let secret = rig.invite(1);
    assert_eq!(rig.ask(Some(1), None).1, Some(Verdict::Refused));
    let ticket = rig.admitted(Some(1), Some(&secret));
    assert_eq!(rig.uses(), 0);
    for _ in 0..2 {
        rig.door.obey(Order::Unused(ticket));
        assert_eq!(rig.uses(), 1, "once");
    }
    assert_eq!(rig.ask(Some(1), None).1, Some(Verdict::Refused));
    let ticket = rig.admitted(Some(1), Some(&secret));
    rig.door.obey(Order::Used(ticket));
    rig.door.obey(Order::Unused(ticket));
    assert_eq!(rig.uses(), 0);
    rig.admitted(Some(1), None);
    assert_eq!(rig.ask(None, Some(&secret)).1, Some(Verdict::Refused));
    assert!(rig.door.places.is_empty());
}

/// A name that is taken gives the use back. Meanwhile the same key comes in by another name, as one that is known: it
/// must not come in for nothing.
#[test]
fn two_connections_of_a_key_stand_on_one_use() {
    let mut rig = Rig::new();
    let secret = rig.invite(1);
    let first = rig.admitted(Some(1), Some(&secret));
    let second = rig.admitted(Some(1), None);
    rig.door.obey(Order::Unused(first));
    assert_eq!(rig.uses(), 0, "the second one stands on it");
    rig.door.obey(Order::Used(second));
    assert_eq!(rig.uses(), 0);
    rig.admitted(Some(1), None);
    assert!(rig.door.places.is_empty());

    let secret = {
        let mut other = Rig::new();
        let secret = other.invite(1);
        let first = other.admitted(Some(1), Some(&secret));
        let second = other.admitted(Some(1), None);
        other.door.obey(Order::Unused(first));
        other.door.obey(Order::Unused(second));
        assert_eq!(other.uses(), 1, "neither came in");
        assert_eq!(other.ask(Some(1), None).1, Some(Verdict::Refused));
        // In the other order: the one that came in settles it for both.
        let first = other.admitted(Some(1), Some(&secret));
        let second = other.admitted(Some(1), None);
        other.door.obey(Order::Used(first));
        other.door.obey(Order::Unused(second));
        assert_eq!(other.uses(), 0);
        other.admitted(Some(1), None);
        secret
    };
    assert_eq!(rig.ask(None, Some(&secret)).1, Some(Verdict::Refused));
}

#[test]
fn guests_stand_each_on_a_use_of_his_own() {
    let mut rig = Rig::new();
    let secret = rig.invite(2);
    let first = rig.admitted(None, Some(&secret));
    let second = rig.admitted(None, Some(&secret));
    rig.door.obey(Order::Unused(first));
    rig.door.obey(Order::Used(second));
    assert_eq!(rig.uses(), 1);
}

#[test]
fn the_fourth_wrong_one_is_held_back_and_a_member_is_not() {
    let mut rig = Rig::new();
    let secret = rig.invite(1);
    let member = rig.invite(1);
    rig.admitted(Some(1), Some(&member));
    let wrong = Secret::new([0; 16]);
    for _ in 0..9 {
        assert_eq!(
            rig.ask(None, None).1,
            Some(Verdict::Refused),
            "none is not wrong"
        );
    }
    for _ in 0..3 {
        assert_eq!(rig.ask(None, Some(&wrong)).1, Some(Verdict::Refused));
    }
    let before = rig.door.clock.now();
    let (fourth, answer) = rig.ask(None, Some(&wrong));
    assert_eq!(answer, None);
    let (right, answer) = rig.ask(None, Some(&secret));
    assert_eq!(answer, None, "a right one is, too");
    rig.admitted(Some(1), None);
    rig.admitted(Some(1), Some(&wrong));
    let due: Vec<_> = rig.door.waiting.keys().copied().collect();
    assert_eq!([due[0].1, due[1].1], [fourth, right]);
    assert!(due[0].0 >= before.saturating_add(Duration::from_secs(1)));
    assert!(due[1].0 >= before.saturating_add(Duration::from_secs(2)));
    rig.door.answer_due();
    assert_eq!(rig.answer(fourth), None, "not before its time");
    while rig.door.clock.now() < due[1].0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    rig.door.answer_due();
    assert_eq!(rig.answer(fourth), Some(Verdict::Refused));
    assert_eq!(rig.answer(right), Some(Verdict::Admitted));
}

#[test]
fn no_more_answers_are_held_back_than_may_be() {
    let mut rig = Rig::new();
    let wrong = Secret::new([0; 16]);
    for _ in 0..3 + WAITING + 9 {
        rig.ask(None, Some(&wrong));
    }
    assert_eq!(rig.door.waiting.len(), WAITING);
}

#[test]
fn what_cannot_be_looked_up_is_not_answered_but_told() {
    let mut rig = Rig::new();
    let path = rig.folder.path().join("access.db");
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch("DROP TABLE keys").unwrap();
    let ticket = Ticket::new(1);
    rig.door.obey(Order::Ask(question(ticket, Some(1), None)));
    let Ok(Answer::Failed { why }) = rig.answers.try_recv() else {
        panic!("it is told")
    };
    assert!(why.contains("keys"), "{why}");
    assert!(rig.answers.try_recv().is_err());
}

#[test]
fn the_thread_answers_in_its_time_and_does_all_it_was_told_before_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::start();
    let (secret, _) = Store::open(folder.path())
        .unwrap()
        .make(1, HOUR, &RoomName::lobby(), clock.wall_ms())
        .unwrap();
    let wrong = Secret::new([0; 16]);
    let second =
        Doorman::open(folder.path(), clock).and_then(|_first| Doorman::open(folder.path(), clock));
    assert!(matches!(second, Err(AccessError::InUse(_))));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut doorman = Doorman::open(folder.path(), clock).unwrap();
    let next = |doorman: &mut Doorman| runtime.block_on(poll_fn(|cx| doorman.poll(cx)));
    let answer = |ticket: u64, verdict| Answer::Verdict {
        ticket: Ticket::new(ticket),
        verdict,
    };
    for n in 1..=4 {
        doorman.ask(question(Ticket::new(n), None, Some(&wrong)));
    }
    doorman.ask(question(Ticket::new(5), None, None));
    let began = clock.now();
    for n in [1, 2, 3, 5, 4] {
        assert_eq!(next(&mut doorman), answer(n, Verdict::Refused));
    }
    assert!(clock.now().saturating_duration_since(began) >= Duration::from_millis(900));
    doorman.ask(question(Ticket::new(6), Some(1), Some(&secret)));
    assert_eq!(next(&mut doorman), answer(6, Verdict::Admitted));
    doorman.unused(Ticket::new(6));
    drop(doorman);
    assert_eq!(
        Store::open(folder.path()).unwrap().list().unwrap()[0].uses,
        1
    );
}
