//! Every example of the specification, as a value and as bytes made by another encoder.

use alloc::vec;
use alloc::vec::Vec;

use super::hex;
use crate::wire::*;

/// Each kind once, in the order of [`Kind::ALL`].
pub(super) fn examples() -> Vec<(Message, Vec<u8>)> {
    let mut examples = from_client();
    examples.extend(from_server());
    examples
        .into_iter()
        .map(|(message, digits)| (message, hex(digits)))
        .collect()
}

/// The examples, and more so that each field that may be null is seen with a value.
pub(super) fn all() -> Vec<(Message, Vec<u8>)> {
    let mut all = examples();
    all.extend(full().into_iter().map(|(m, digits)| (m, hex(digits))));
    all
}

fn from_client() -> Vec<(Message, &'static str)> {
    vec![
        (
            Login {
                versions: vec![1],
                name: "alice".into(),
                room: "lobby".into(),
                history: 50,
                identity: None,
                resume: None,
                proof: None,
                agent: None,
            }
            .into(),
            "89644e414d45810165616c696365656c6f6262791832f6f6f6f6",
        ),
        (
            Say {
                id: 7,
                after: 6,
                kind: SayKind::Say,
                re: None,
                text: "hi".into(),
            }
            .into(),
            "8663534159070663736179f6626869",
        ),
        (
            Nick {
                id: 8,
                after: 7,
                name: "alicia".into(),
            }
            .into(),
            "84644e49434b080766616c69636961",
        ),
        (
            SetTopic {
                id: 9,
                after: 8,
                topic: Some("standup at ten".into()),
            }
            .into(),
            "8465544f50494309086e7374616e6475702061742074656e",
        ),
        (
            Mod {
                id: 10,
                after: 9,
                act: Act::Mute,
                who: Some(4),
                secs: Some(600),
                why: None,
            }
            .into(),
            "87634d4f440a09646d75746504190258f6",
        ),
        (
            Tell {
                reference: 1,
                to: 4,
                text: "psst".into(),
            }
            .into(),
            "846454454c4c01046470737374",
        ),
        (
            Who {
                reference: 2,
                from: 0,
            }
            .into(),
            "836357484f0200",
        ),
        (Ping { nonce: 5 }.into(), "826450494e4705"),
        (Pong { nonce: 5 }.into(), "8264504f4e4705"),
        (Quit { why: None }.into(), "826451554954f6"),
    ]
}

