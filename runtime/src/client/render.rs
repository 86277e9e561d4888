//! Events as people read them: a line each, made safe.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parlance_proto::client::Roster;
use parlance_proto::wire::{Act, Event, Modded, Said, SayKind, Told};

use super::people::People;
use crate::printable::{Printable, printable};
use crate::words;

/// Makes lines of events, with times in one zone.
#[derive(Clone, Debug)]
pub struct Renderer {
    zone: TimeZone,
    /// What those who did something were called when they did it: the roster runs ahead of the events that are told.
    people: People,
}

impl Renderer {
    /// With times in the zone of this system.
    #[must_use]
    pub fn new() -> Renderer {
        Renderer::in_zone(TimeZone::system())
    }

    fn in_zone(zone: TimeZone) -> Renderer {
        Renderer {
            zone,
            people: People::default(),
        }
    }

    /// Who was seen.
    #[must_use]
    pub fn people(&self) -> &People {
        &self.people
    }

    /// Takes in what the roster tells of those who are kept out: the event that lets one in again names him by number alone.
    pub fn learn(&mut self, roster: &Roster) {
        for (member, name) in roster.kept_out() {
            self.people.call(member, name);
        }
    }

    /// The line of an event. What happened to a member who is only a number in it is told by the roster's name.
    #[must_use]
    pub fn event(&mut self, event: &Event, roster: &Roster) -> Printable {
        self.people.note(event);
        let line = match event {
            Event::Said(said) => self::said(said),
            Event::Joined(joined) => words::joined(
                &member(&joined.name, joined.host.as_deref()),
                joined.members,
            ),
            Event::Left(left) => {
                let why = left.why.as_deref().map(Printable::field);
                words::left(
                    &member(&left.name, left.host.as_deref()),
                    left.members,
                    why.as_ref(),
                )
            }
            Event::Renamed(renamed) => words::renamed(
                &Printable::name(&renamed.old),
                &Printable::name(&renamed.new),
            ),
            Event::Titled(titled) => {
                let who = self.name(event.member(), roster);
                words::titled(&who, titled.topic.as_deref().map(Printable::field).as_ref())
            }
            Event::Modded(modded) => self.modded(modded, roster),
        };
        printable!["[", self.time(event.at()), "] ", line]
    }

    /// The line of a private message, as `me` sees it.
    #[must_use]
    pub fn told(&self, told: &Told, me: Option<u64>, roster: &Roster) -> Printable {
        let text = Printable::text(&told.text);
        if told.reference.is_some() && me == Some(told.from) {
            words::told_to(&self.name(told.to, roster), &text)
        } else {
            words::told_by(&Printable::name(&told.name), &text)
        }
    }

    /// The name of a member by number; the number where it is not known.
    fn name(&self, member: u64, roster: &Roster) -> Printable {
        let listed = || roster.get(member).map(|member| member.name.as_str());
        self.people
            .here(member)
            .or_else(listed)
            .or_else(|| self.people.name(member))
            .map_or_else(|| printable!["#", member], Printable::name)
    }

    fn modded(&self, modded: &Modded, roster: &Roster) -> Printable {
        let by = self.name(modded.member, roster);
        let target = modded.who.map(|who| match modded.act {
            Act::Redact => printable!["#", who],
            _ => self.name(who, roster),
        });
        let why = modded.why.as_deref().map(Printable::field);
        words::moderation::done(&by, modded.act, target.as_ref(), modded.secs, why.as_ref())
    }

    /// Hours and minutes here.
    fn time(&self, at_ms: u64) -> Printable {
        i64::try_from(at_ms)
            .ok()
            .and_then(|ms| Timestamp::from_millisecond(ms).ok())
            .map_or_else(
                || printable!["--:--"],
                |time| {
                    let time = time.to_zoned_datetime(self.zone.clone());
                    Printable::field(&time.strftime("%H:%M").to_string())
                },
            )
    }
}

