//! What SPEC.md asks of whoever runs the machines: how a key is derived and whom it is shown to, and what of a peer's
//! words reaches a screen.

use std::process::Command;

use parlance::cli::value::Place;
use parlance::client::connector::Connector;
use parlance::client::render::Renderer;
use parlance::client::{Login, json};
use parlance::identity::{ServerId, derive_key};
use parlance::link::Secret;
use parlance::printable::Printable;
use parlance::state::MasterKey;
use parlance::trust::Way;
use parlance_proto::client::{Roster, Transmit};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::wire::{
    self, Act, Event, Identity, Joined, Left, Message, Modded, Renamed, Said, SayKind, Titled, Told,
};
use parlance_tests::requirement;
use parlance_tests::rig::{Room, nick, say, topic};

#[test]
fn a_key_is_of_the_secret_the_server_and_the_name() {
    requirement!("HS-15");
    let key = |master: u8, port: u16, name: &str| {
        derive_key(
            &MasterKey::new([master; 32]),
            ServerId::Loopback { port },
            name,
        )
    };
    let all = [
        key(7, 8800, "alice"),
        key(8, 8800, "alice"),
        key(7, 8801, "alice"),
        key(7, 880, "0alice"),
        key(7, 8800, "bob"),
        key(7, 8800, "Alice"),
        [7; 32],
    ];
    for (n, one) in all.iter().enumerate() {
        assert_eq!(all.iter().filter(|other| *other == one).count(), 1, "{n}");
    }
    assert_eq!(key(7, 8800, "alice"), all[0], "and of nothing else");
}

/// Where the child process of [`an_identity_goes_to_loopback_alone`] finds its secret.
const STATE: &str = "XDG_STATE_HOME";
/// Tells the test that it is the child process.
const CHILD: &str = "PARLANCE_TEST_CHILD";

/// In a process of its own, since where the secret is kept stands in the environment.
#[test]
fn an_identity_goes_to_loopback_alone() {
    if std::env::var_os(CHILD).is_some() {
        return identities();
    }
    requirement!("HS-15", "HS-17", "HS-24");
    let state = tempfile::tempdir().expect("a folder");
    let test = std::env::current_exe().expect("this program");
    let child = Command::new(test)
        .args(["--exact", "an_identity_goes_to_loopback_alone"])
        .env(STATE, state.path())
        .env(CHILD, "1")
        .output()
        .expect("this program runs");
    assert!(child.status.success(), "{child:?}");
    assert!(state.path().join("parlance").is_dir(), "it did run");
}

fn identities() {
    for host in [
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "localhost",
        "::ffff:127.0.0.1",
    ] {
        assert!(identity(host, 8800, "alice").is_some(), "{host}");
    }
    for host in [
        "192.0.2.1",
        "0.0.0.0",
        "::",
        "::2",
        "example.org",
        "localhost.example.org",
    ] {
        assert_eq!(identity(host, 8800, "alice"), None, "{host}");
    }
    let key = |port, name| identity("127.0.0.1", port, name).expect("an identity");
    let first = key(8800, "alice");
    let again = key(8800, "alice");
    assert_eq!((first.key, first.attempt, again.attempt), (again.key, 1, 1));
    assert_ne!(first.session, again.session, "two running clients");
    assert_ne!(first.key, key(8801, "alice").key);
    assert_ne!(first.key, key(8800, "bob").key);
}

/// What a client of that place says of who it is; no link is opened.
fn identity(host: &str, port: u16, name: &str) -> Option<Identity> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let _guard = runtime.enter();
    let mut connector = Connector::new(Login {
        place: Place {
            host: host.to_owned(),
            port,
        },
        way: Way::Clear,
        name: Name::parse(name).expect("a name"),
        room: RoomName::lobby(),
        history: 0,
        resume: None,
        invite: Some(Secret::new([7; 16])),
        key: None,
        reconnect: false,
    })
    .expect("a client");
    let written = connector.with(|client, now| {
        client.connected(now);
        client.poll_transmit(now)
    });
    let Some(Transmit::Data(bytes)) = written else {
        panic!("NAME, and not {written:?}")
    };
    match wire::decode(&bytes[4..]) {
        Ok(Message::Name(name)) => {
            // [HS-24] an invitation goes where an identity does.
            let shown = name.proof.as_deref() == Some(&[7; 16]);
            assert_eq!(shown, name.identity.is_some(), "{host}");
            assert_eq!(name.proof.is_some(), shown);
            name.identity
        }
        other => panic!("NAME, and not {other:?}"),
    }
}

/// Whether a terminal could do with it anything but show it in its place: the controls of ISO 6429, the separators, and
/// what changes direction. A list of its own, and not that of the program.
fn acts(c: char) -> bool {
    matches!(
        u32::from(c),
        0..=0x1f | 0x7f..=0x9f | 0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x206f
    )
}

/// What a hostile server may put into any field: a screen cleared, a title and a clipboard set, the line overwritten
/// and begun anew, and the direction changed.
const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}]52;c;eA==\u{9c}\u{9b}1A\r\u{8}\u{b}\u{c}\u{85}\u{2028}\u{2029}\u{202e}\u{2066}\u{200f}\u{61c}\u{7f}z";