fn from_server() -> Vec<(Message, &'static str)> {
    vec![
        (
            Welcome {
                version: 1,
                you: You {
                    member: 12,
                    session: 3,
                    name: "alice".into(),
                    addr: Some("127.0.0.1".into()),
                },
                room: "lobby".into(),
                topic: None,
                members: 2,
                epoch: 4242,
                start: 90,
                head: 140,
                acked: 6,
                limits: Granted {
                    frame: 20480,
                    text: 16384,
                    window: 64,
                    rate: 100,
                    burst: 200,
                },
                keepalive: 30,
            }
            .into(),
            "8c66434c49454e5401840c0365616c696365693132372e302e302e31656c6f626279f602191092185a\
             188c06851950001940001840186418c8181e",
        ),
        (
            Said {
                seq: 141,
                at: 0x019a_b697_e800,
                member: 12,
                session: 3,
                id: 7,
                name: "alice".into(),
                kind: SayKind::Say,
                re: None,
                text: Some("hi".into()),
            }
            .into(),
            "8a6453414944188d1b0000019ab697e8000c030765616c69636563736179f6626869",
        ),
        (
            Joined {
                seq: 142,
                at: 0x019a_b697_e9f4,
                member: 13,
                session: 4,
                id: 0,
                name: "bob".into(),
                host: Some("127.0.0.1".into()),
                members: 3,
            }
            .into(),
            "89664a4f494e4544188e1b0000019ab697e9f40d040063626f62693132372e302e302e3103",
        ),
        (
            Left {
                seq: 143,
                at: 0x019a_b697_ebe8,
                member: 13,
                session: 4,
                id: 0,
                name: "bob".into(),
                host: Some("127.0.0.1".into()),
                members: 2,
                why: None,
            }
            .into(),
            "8a644c454654188f1b0000019ab697ebe80d040063626f62693132372e302e302e3102f6",
        ),
        (
            Renamed {
                seq: 144,
                at: 0x019a_b697_efd0,
                member: 12,
                session: 3,
                id: 8,
                old: "alice".into(),
                new: "alicia".into(),
            }
            .into(),
            "886752454e414d454418901b0000019ab697efd00c030865616c69636566616c69636961",
        ),
        (
            Titled {
                seq: 145,
                at: 0x019a_b697_f3b8,
                member: 12,
                session: 3,
                id: 9,
                topic: Some("standup at ten".into()),
            }
            .into(),
            "87665449544c454418911b0000019ab697f3b80c03096e7374616e6475702061742074656e",
        ),
        (
            Modded {
                seq: 146,
                at: 0x019a_b697_f7a0,
                member: 12,
                session: 3,
                id: 10,
                act: Act::Mute,
                who: Some(4),
                secs: Some(600),
                why: None,
            }
            .into(),
            "8a664d4f4444454418921b0000019ab697f7a00c030a646d75746504190258f6",
        ),
        (
            Told {
                from: 12,
                to: 4,
                name: "alicia".into(),
                text: "psst".into(),
                reference: Some(1),
            }
            .into(),
            "8664544f4c440c0466616c69636961647073737401",
        ),
        (
            Members {
                reference: 2,
                list: vec![
                    Listed {
                        member: 4,
                        name: "carol".into(),
                        host: None,
                        flags: Listed::ANNOUNCED,
                    },
                    Listed {
                        member: 12,
                        name: "alicia".into(),
                        host: Some("127.0.0.1".into()),
                        flags: Listed::ANNOUNCED | Listed::OPERATOR,
                    },
                ],
                next: None,
            }
            .into(),
            "84674d454d4245525302828404656361726f6cf601840c66616c69636961693132372e302e302e3103f6",
        ),
        (
            Gap {
                from: 1,
                to: 89,
                why: GapWhy::Trimmed,
                acked: 6,
                topic: None,
                members: 2,
            }
            .into(),
            "8763474150011859677472696d6d656406f602",
        ),
        (
            Refused {
                id: Some(7),
                reference: None,
                code: ErrorCode::Muted,
                text: "you are muted for 10 minutes".into(),
            }
            .into(),
            "85654552524f5207f6656d75746564781c796f7520617265206d7574656420666f72203130206d696e\
             75746573",
        ),
        (
            Bye {
                code: ByeCode::SHUTDOWN,
                text: "the server is going down".into(),
                retry: Some(3),
            }
            .into(),
            "84634259456873687574646f776e78187468652073657276657220697320676f696e6720646f776e03",
        ),
    ]
}

/// Bytes written out by hand from RFC 8949.
fn full() -> Vec<(Message, &'static str)> {
    vec![
        (
            Login {
                versions: vec![3, 1],
                name: "élan".into(),
                room: "r".into(),
                history: 0,
                identity: Some(Identity {
                    key: [0xa5; 32],
                    session: [0x5a; 16],
                    attempt: 256,
                }),
                resume: Some(Resume { epoch: 0, since: 9 }),
                proof: Some(vec![0, 255]),
                agent: Some("p 1".into()),
            }
            .into(),
            "89 64 4e414d45 82 03 01 65 c3a96c616e 61 72 00 \
             83 5820 a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5 \
             50 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a 190100 82 00 09 42 00ff 63 702031",
        ),
        (
            Mod {
                id: 1,
                after: 0,
                act: Act::BanAddress,
                who: None,
                secs: None,
                why: Some("spam".into()),
            }
            .into(),
            "87 63 4d4f44 01 00 6b 62616e2d61646472657373 f6 f6 64 7370616d",
        ),
        (
            Said {
                seq: 1,
                at: 2,
                member: 3,
                session: 4,
                id: 5,
                name: "a".into(),
                kind: SayKind::Notice,
                re: Some(23),
                text: None,
            }
            .into(),
            "8a 64 53414944 01 02 03 04 05 61 61 66 6e6f74696365 17 f6",
        ),
        (
            Bye {
                code: ByeCode::new("later-than-us").unwrap(),
                text: "".into(),
                retry: None,
            }
            .into(),
            "84 63 425945 6d 6c617465722d7468616e2d7573 60 f6",
        ),
    ]
}

