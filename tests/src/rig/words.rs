//! Messages to send, and what was heard in few words.

use parlance_proto::wire::{
    Act, Identity, Kind, Login, Message, Mod, Nick, Said, Say, SayKind, SetTopic, Tell, Who,
};

/// A login into the lobby, without history.
#[must_use]
pub fn login(name: &str, key: [u8; 32], session: [u8; 16], attempt: u64) -> Message {
    let identity = Some(Identity {
        key,
        session,
        attempt,
    });
    Message::Name(named(name, identity))
}

/// A login of a guest into the lobby, without history.
#[must_use]
pub fn guest(name: &str) -> Message {
    Message::Name(named(name, None))
}

/// A `NAME` to be altered.
#[must_use]
pub fn named(name: &str, identity: Option<Identity>) -> Login {
    Login {
        versions: vec![1],
        name: name.to_owned(),
        room: "lobby".to_owned(),
        history: 0,
        identity,
        resume: None,
        proof: None,
        agent: None,
    }
}

/// `SAY`, plain.
#[must_use]
pub fn say(id: u64, after: u64, text: &str) -> Message {
    let (kind, re, text) = (SayKind::Say, None, text.to_owned());
    Message::Say(Say {
        id,
        after,
        kind,
        re,
        text,
    })
}

/// `NICK`.
#[must_use]
pub fn nick(id: u64, after: u64, name: &str) -> Message {
    let name = name.to_owned();
    Message::Nick(Nick { id, after, name })
}

/// `TOPIC`.
#[must_use]
pub fn topic(id: u64, after: u64, topic: &str) -> Message {
    let topic = Some(topic.to_owned());
    Message::Topic(SetTopic { id, after, topic })
}

/// `MOD` without a reason, after the line before it.
#[must_use]
pub fn moderate(id: u64, act: Act, who: Option<u64>, secs: Option<u64>) -> Message {
    let why = None;
    Message::Mod(Mod {
        id,
        after: id - 1,
        act,
        who,
        secs,
        why,
    })
}

/// `TELL`.
#[must_use]
pub fn tell(reference: u64, to: u64, text: &str) -> Message {
    let text = text.to_owned();
    Message::Tell(Tell {
        reference,
        to,
        text,
    })
}

/// `WHO`.
#[must_use]
pub fn who(reference: u64, from: u64) -> Message {
    Message::Who(Who { reference, from })
}

/// A text of member 12 ("alice"), by whichever session.
#[must_use]
pub fn said(seq: u64, session: u64, id: u64) -> Message {
    Message::Said(Said {
        seq,
        at: 1_000 + seq,
        member: 12,
        session,
        id,
        name: "alice".to_owned(),
        kind: SayKind::Say,
        re: None,
        text: Some(format!("text {seq}")),
    })
}

/// All but the pings, which have tests of their own.
#[must_use]
pub fn unpinged(messages: Vec<Message>) -> Vec<Message> {
    let mut messages = messages;
    messages.retain(|message| message.kind() != Kind::Ping);
    messages
}

/// A short line for each message.
#[must_use]
pub fn brief(messages: &[Message]) -> Vec<String> {
    messages.iter().map(brief_one).collect()
}

fn brief_one(message: &Message) -> String {
    match message {
        Message::Client(m) => format!("CLIENT {}..{} acked {}", m.start, m.head, m.acked),
        Message::Said(m) => {
            let text: String = m
                .text
                .iter()
                .flat_map(|text| text.chars().take(20))
                .collect();
            format!("SAID {} {}/{} {text}", m.seq, m.name, m.id)
        }
        Message::Joined(m) => format!("JOINED {} {} {}", m.seq, m.name, m.members),
        Message::Left(m) => format!("LEFT {} {} {}", m.seq, m.name, m.members),
        Message::Renamed(m) => format!("RENAMED {} {} {}", m.seq, m.old, m.new),
        Message::Titled(m) => format!("TITLED {} {}", m.seq, m.topic.as_deref().unwrap_or("-")),
        Message::Modded(m) => format!("MODDED {}", m.seq),
        Message::Gap(m) => format!("GAP {}-{} acked {}", m.from, m.to, m.acked),
        Message::Told(m) => format!("TOLD {}>{} {} {:?}", m.from, m.to, m.text, m.reference),
        Message::Error(m) => format!("ERROR {:?} {:?} {}", m.id, m.reference, m.code.as_str()),
        Message::Bye(m) => format!("BYE {} {:?}", m.code.as_str(), m.retry),
        Message::Nick(m) => format!("NICK {} after {}: {}", m.id, m.after, m.name),
        Message::Say(m) => format!("SAY {} after {}: {}", m.id, m.after, m.text),
        Message::Topic(m) => {
            let topic = m.topic.as_deref().unwrap_or("-");
            format!("TOPIC {} after {}: {topic}", m.id, m.after)
        }
        Message::Who(m) => format!("WHO from {}", m.from),
        Message::Tell(m) => format!("TELL {} {}", m.to, m.text),
        other => other.kind().tag().to_owned(),
    }
}
