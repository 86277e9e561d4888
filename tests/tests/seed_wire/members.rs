//! Members of the seed's wire beside native ones, as the machine has them.

use parlance_proto::legacy::{Kind, PIECE, TEXT, Width, write_frame};
use parlance_proto::room::KeyHash;
use parlance_proto::wire::{Act, Message, SayKind};
use parlance_tests::requirement;
use parlance_tests::rig::{Room, guest, moderate, nick, say, topic};

use crate::rig::{Member, capture, near, room, room_with, texts};

/// The recorded chat, said again to our server by the same bytes: what comes back is what the seed's
/// server sent, but for the two things that it should not have done.
#[test]
fn the_recorded_sessions_get_the_recorded_answers() {
    requirement!("LG-4", "LG-6", "LG-7");
    let mut room = room();
    let c2s = |name: &str| {
        let bytes = capture(&format!("session_{name}_c2s"));
        let each = texts(&bytes, Width::Wide).into_iter().map(|(kind, text)| {
            let mut frame = Vec::new();
            write_frame(&text, Width::Wide, kind, &mut frame);
            frame
        });
        each.collect::<Vec<_>>()
    };
    let names = ["alice", "bob", "xiaoming", "long", "empty"];
    let frames = names.map(c2s);
    let mut got: [Vec<u8>; 5] = std::array::from_fn(|_| Vec::new());
    let mut conns = Vec::new();
    // Who says his which frame; `None`: he ends his stream.
    let script = [
        (0, Some(0)),
        (1, Some(0)),
        (2, Some(0)),
        (0, Some(1)),
        (1, Some(1)),
        (2, Some(1)),
        (0, Some(2)),
        (0, Some(3)),
        (0, Some(4)),
        (0, Some(5)),
        (0, Some(6)),
        (1, None),
        (3, Some(0)),
        (3, Some(1)),
        (3, Some(2)),
        (3, None),
        (4, Some(0)),
        (4, Some(1)),
    ];
    for (who, what) in script {
        if what == Some(0) {
            conns.push(room.accept_from(near()));
        }
        match what {
            Some(n) => room.receive(conns[who], &frames[who][n]),
            None => room.end(conns[who]),
        }
        for (conn, got) in conns.iter().zip(&mut got) {
            got.extend(room.take(*conn).0);
        }
    }
    for (name, got) in names.iter().zip(got) {
        let expected = capture(&format!("session_{name}_s2c"));
        // [LG-4] ESC is not handed on; its sender is told so.
        let clean = |all: Vec<(Kind, String)>| {
            let all = all.into_iter().map(|(_, text)| text);
            all.filter(|text| !text.contains('\u{1b}') && !text.contains("U+001B"))
                .collect::<Vec<_>>()
        };
        let (expected, got) = (
            clean(texts(&expected, Width::Wide)),
            texts(&got, Width::Wide),
        );
        let refused = got.iter().any(|(_, text)| text.contains("U+001B"));
        assert_eq!(refused, *name == "alice", "{got:?}");
        // [LG-6] What is too long for one segment comes in several.
        let mut joined: Vec<String> = Vec::new();
        for text in clean(got) {
            let prefix = "\n#[long@127.0.0.1]>>";
            match (text.strip_prefix(prefix), joined.last_mut()) {
                (Some(more), Some(last))
                    if last.starts_with(prefix) && last.len() < prefix.len() + 5_000 =>
                {
                    last.push_str(more);
                }
                _ => joined.push(text),
            }
        }
        assert_eq!(joined, expected, "{name}");
    }
}

#[test]
fn every_member_is_answered_in_its_own_width_and_kind_in_one_room_with_native_ones() {
    requirement!("LG-5", "LG-7");
    let mut room = room();
    let native = room.guest("native");
    let mut members = Vec::new();
    for (n, width) in [Width::Wide, Width::Narrow].into_iter().enumerate() {
        for (m, kind) in [Kind::Str, Kind::Unicode].into_iter().enumerate() {
            members.push(Member::join(&mut room, &format!("小{n}{m}"), width, kind));
        }
    }
    for member in &members {
        member.hear(&mut room);
    }
    room.heard(native);
    room.send(native, &say(1, 0, "你好 😀"));
    for member in &members {
        assert_eq!(member.hear(&mut room), ["\n#[native@hidden]>>你好 😀"]);
    }
    members[1].say(&mut room, "it's \"me\" \\");
    for (n, member) in members.iter().enumerate() {
        let heard = member.hear(&mut room);
        match n {
            1 => assert!(heard.is_empty(), "no echo: {heard:?}"),
            _ => assert_eq!(heard, ["\n#[小01@127.0.0.1]>>it's \"me\" \\"]),
        }
    }
    let heard = room.heard(native);
    let mut said = heard.iter().filter_map(|message| match message {
        Message::Said(said) => Some((said.name.clone(), said.text.clone())),
        _ => None,
    });
    let text = "it's \"me\" \\".to_owned();
    assert_eq!(said.next_back(), Some(("小01".to_owned(), Some(text))));
    // A leave is one for all, and the count is what is there.
    room.end(members[0].conn);
    assert_eq!(
        members[1].hear(&mut room),
        ["\n(客户端离开: 小00@127.0.0.1)"]
    );
    let late = Member::wide(&mut room, "late");
    assert_eq!(
        members[1].hear(&mut room),
        ["\n(新客户端连接: (5) from late@127.0.0.1)"]
    );
    assert!(late.hear(&mut room).is_empty());
}