#[test]
fn every_example_is_these_bytes_and_back() {
    for (message, bytes) in all() {
        assert_eq!(encode(&message).as_ref(), Ok(&bytes), "{message:?}");
        assert_eq!(decode(&bytes).as_ref(), Ok(&message));
    }
}

#[test]
fn examples_are_of_every_kind_and_kinds_have_their_tags() {
    let kinds: Vec<Kind> = examples().iter().map(|(m, _)| m.kind()).collect();
    assert_eq!(kinds, Kind::ALL);
    for (message, bytes) in examples() {
        let tag = message.kind().tag();
        assert_eq!(&bytes[2..2 + tag.len()], tag.as_bytes());
        assert_eq!(Kind::from_word(tag), Some(message.kind()));
    }
}

#[test]
fn each_kind_has_its_side_and_two_have_both() {
    let client: Vec<Kind> = from_client().iter().map(|(m, _)| m.kind()).collect();
    let server: Vec<Kind> = from_server().iter().map(|(m, _)| m.kind()).collect();
    for kind in Kind::ALL {
        assert_eq!(kind.is_from_client(), client.contains(kind), "{kind}");
        let both = matches!(kind, Kind::Ping | Kind::Pong);
        assert_eq!(
            kind.is_from_server(),
            server.contains(kind) || both,
            "{kind}"
        );
    }
}

#[test]
fn a_login_is_told_from_other_wires_by_its_first_byte() {
    assert_eq!(examples()[0].1[0], 0x89);
}

#[test]
fn events_are_messages_and_their_common_fields_are_these() {
    let events: Vec<Event> = examples()
        .into_iter()
        .filter_map(|(message, _)| Event::try_from(message).ok())
        .collect();
    let seqs: Vec<u64> = events.iter().map(Event::seq).collect();
    assert_eq!(seqs, [141, 142, 143, 144, 145, 146]);
    for event in events {
        let whose = (event.member(), event.session(), event.id());
        match event.seq() {
            142 | 143 => assert_eq!(whose, (13, 4, 0)),
            _ => assert_eq!((whose.0, whose.1), (12, 3)),
        }
        assert!(event.at() >= 0x019a_b697_e800);
        assert_eq!(Event::try_from(Message::from(event.clone())), Ok(event));
    }
}

#[test]
fn secrets_are_not_in_debug() {
    let (message, _) = full().swap_remove(0);
    let shown = alloc::format!("{message:?}");
    assert!(shown.contains("(hidden)") && shown.contains("élan"));
    assert!(!shown.contains("165") && !shown.contains("255"), "{shown}");
    let identity = Identity {
        key: [165; 32],
        session: [9; 16],
        attempt: 77,
    };
    let shown = alloc::format!("{identity:?}");
    assert!(shown.starts_with("Identity { key: (hidden), session: [9, 9,"));
    assert!(shown.ends_with("attempt: 77 }"), "{shown}");
}

#[test]
fn an_unknown_code_of_bye_is_read_and_one_of_error_is_not() {
    assert!(!ByeCode::new("later-than-us").unwrap().is_known());
    assert!(ByeCode::ALL.iter().all(ByeCode::is_known));
    assert_eq!(ByeCode::ALL.len(), 20);
    assert_eq!(ErrorCode::ALL.len(), 11);
    let error = "85 65 4552524f52 f6 f6 6d 6c617465722d7468616e2d7573 60";
    assert!(matches!(
        decode(&hex(error)),
        Err(DecodeError::Invalid { .. })
    ));
}
