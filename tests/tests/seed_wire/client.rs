//! The client machine at a server of the seed's wire.

use parlance_proto::client::{
    Action, Client, ClientConfig, EndReason, LineState, LostWhy, SeedWire, Transmit,
};
use parlance_proto::legacy::{Kind, Width, write_frame};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::wire::{Event, SayKind};
use parlance_tests::requirement;

use crate::rig::texts;

const NOW: Instant = Instant::ZERO;

struct Joined {
    client: Client,
    wire: SeedWire,
}

impl Joined {
    fn connect(width: Width, kind: Kind) -> Joined {
        let name = Name::parse("小明").expect("a name");
        let config = ClientConfig {
            reconnect: false,
            ..ClientConfig::new(name, RoomName::lobby())
        };
        let wire = SeedWire {
            width,
            kind,
            origin_ms: 1_000,
        };
        let mut client = Client::new(config, 1, NOW);
        client.set_seed_wire(wire);
        assert_eq!(client.poll(), Some(Action::Connect));
        client.connected(NOW);
        let mut joined = Joined { client, wire };
        assert_eq!(joined.written(), (vec!["NAME: 小明".to_owned()], false));
        joined
    }

    fn written(&mut self) -> (Vec<String>, bool) {
        let (mut bytes, mut shut) = (Vec::new(), false);
        while let Some(item) = self.client.poll_transmit(NOW) {
            match item {
                Transmit::Data(data) => bytes.extend_from_slice(&data),
                Transmit::Shutdown => shut = true,
            }
        }
        let all = texts(&bytes, self.wire.width)
            .into_iter()
            .map(|(kind, text)| {
                assert_eq!(kind, self.wire.kind);
                text
            });
        (all.collect(), shut)
    }

    /// The server says something, in pieces.
    fn hear(&mut self, text: &str) -> Vec<Action> {
        let mut frame = Vec::new();
        write_frame(text, self.wire.width, self.wire.kind, &mut frame);
        for byte in frame {
            self.client.receive(&[byte], NOW);
        }
        self.actions()
    }

    fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.client.poll()).collect()
    }
}

fn said(actions: &[Action]) -> Vec<(String, SayKind, String)> {
    let events = actions.iter().filter_map(|action| match action {
        Action::Event(Event::Said(said)) => Some(said),
        _ => None,
    });
    events
        .map(|said| {
            (
                said.name.clone(),
                said.kind,
                said.text.clone().unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn a_client_speaks_what_it_is_told_to_and_shows_what_comes() {
    requirement!("LG-10");
    for (width, kind) in [(Width::Wide, Kind::Str), (Width::Narrow, Kind::Unicode)] {
        let mut joined = Joined::connect(width, kind);
        let welcome = joined.hear("CLIENT: 127.0.0.1");
        assert!(
            welcome
                .iter()
                .any(|action| matches!(action, Action::Welcome { .. })),
            "{welcome:?}"
        );
        assert_eq!(
            joined.client.me().and_then(|me| me.addr.as_deref()),
            Some("127.0.0.1")
        );
        assert_eq!(
            joined.written(),
            (vec![], false),
            "nothing but texts is written"
        );
        for (notice, count) in [
            ("\n(新客户端连接: (3) from bob@10.0.0.1)", 3),
            ("\n(Connected: New client (4) from eve@10.0.0.2)", 4),
        ] {
            let actions = joined.hear(notice);
            let events = actions.iter().any(|action| {
                matches!(action, Action::Event(Event::Joined(joined)) if joined.members == count)
            });
            assert!(events, "{actions:?}");
        }
        let heard = joined.hear("\n#[bob@10.0.0.1]>>a]>>b");
        assert_eq!(said(&heard), [("bob".into(), SayKind::Say, "a]>>b".into())]);
        // Who was there before us is in no roster.
        let heard = joined.hear("\n#[old@10.0.0.3]>>hi");
        assert_eq!(
            said(&heard),
            [("old@10.0.0.3".into(), SayKind::Say, "hi".into())]
        );
        let left = joined.hear("\n(客户端离开: bob@10.0.0.1)");
        assert!(
            left.iter()
                .any(|action| matches!(action, Action::Event(Event::Left(_))))
        );
        // What has no known form is shown as it is.
        let heard = joined.hear("any words");
        assert_eq!(
            said(&heard),
            [("server".into(), SayKind::Notice, "any words".into())]
        );

        let text = Text::parse("it's 你好").expect("a text");
        joined
            .client
            .say(SayKind::Say, None, text, NOW)
            .expect("taken");
        joined
            .client
            .nick(Name::parse("other").expect("a name"), NOW)
            .expect("taken");
        assert_eq!(joined.written().0, ["it's 你好"]);
        let actions = joined.actions();
        assert_eq!(
            said(&actions),
            [("小明".into(), SayKind::Say, "it's 你好".into())]
        );
        let states: Vec<bool> = actions
            .iter()
            .filter_map(|action| match action {
                Action::Line { state, .. } => Some(*state == LineState::Sent),
                _ => None,
            })
            .collect();
        assert_eq!(
            states,
            [true, false],
            "a text is sent, another name is not to be had"
        );
        let long = Text::parse(&"x".repeat(4_096)).expect("a text");
        assert!(joined.client.say(SayKind::Say, None, long, NOW).is_err());

        // Leaving is the end of the stream, after all that was written.
        joined.client.quit(None, NOW);
        assert_eq!(joined.written(), (vec![], true));
        joined.client.receive_eof(NOW);
        let ended = joined.actions();
        let quit = Action::Ended {
            reason: EndReason::Quit,
        };
        assert!(ended.contains(&quit), "{ended:?}");
    }
}

#[test]
fn what_is_no_welcome_is_a_refusal_and_what_is_no_text_a_fault() {
    requirement!("LG-10");
    let mut joined = Joined::connect(Width::Wide, Kind::Str);
    let refused = joined.hear("\n(no place)");
    let is_bye = |action: &Action| matches!(action, Action::Ended { reason: EndReason::Bye(bye) } if bye.text.contains("no place"));
    assert!(refused.iter().any(is_bye), "{refused:?}");

    let mut joined = Joined::connect(Width::Wide, Kind::Str);
    joined.client.receive_eof(NOW);
    let lost = Action::Ended {
        reason: EndReason::Lost(LostWhy::Eof),
    };
    assert!(joined.actions().contains(&lost));

    // What would be run by the programs of the seed: here it ends the link.
    let body = b"cos\nsystem\n(S'true'\ntR.";
    let mut joined = Joined::connect(Width::Wide, Kind::Str);
    joined.hear("CLIENT: 127.0.0.1");
    joined.client.receive(
        &[
            0,
            0,
            0,
            u8::try_from(body.len()).expect("short"),
            0,
            0,
            0,
            0,
        ],
        NOW,
    );
    joined.client.receive(body, NOW);
    let ended = joined.actions();
    let is_fault = |action: &Action| {
        matches!(
            action,
            Action::Ended {
                reason: EndReason::Violated(_)
            }
        )
    };
    assert!(ended.iter().any(is_fault), "{ended:?}");
}