#[test]
fn what_only_native_members_have_becomes_a_short_line() {
    requirement!("LG-7");
    let mut room = room();
    let native = room.guest("native");
    let seed = Member::wide(&mut room, "seed");
    room.send(native, &topic(1, 0, "news"));
    room.send(native, &nick(2, 1, "other"));
    room.send(native, &named_action(3, 2));
    // No line can pass for a notice, or for another's words.
    room.send(
        native,
        &say(4, 3, "one\n(新客户端连接: (9) from eve@x)\n#[eve@x]>>hi"),
    );
    assert_eq!(
        seed.hear(&mut room),
        [
            "\n(话题: news)",
            "\n(native 改名为 other)",
            "\n#[other@hidden]>>* waves",
            "\n#[other@hidden]>>one\n    (新客户端连接: (9) from eve@x)\n    #[eve@x]>>hi",
        ]
    );
    for act in Act::ALL {
        let modded = parlance_proto::wire::Modded {
            seq: 1,
            at: 1,
            member: 1,
            session: 1,
            id: 1,
            act: *act,
            who: None,
            secs: None,
            why: Some("spam".to_owned()),
        };
        let event = parlance_proto::wire::Event::Modded(modded);
        let shown = parlance_proto::legacy::words::event(&event, None, None, Kind::Str);
        assert!(
            shown[0].starts_with("\n(") && shown[0].ends_with(": spam)"),
            "{shown:?}"
        );
    }
}

fn named_action(id: u64, after: u64) -> Message {
    match say(id, after, "waves") {
        Message::Say(say) => Message::Say(parlance_proto::wire::Say {
            kind: SayKind::Action,
            ..say
        }),
        other => other,
    }
}

#[test]
fn texts_of_every_length_arrive_whole_in_small_frames() {
    requirement!("LG-2", "LG-6");
    for kind in [Kind::Str, Kind::Unicode] {
        for letter in ["x", "中"] {
            let mut room = room();
            let native = room.guest("native");
            let speaker = Member::join(&mut room, "speaker", Width::Wide, kind);
            let hearer = Member::join(&mut room, "hearer", Width::Narrow, kind);
            speaker.hear(&mut room);
            for bytes in [1, 2, 255, 256, 5_000, TEXT] {
                let text = letter.repeat((bytes / letter.len()).max(1));
                speaker.say(&mut room, &text);
                let (bytes, _) = room.take(hearer.conn);
                let mut heard = String::new();
                for (_, piece) in texts(&bytes, Width::Narrow) {
                    let mut frame = Vec::new();
                    write_frame(&piece, Width::Narrow, kind, &mut frame);
                    assert!(frame.len() <= PIECE + 4, "{}", frame.len());
                    heard.push_str(piece.strip_prefix("\n#[speaker@127.0.0.1]>>").expect("who"));
                }
                assert_eq!(heard, text);
            }
            room.heard(native);
            // One past the limit: its sender is told, and is gone; nobody else notices more.
            speaker.say(&mut room, &"x".repeat(TEXT + 1));
            let (last, ended) = speaker.hear_all(&mut room);
            assert!(ended && last == ["\n(the text is too long)"], "{last:?}");
            assert_eq!(
                hearer.hear(&mut room),
                ["\n(客户端离开: speaker@127.0.0.1)"]
            );
            // The empty text is a leave, as ever.
            hearer.say(&mut room, "");
            assert_eq!(hearer.hear_all(&mut room), (vec![], true));
        }
    }
}

