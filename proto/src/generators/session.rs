//! Whole sessions, as a correct client sends them.

use alloc::string::String;
use alloc::vec::Vec;

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, any};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy, Union};

use crate::wire::{
    Identity, Login, Message, Nick, Ping, Pong, Quit, Resume, Say, SayKind, SetTopic, Tell,
    VERSION, Who, encode_frame,
};

/// All that one client sends on one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `NAME` first and `QUIT` last; lines between them count up from 1, each after the one
    /// before.
    pub messages: Vec<Message>,
}

impl Session {
    /// The messages as frames, one after another.
    #[must_use]
    pub fn bytes(&self) -> BytesMut {
        let mut bytes = BytesMut::new();
        for message in &self.messages {
            // All that is generated is within its limits.
            let _ = encode_frame(message, &mut bytes);
        }
        bytes
    }
}

/// A session that a server has no fault to find with: legal names and texts, `NAME` first and
/// once, the lines numbered as they must be by a client that has seen none refused, `QUIT` last.
///
/// There is no `MOD` in it (which may be refused for reasons of rank), no `re` (the room may have
/// no such event), and `TELL` goes to any number, so that an answer to it may be an `ERROR`.
pub fn session() -> BoxedStrategy<Session> {
    (login(), vec(step(), 0..40), option::of(text(60)))
        .prop_map(|(login, steps, why)| {
            let mut messages = Vec::from([Message::Name(login)]);
            let mut id = 0_u64;
            for step in steps {
                let after = id;
                if step.is_line() {
                    id = id.saturating_add(1);
                }
                messages.push(step.message(id, after));
            }
            messages.push(Quit { why }.into());
            Session { messages }
        })
        .boxed()
}

/// What a client does, not yet numbered.
#[derive(Clone, Debug)]
enum Step {
    Say(SayKind, String),
    Nick(String),
    Topic(Option<String>),
    Tell(u64, u64, String),
    Who(u64, u64),
    Ping(u64),
    Pong(u64),
}

impl Step {
    const fn is_line(&self) -> bool {
        matches!(self, Self::Say(..) | Self::Nick(_) | Self::Topic(_))
    }

    fn message(self, id: u64, after: u64) -> Message {
        match self {
            Self::Say(kind, text) => Message::Say(Say {
                id,
                after,
                kind,
                re: None,
                text,
            }),
            Self::Nick(name) => Message::Nick(Nick { id, after, name }),
            Self::Topic(topic) => Message::Topic(SetTopic { id, after, topic }),
            Self::Tell(reference, to, text) => Message::Tell(Tell {
                reference,
                to,
                text,
            }),
            Self::Who(reference, from) => Message::Who(Who { reference, from }),
            Self::Ping(nonce) => Message::Ping(Ping { nonce }),
            Self::Pong(nonce) => Message::Pong(Pong { nonce }),
        }
    }
}

fn step() -> BoxedStrategy<Step> {
    let said = Union::new_weighted([(7, text(200)), (1, text(16_000))].into());
    let say = (any::<SayKind>(), said).prop_map(|(kind, text)| Step::Say(kind, text));
    let tell = (0_u64..100, 1_u64..20, text(200)).prop_map(|(r, to, text)| Step::Tell(r, to, text));
    let who = (0_u64..100, 0_u64..20).prop_map(|(r, from)| Step::Who(r, from));
    let topic = option::of(text(500)).prop_map(Step::Topic);
    Union::new_weighted(
        [
            (6, say.boxed()),
            (1, name().prop_map(Step::Nick).boxed()),
            (1, topic.boxed()),
            (1, tell.boxed()),
            (1, who.boxed()),
            (1, (0_u64..100).prop_map(Step::Ping).boxed()),
            (1, (0_u64..100).prop_map(Step::Pong).boxed()),
        ]
        .into(),
    )
    .boxed()
}

fn login() -> BoxedStrategy<Login> {
    let versions = Union::new([
        Just(Vec::from([VERSION])),
        Just(Vec::from([2, VERSION])),
        Just(Vec::from([VERSION, 900])),
    ]);
    let identity = any::<([u8; 32], [u8; 16])>().prop_map(|(key, session)| Identity {
        key,
        session,
        attempt: 1,
    });
    let resume = (0_u64..50).prop_map(|since| Resume { epoch: 0, since });
    let agent = option::of(Just(String::from("generated 1")));
    (
        (versions, name(), room(), 0_u64..100),
        (option::of(identity), option::of(resume), agent),
    )
        .prop_map(
            |((versions, name, room, history), (identity, resume, agent))| Login {
                versions,
                name,
                room,
                history,
                identity,
                resume,
                proof: None,
                agent,
            },
        )
        .boxed()
}

/// A legal name, of letters in one script and digits, with an inner space now and then.
fn name() -> BoxedStrategy<String> {
    let scripts: [Vec<char>; 3] = [
        ('a'..='z').chain('A'..='Z').chain('0'..='9').collect(),
        ('а'..='я').collect(),
        ('ぁ'..='ん').filter(|c| !matches!(c, 'ゔ')).collect(),
    ];
    select(scripts.to_vec())
        .prop_flat_map(|letters| {
            let word = vec(select(letters), 1..=15);
            (word.clone(), option::of(word))
        })
        .prop_map(|(first, second)| {
            let mut name: String = first.into_iter().collect();
            if let Some(second) = second {
                name.push(' ');
                name.extend(second);
            }
            name
        })
        // Reserved, and whatever looks like it, may be drawn once in ages.
        .prop_filter("a name that is not reserved", |name| {
            !name.eq_ignore_ascii_case("server")
        })
        .boxed()
}

fn room() -> BoxedStrategy<String> {
    let letters: Vec<char> = ('a'..='z').chain('0'..='9').collect();
    let more: Vec<char> = letters.iter().copied().chain("-_.".chars()).collect();
    (select(letters), vec(select(more), 0..32))
        .prop_map(|(first, rest)| core::iter::once(first).chain(rest).collect())
        .boxed()
}

/// A legal text of 1 to `most` bytes.
fn text(most: usize) -> BoxedStrategy<String> {
    let words = [
        "hi",
        "да",
        "好",
        "مرحبا",
        "ok 👍",
        "é",
        "line\nline",
        "tab\t.",
        "@alice",
    ];
    let short = vec(select(words.to_vec()), 1..12).prop_map(|words| words.join(" "));
    let long = (1..=most).prop_map(|n| "a".repeat(n));
    Union::new_weighted([(5, short.boxed()), (1, long.boxed())].into())
        .prop_map(move |mut text| {
            while text.len() > most {
                text.pop();
            }
            text
        })
        .boxed()
}