impl Default for Renderer {
    fn default() -> Renderer {
        Renderer::new()
    }
}

/// `name@host`, or the name alone.
#[must_use]
pub fn member(name: &str, host: Option<&str>) -> Printable {
    let name = Printable::name(name);
    match host {
        Some(host) => printable![name, "@", Printable::name(host)],
        None => name,
    }
}

fn said(said: &Said) -> Printable {
    let name = Printable::name(&said.name);
    let text = match &said.text {
        Some(text) => Printable::text(text),
        None => printable![words::ERASED],
    };
    match said.kind {
        SayKind::Say => printable![name, ": ", text],
        SayKind::Action => printable!["* ", name, " ", text],
        SayKind::Notice => printable!["-", name, "- ", text],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlance_proto::wire::{Joined, Left, Renamed, Titled};

    fn renderer() -> Renderer {
        Renderer::in_zone(TimeZone::UTC)
    }

    fn say(kind: SayKind, name: &str, text: Option<&str>) -> String {
        let event = Event::Said(Said {
            seq: 1,
            at: 3_600_000 * 13 + 60_000 * 5,
            member: 1,
            session: 1,
            id: 1,
            name: name.to_owned(),
            kind,
            re: None,
            text: text.map(str::to_owned),
        });
        renderer().event(&event, &Roster::default()).to_string()
    }

    #[test]
    fn each_kind_of_saying_has_its_form() {
        assert_eq!(say(SayKind::Say, "alice", Some("hi")), "[13:05] alice: hi");
        assert_eq!(
            say(SayKind::Action, "alice", Some("waves")),
            "[13:05] * alice waves"
        );
        assert_eq!(
            say(SayKind::Notice, "bot", Some("done")),
            "[13:05] -bot- done"
        );
        assert!(say(SayKind::Say, "alice", None).contains(words::ERASED));
    }

    #[test]
    fn nothing_forges_a_line() {
        let line = say(
            SayKind::Say,
            "a\n[13:05] bob",
            Some("x\n[13:05] bob: y\x1b[2J"),
        );
        assert_eq!(line, "[13:05] a^J[13:05] bob: x\n    [13:05] bob: y^[[2J");
    }

    #[test]
    fn one_who_is_only_a_number_is_called_as_he_was_then() {
        let mut renderer = renderer();
        let roster = Roster::default();
        let titled = |seq| {
            Event::Titled(Titled {
                seq,
                at: 0,
                member: 1,
                session: 1,
                id: 1,
                topic: None,
            })
        };
        assert!(renderer.event(&titled(1), &roster).as_str().contains("#1 "));
        let renamed = Event::Renamed(Renamed {
            seq: 2,
            at: 0,
            member: 1,
            session: 1,
            id: 2,
            old: "dora".to_owned(),
            new: "Dora Two".to_owned(),
        });
        let shown = renderer.event(&renamed, &roster);
        assert!(shown.as_str().contains("dora"));
        let shown = renderer.event(&titled(3), &roster);
        assert!(shown.as_str().contains("Dora Two "));
    }

    #[test]
    fn coming_and_going() {
        let joined = Event::Joined(Joined {
            seq: 2,
            at: 0,
            member: 2,
            session: 2,
            id: 0,
            name: "bob".to_owned(),
            host: Some("127.0.0.1".to_owned()),
            members: 2,
        });
        let line = renderer().event(&joined, &Roster::default()).to_string();
        assert!(
            line.starts_with("[00:00] ") && line.contains("bob@127.0.0.1"),
            "{line}"
        );
        let left = Event::Left(Left {
            seq: 3,
            at: 0,
            member: 2,
            session: 2,
            id: 0,
            name: "bob".to_owned(),
            host: None,
            members: 1,
            why: Some("tea\x07".to_owned()),
        });
        let line = renderer().event(&left, &Roster::default()).to_string();
        assert!(
            line.contains("bob") && line.contains("tea^G") && !line.contains('@'),
            "{line}"
        );
    }
}
