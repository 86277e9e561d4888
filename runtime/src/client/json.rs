//! Events as JSON, one object a line, for `tail --json` and `log export`.
//!
//! Every object has a `type`. Fields may be added, so a reader ignores those that it does not know; none is removed or
//! given another meaning.

use jiff::Timestamp;
use parlance_proto::name::RoomName;
use parlance_proto::wire::{
    Act, Event, GapWhy, Joined, Left, Modded, Renamed, Said, SayKind, Titled, Told,
};
use serde_json::{Value, json};

use crate::printable::Printable;

/// The object of an event: `said`, `joined`, `left`, `renamed`, `titled`, `modded`. Each has `seq`, `at` (RFC 3339,
/// UTC), `member`, `session` and `id`.
#[must_use]
pub fn event(event: &Event) -> Printable {
    Printable::json(&object(event))
}

/// The same with the `room` that it is of.
#[must_use]
pub fn event_of(room: &RoomName, event: &Event) -> Printable {
    let mut object = object(event);
    object["room"] = json!(room.as_str());
    Printable::json(&object)
}

fn object(event: &Event) -> Value {
    let (kind, fields) = match event {
        Event::Said(said) => (
            "said",
            json!({"name": said.name, "kind": said.kind.as_str(), "re": said.re, "text": said.text}),
        ),
        Event::Joined(joined) => (
            "joined",
            json!({"name": joined.name, "host": joined.host, "members": joined.members}),
        ),
        Event::Left(left) => (
            "left",
            json!({"name": left.name, "host": left.host, "members": left.members, "why": left.why}),
        ),
        Event::Renamed(renamed) => ("renamed", json!({"old": renamed.old, "new": renamed.new})),
        Event::Titled(titled) => ("titled", json!({"topic": titled.topic})),
        Event::Modded(modded) => (
            "modded",
            json!({"act": modded.act.as_str(), "who": modded.who, "secs": modded.secs, "why": modded.why}),
        ),
    };
    let mut object = json!({
        "type": kind,
        "seq": event.seq(),
        "at": at(event.at()),
        "member": event.member(),
        "session": event.session(),
        "id": event.id(),
    });
    if let (Value::Object(object), Value::Object(fields)) = (&mut object, fields) {
        object.extend(fields);
    }
    object
}

/// The object of events that are not coming: `gap`.
#[must_use]
pub fn gap(from: u64, to: u64, why: GapWhy) -> Printable {
    Printable::json(&json!({"type": "gap", "from": from, "to": to, "why": why.as_str()}))
}

/// The object of a private message: `told`.
#[must_use]
pub fn told(told: &Told) -> Printable {
    Printable::json(
        &json!({"type": "told", "from": told.from, "to": told.to, "name": told.name, "text": told.text}),
    )
}

/// The object of one who is kept out: `kept-out`.
#[must_use]
pub fn kept_out(member: u64, name: &str) -> Printable {
    Printable::json(&json!({"type": "kept-out", "member": member, "name": name}))
}

/// The object that says that numbers begin anew after `start`: `restarted`.
#[must_use]
pub fn restarted(epoch: u64, start: u64) -> Printable {
    Printable::json(&json!({"type": "restarted", "epoch": epoch, "start": start}))
}

/// Milliseconds since 1970 as RFC 3339 in UTC, always with three digits of a second; the last time that can be written
/// for one that cannot.
fn at(ms: u64) -> String {
    let time = i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX);
    format!("{time:.3}")
}

/// The event of which an object was made, if it is the object of one; what else it has is not looked at.
#[must_use]
pub fn parse(object: &Value) -> Option<Event> {
    let number = |key: &str| object.get(key)?.as_u64();
    let text = |key: &str| Some(object.get(key)?.as_str()?.to_owned());
    // Not there is not null.
    let maybe = |key: &str| match object.get(key)? {
        Value::Null => Some(None),
        value => Some(Some(value.as_str()?.to_owned())),
    };
    let maybe_number = |key: &str| match object.get(key)? {
        Value::Null => Some(None),
        value => Some(Some(value.as_u64()?)),
    };
    let at: Timestamp = object.get("at")?.as_str()?.parse().ok()?;
    let at = u64::try_from(at.as_millisecond()).ok()?;
    let (seq, member) = (number("seq")?, number("member")?);
    let (session, id) = (number("session")?, number("id")?);
    Some(match object.get("type")?.as_str()? {
        "said" => Event::Said(Said {
            seq,
            at,
            member,
            session,
            id,
            name: text("name")?,
            kind: SayKind::from_word(&text("kind")?)?,
            re: maybe_number("re")?,
            text: maybe("text")?,
        }),
        "joined" => Event::Joined(Joined {
            seq,
            at,
            member,
            session,
            id,
            name: text("name")?,
            host: maybe("host")?,
            members: number("members")?,
        }),
        "left" => Event::Left(Left {
            seq,
            at,
            member,
            session,
            id,
            name: text("name")?,
            host: maybe("host")?,
            members: number("members")?,
            why: maybe("why")?,
        }),
        "renamed" => Event::Renamed(Renamed {
            seq,
            at,
            member,
            session,
            id,
            old: text("old")?,
            new: text("new")?,
        }),
        "titled" => Event::Titled(Titled {
            seq,
            at,
            member,
            session,
            id,
            topic: maybe("topic")?,
        }),
        "modded" => Event::Modded(Modded {
            seq,
            at,
            member,
            session,
            id,
            act: Act::from_word(&text("act")?)?,
            who: maybe_number("who")?,
            secs: maybe_number("secs")?,
            why: maybe("why")?,
        }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_flat_object() {
        let said = Event::Said(Said {
            seq: 141,
            at: 1_763_999_999_000,
            member: 12,
            session: 3,
            id: 7,
            name: "alice".to_owned(),
            kind: SayKind::Say,
            re: None,
            text: Some("a\nb\u{9b}".to_owned()),
        });
        let line = event(&said).to_string();
        assert!(!line.contains('\n') && line.is_ascii());
        let value: Value = serde_json::from_str(&line).unwrap();
        let expected = json!({
            "type": "said", "seq": 141, "at": "2025-11-24T15:59:59.000Z", "member": 12, "session": 3, "id": 7,
            "name": "alice", "kind": "say", "re": null, "text": "a\nb\u{9b}",
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn what_is_printed_can_be_read() {
        let (seq, at, member, session, id) = (u64::MAX >> 1, 1_763_999_999_007, 2, 3, 4);
        let name = "a\u{202e}\n".to_owned();
        for event in [
            Event::Said(Said {
                seq,
                at,
                member,
                session,
                id,
                name: name.clone(),
                kind: SayKind::Action,
                re: Some(9),
                text: None,
            }),
            Event::Left(Left {
                seq,
                at,
                member,
                session,
                id,
                name: name.clone(),
                host: Some(name.clone()),
                members: 7,
                why: Some("tea".to_owned()),
            }),
            Event::Modded(Modded {
                seq,
                at,
                member,
                session,
                id,
                act: Act::Redact,
                who: Some(5),
                secs: None,
                why: None,
            }),
        ] {
            let read = parse(&serde_json::from_str(super::event(&event).as_str()).unwrap());
            assert_eq!(read, Some(event));
        }
        assert_eq!(parse(&json!({"type": "said", "seq": 1})), None);
    }

    #[test]
    fn times_are_utc_with_three_digits() {
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(1_763_999_999_120), "2025-11-24T15:59:59.120Z");
        assert!(at(u64::MAX).starts_with("9999-12-"));
    }
}
