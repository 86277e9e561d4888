//! Events as JSON, one object a line, for `tail --json`.
//!
//! Every object has a `type`. Fields may be added, so a reader ignores those that it does not know; none is removed or
//! given another meaning.

use jiff::Timestamp;
use parlance_proto::wire::{Event, GapWhy, Told};
use serde_json::{Value, json};

use super::show;

/// The object of an event: `said`, `joined`, `left`, `renamed`, `titled`, `modded`. Each has `seq`, `at` (RFC 3339,
/// UTC), `member`, `session` and `id`.
#[must_use]
pub fn event(event: &Event) -> String {
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
    line(&object)
}

/// The object of events that are not coming: `gap`.
#[must_use]
pub fn gap(from: u64, to: u64, why: GapWhy) -> String {
    line(&json!({"type": "gap", "from": from, "to": to, "why": why.as_str()}))
}

/// The object of a private message: `told`.
#[must_use]
pub fn told(told: &Told) -> String {
    line(
        &json!({"type": "told", "from": told.from, "to": told.to, "name": told.name, "text": told.text}),
    )
}

/// The object that says that numbers begin anew after `start`: `restarted`.
#[must_use]
pub fn restarted(epoch: u64, start: u64) -> String {
    line(&json!({"type": "restarted", "epoch": epoch, "start": start}))
}

fn line(object: &Value) -> String {
    show::json(&object.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;
    use parlance_proto::wire::{Said, SayKind};

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
        let line = event(&said);
        assert!(!line.contains('\n') && line.is_ascii());
        let value: Value = serde_json::from_str(&line).unwrap();
        let expected = json!({
            "type": "said", "seq": 141, "at": "2025-11-24T15:59:59.000Z", "member": 12, "session": 3, "id": 7,
            "name": "alice", "kind": "say", "re": null, "text": "a\nb\u{9b}",
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn times_are_utc_with_three_digits() {
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(1_763_999_999_120), "2025-11-24T15:59:59.120Z");
        assert!(at(u64::MAX).starts_with("9999-12-"));
    }
}