/// Every refusal: the welcome, the reason, the end, so that no old client dies of it.
#[test]
fn a_refusal_is_a_welcome_a_reason_and_the_end() {
    requirement!("LG-8");
    let mut room = room();
    room.log_in(&guest("taken"));
    let refused = [
        ("NAME: taken", "the name is taken"),
        ("NAME: server", "the name is the server's"),
        ("NAME: ", "the name is empty"),
        ("NAME: two\nlines", "U+000A"),
        ("NAME: a@b", "U+0040"),
        ("NAME: a]>>b", "U+005D"),
        ("NAME: [a", "U+005B"),
        ("NAME: \u{1b}2J", "U+001B"),
        ("NAME: xNAME: y", ""),
        ("hello", "NAME:"),
        ("", "NAME:"),
        ("xNAME: y", "NAME:"),
    ];
    for (first, why) in refused {
        for (width, kind) in [(Width::Wide, Kind::Str), (Width::Narrow, Kind::Unicode)] {
            let member = Member::connect(&mut room, width, kind);
            member.say(&mut room, first);
            let (heard, ended) = member.hear_all(&mut room);
            if why.is_empty() {
                // The marker is taken once, at the start: what follows is a name like any other.
                assert!(!ended && heard.len() == 1, "{first}: {heard:?}");
                room.end(member.conn);
                member.hear(&mut room);
                continue;
            }
            assert!(ended, "{first}");
            assert_eq!(heard[0], "CLIENT: 127.0.0.1", "{first}");
            assert!(
                heard[1].starts_with("\n(") && heard[1].contains(why),
                "{heard:?}"
            );
            assert_eq!(heard.len(), 2);
        }
    }
    // A name of the limit, and one past it.
    for (len, comes_in) in [(32, true), (33, false), (300, false)] {
        let member = Member::connect(&mut room, Width::Wide, Kind::Str);
        member.say(&mut room, &format!("NAME: {}", "n".repeat(len)));
        let (heard, ended) = member.hear_all(&mut room);
        assert_eq!(
            (heard.len(), ended),
            if comes_in { (1, false) } else { (2, true) },
            "{len}"
        );
    }
    // A native member has the same words on its own wire.
    let native = room.accept();
    room.send(native, &guest("taken"));
    assert!(matches!(room.heard(native)[..], [Message::Bye(_)]));
}

/// [X8] The same moderators, the same acts: mute, kick, a ban of the address, and a text that is taken away.
#[test]
fn moderation_holds_for_members_of_the_seeds_wire() {
    requirement!("LG-8", "LG-9");
    let mut room = room_with(|config| {
        config.operators.insert(KeyHash::of(&[0x44; 32]));
    });
    let alice = room.with_alice();
    let eve = Member::wide(&mut room, "eve");
    let bob = Member::join(&mut room, "bob", Width::Narrow, Kind::Unicode);
    eve.hear(&mut room);
    let number = |room: &Room, name: &str| {
        let (_, fold) = room.server().rooms().next().expect("the lobby");
        let mut all = fold.members_after(0);
        all.find(|(_, who)| who.name.as_str() == name)
            .map(|(number, _)| number)
    };
    let who = number(&room, "eve");
    assert!(who.is_some());
    room.send(alice, &moderate(1, Act::Mute, who, None));
    eve.hear(&mut room);
    eve.say(&mut room, "hello?");
    assert_eq!(eve.hear(&mut room), ["\n(you are muted)"]);
    assert_eq!(bob.hear(&mut room), ["\n(eve 被禁言)"]);
    room.send(alice, &moderate(2, Act::Unmute, who, None));
    eve.hear(&mut room);
    eve.say(&mut room, "hello");
    assert_eq!(
        bob.hear(&mut room),
        ["\n(eve 的禁言已解除)", "\n#[eve@127.0.0.1]>>hello"]
    );
    room.send(alice, &moderate(3, Act::Kick, who, None));
    let (last, ended) = eve.hear_all(&mut room);
    assert!(
        ended && last.last().is_some_and(|text| text.starts_with("\n(")),
        "{last:?}"
    );
    assert_eq!(bob.hear(&mut room), ["\n(一位成员 被请出)"]);
    let who = number(&room, "bob");
    room.send(alice, &moderate(4, Act::BanAddress, who, None));
    assert_eq!(
        bob.hear_all(&mut room),
        (vec!["\n(bob 被封禁)".to_owned()], false)
    );
    // Who is kept out is told so politely, too.
    let banned = Member::connect(&mut room, Width::Wide, Kind::Str);
    banned.say(&mut room, "NAME: another");
    let (heard, ended) = banned.hear_all(&mut room);
    assert!(
        ended && heard.len() == 2 && heard[0] == "CLIENT: 127.0.0.1",
        "{heard:?}"
    );
}
