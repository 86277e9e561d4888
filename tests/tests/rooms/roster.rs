//! What a client makes of a room.

use super::*;

fn listed(member: u64, name: &str) -> Listed {
    Listed {
        member,
        name: name.to_owned(),
        host: None,
        flags: Listed::ANNOUNCED,
    }
}

/// The roster as a page says, in answer to the question that the client has just sent.
fn page(bench: &mut Bench, list: &[(u64, &str)], next: Option<u64>) -> Message {
    let asked = bench.sent().into_iter().find_map(|message| match message {
        Message::Who(Who { reference, .. }) => Some(reference),
        _ => None,
    });
    let list = list
        .iter()
        .map(|(member, name)| listed(*member, name))
        .collect();
    Message::Members(Members {
        reference: asked.expect("WHO"),
        list,
        next,
    })
}

fn joined(seq: u64, member: u64, name: &str) -> Message {
    Message::Joined(Joined {
        seq,
        at: 0,
        member,
        session: 90,
        id: 0,
        name: name.to_owned(),
        host: None,
        members: 5,
    })
}

fn left(seq: u64, member: u64) -> Message {
    Message::Left(Left {
        seq,
        at: 0,
        member,
        session: 90,
        id: 0,
        name: "x".to_owned(),
        host: None,
        members: 4,
        why: None,
    })
}

fn modded(seq: u64, act: Act, who: u64) -> Message {
    Message::Modded(Modded {
        seq,
        at: 0,
        member: 12,
        session: 90,
        id: 1,
        act,
        who: Some(who),
        secs: None,
        why: None,
    })
}

fn roster(bench: &Bench) -> Vec<(u64, String)> {
    let members = bench.client().roster().iter();
    members
        .map(|(number, member)| (number, member.name.clone()))
        .collect()
}

fn people(list: &[(u64, &str)]) -> Vec<(u64, String)> {
    list.iter()
        .map(|(number, name)| (*number, (*name).to_owned()))
        .collect()
}

/// A client that was let in and has asked for its first page.
fn asking() -> Bench {
    let mut bench = Bench::new(true);
    bench.let_in(welcome());
    bench
}

#[test]
fn a_roster_is_made_of_pages_and_events() {
    requirement!("RM-13");
    let mut bench = asking();
    // An event that the page will show as well, and one that it does not show any more.
    let first = page(&mut bench, &[(1, "ann"), (4, "dan")], Some(4));
    bench.hears(&joined(1, 2, "bea"));
    bench.hears(&joined(2, 6, "fay"));
    bench.hears(&first);
    assert_eq!(
        roster(&bench),
        people(&[(1, "ann"), (4, "dan"), (6, "fay")])
    );
    assert!(!bench.client().roster().is_complete());
    let last = page(&mut bench, &[(5, "eve"), (6, "fay")], None);
    bench.hears(&last);
    assert_eq!(
        roster(&bench),
        people(&[(1, "ann"), (4, "dan"), (5, "eve"), (6, "fay")])
    );
    assert!(bench.client().roster().is_complete());
    // Each a second time changes nothing.
    for seq in [3, 4] {
        bench.hears(&joined(seq, 7, "gus"));
    }
    for seq in [5, 6] {
        bench.hears(&left(seq, 1));
    }
    assert_eq!(
        roster(&bench),
        people(&[(4, "dan"), (5, "eve"), (6, "fay"), (7, "gus")])
    );
    for (seq, act, who) in [
        (7, Act::Kick, 4),
        (8, Act::Kick, 4),
        (9, Act::Ban, 5),
        (10, Act::Mute, 6),
    ] {
        bench.hears(&modded(seq, act, who));
    }
    assert_eq!(roster(&bench), people(&[(6, "fay"), (7, "gus")]));
}

#[test]
fn the_last_page_says_who_is_there_above_its_from() {
    requirement!("RM-13");
    let mut bench = asking();
    bench.hears(&joined(1, 900, "zoe"));
    let last = page(&mut bench, &[(1, "ann")], None);
    bench.hears(&last);
    assert_eq!(roster(&bench), people(&[(1, "ann")]), "and nobody else");
}

#[test]
fn a_page_that_does_not_lead_on_is_a_violation() {
    requirement!("RM-13", "ER-7");
    for (next, leads_on) in [(5, true), (4, false), (3, false)] {
        let mut bench = asking();
        let first = page(&mut bench, &[(4, "dan")], Some(4));
        bench.hears(&first);
        let second = page(&mut bench, &[(5, "eve")], Some(next));
        let actions = bench.hears(&second);
        let ended = actions.iter().any(|action| {
            let violation = Violation::Page { from: 4, next };
            let reason = EndReason::Violated(violation);
            *action == parlance_proto::client::Action::Ended { reason }
        });
        assert_eq!(ended, !leads_on, "next {next}");
    }
}

#[test]
fn what_events_up_to_the_welcome_say_of_topic_and_count_is_old() {
    requirement!("RM-17");
    let titled = |seq, topic: &str| {
        Message::Titled(Titled {
            seq,
            at: 0,
            member: 2,
            session: 90,
            id: 1,
            topic: Some(topic.to_owned()),
        })
    };
    let mut bench = Bench::new(true);
    bench.let_in(Welcome {
        topic: Some("now".to_owned()),
        members: 9,
        start: 1,
        head: 4,
        ..welcome()
    });
    let seen = |bench: &Bench| {
        let client = bench.client();
        (client.topic().map(str::to_owned), client.roster().count())
    };
    bench.hears(&titled(2, "then"));
    bench.hears(&joined(3, 7, "gus"));
    bench.hears(&left(4, 7));
    assert_eq!(seen(&bench), (Some("now".to_owned()), 9));
    bench.hears(&titled(5, "later"));
    assert_eq!(seen(&bench), (Some("later".to_owned()), 9));
    bench.hears(&joined(6, 7, "gus"));
    assert_eq!(seen(&bench), (Some("later".to_owned()), 5));
}