/// Every character that acts, between two that are shown.
fn hostile() -> String {
    let acting = ('\0'..='\u{20ff}').filter(|c| acts(*c));
    HOSTILE.chars().chain(acting).chain("end".chars()).collect()
}

#[test]
fn nothing_that_is_shown_acts_on_a_terminal() {
    requirement!("TX-7");
    let h = hostile();
    let head = (1, 0, 5, 6, 7);
    let (seq, at, member, session, id) = head;
    let said = |kind, text| {
        let (name, re) = (h.clone(), None);
        Event::Said(Said {
            seq,
            at,
            member,
            session,
            id,
            name,
            kind,
            re,
            text,
        })
    };
    let host = Some(h.clone());
    let (act, who, secs) = (Act::Kick, Some(5), Some(1));
    let events = [
        said(SayKind::Say, Some(h.clone())),
        said(SayKind::Action, Some(h.clone())),
        said(SayKind::Notice, Some(h.clone())),
        said(SayKind::Say, None),
        Event::Joined(Joined {
            seq,
            at,
            member,
            session,
            id,
            name: h.clone(),
            host: host.clone(),
            members: 1,
        }),
        Event::Modded(Modded {
            seq,
            at,
            member,
            session,
            id,
            act,
            who,
            secs,
            why: host.clone(),
        }),
        Event::Titled(Titled {
            seq,
            at,
            member,
            session,
            id,
            topic: host.clone(),
        }),
        Event::Renamed(Renamed {
            seq,
            at,
            member,
            session,
            id,
            old: h.clone(),
            new: h.clone(),
        }),
        Event::Left(Left {
            seq,
            at,
            member,
            session,
            id,
            name: h.clone(),
            host: host.clone(),
            members: 1,
            why: host,
        }),
    ];
    let mut renderer = Renderer::new();
    let roster = Roster::default();
    for event in &events {
        let shown = renderer.event(event, &roster);
        assert_safe(shown.as_str());
        let json = json::event(event);
        let mut chars = json.as_str().chars();
        assert!(!chars.any(char::is_control), "{json:?} is one line");
        assert_safe(json.as_str());
    }
    let told = |reference| Told {
        from: 5,
        to: 6,
        name: h.clone(),
        text: h.clone(),
        reference,
    };
    assert_safe(renderer.told(&told(None), Some(6), &roster).as_str());
    let told = renderer.told(&told(Some(1)), Some(5), &roster);
    assert_safe(told.as_str());
}

/// Nothing acts but the tab and the newline of a text, and a further line does not pass for the first of another.
fn assert_safe(shown: &str) {
    let acting = shown
        .chars()
        .find(|c| acts(*c) && !matches!(c, '\t' | '\n'));
    assert_eq!(acting, None, "{shown:?}");
    let further = shown.split('\n').skip(1);
    assert!(
        further.clone().all(|line| line.starts_with("    ")),
        "{shown:?}"
    );
    assert!(!shown.contains("title\u{7}") && !shown.contains('\u{1b}'));
}

#[test]
fn what_is_accepted_is_not_altered() {
    requirement!("TX-7", "TX-8");
    let plain = "h\u{e9}llo\t\u{4f60}\u{597d}\n\n \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{645}\u{631}\u{62d}\u{628}\u{627} \u{6f}\u{fe0f} ";
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    let names = ["\u{418}\u{432}\u{430}\u{43d} \u{1f980}", "\u{2764}\u{fe0f}"];
    room.send_all(
        alice,
        &[say(1, 0, plain), topic(2, 1, plain), nick(3, 2, names[0])],
    );
    room.send_all(alice, &[nick(4, 3, names[1]), say(5, 4, " x ")]);
    let told: Vec<Vec<String>> = room.heard(alice).iter().map(words).collect();
    let want: [&[&str]; 5] = [
        &["alice", plain],
        &[plain],
        &["alice", names[0]],
        &[names[0], names[1]],
        &[names[1], " x "],
    ];
    assert_eq!(told, want);
    // A screen shows it as it is, but for where a further line begins.
    // Letters from right to left are kept from what stands beside them.
    let arabic = "\u{645}\u{631}\u{62d}\u{628}\u{627}";
    let last = plain.rsplit('\n').next().expect("a line");
    assert!(last.contains(arabic));
    assert_eq!(
        Printable::text(plain).as_str(),
        plain
            .replace(last, &format!("\u{2068}{last}\u{2069}"))
            .replace('\n', "\n    ")
    );
    for name in names {
        assert_eq!(Printable::name(name).as_str(), name);
    }
}

/// The strings that people wrote in an event.
fn words(message: &Message) -> Vec<String> {
    let words: Vec<Option<String>> = match message.clone() {
        Message::Said(said) => vec![Some(said.name), said.text],
        Message::Titled(titled) => vec![titled.topic],
        Message::Renamed(renamed) => vec![Some(renamed.old), Some(renamed.new)],
        other => panic!("no word for {other:?}"),
    };
    words.into_iter().flatten().collect()
}
