//! The commands of a moderator, from what was typed to what the room is asked for.

use std::time::Duration;

use parlance_proto::client::Roster;
use parlance_proto::room::Moderating;
use parlance_proto::text::Why;
use parlance_proto::wire::Act;

use super::commands::InputError;
use super::people::People;
use crate::cli::value;

/// An act of somebody, as it was typed: whom it is for is not known yet, since a name may have spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// What is to be done.
    pub act: Act,
    /// Whom to, for how long, why.
    pub rest: String,
}

/// `--address` of `/ban`.
const ADDRESS: &str = "--address ";

/// Reads what stands behind the word of a command; none where the word is of no such command.
///
/// # Errors
///
/// Something is missing behind it.
pub fn parse(word: &str, rest: &str) -> Option<Result<Typed, InputError>> {
    let act = match word {
        "kick" => Act::Kick,
        "ban" => Act::Ban,
        "unban" => Act::Unban,
        "mute" => Act::Mute,
        "unmute" => Act::Unmute,
        "op" => Act::Op,
        "deop" => Act::Deop,
        "redact" => Act::Redact,
        "slow" => Act::Slow,
        _ => return None,
    };
    let (act, rest) = match rest.strip_prefix(ADDRESS) {
        Some(rest) if act == Act::Ban => (Act::BanAddress, rest.trim_start_matches(' ')),
        _ => (act, rest),
    };
    if rest.is_empty() {
        return Some(Err(InputError::Incomplete(usage(act))));
    }
    let rest = rest.to_owned();
    Some(Ok(Typed { act, rest }))
}

/// How a command is written.
#[must_use]
pub fn usage(act: Act) -> &'static str {
    match act {
        Act::Kick => "/kick NAME [WHY]",
        Act::Ban => "/ban NAME [TIME] [WHY]",
        Act::BanAddress => "/ban --address NAME [TIME] [WHY]",
        Act::Unban => "/unban NAME",
        Act::Mute => "/mute NAME [TIME] [WHY]",
        Act::Unmute => "/unmute NAME",
        Act::Op => "/op NAME",
        Act::Deop => "/deop NAME",
        Act::Redact => "/redact NAME [WHY], or /redact #LINE [WHY]",
        Act::Slow => "/slow TIME, or /slow off",
    }
}

impl Typed {
    /// What the room is to be asked for, once it is known who is who.
    ///
    /// # Errors
    ///
    /// Nobody is meant by it, a time is none, or the reason breaks the rules of texts.
    pub fn resolve(&self, people: &People, roster: &Roster) -> Result<Moderating, InputError> {
        let (act, rest) = (self.act, self.rest.as_str());
        let (who, rest) = match act {
            Act::Slow => (None, rest),
            Act::Redact => {
                let (line, rest) = line(rest, people, roster)?;
                (Some(line), rest)
            }
            _ => {
                let (who, rest) = whom(rest, people, roster)?;
                (Some(who), rest)
            }
        };
        let rest = rest.trim_matches(' ');
        let (secs, why) = match act {
            Act::Slow => (slow(rest)?, ""),
            Act::Ban | Act::BanAddress | Act::Mute => term(rest),
            _ => (None, rest),
        };
        let why = (!why.is_empty()).then(|| Why::parse(why)).transpose()?;
        Ok(Moderating {
            act,
            who,
            secs,
            why,
        })
    }
}

fn whom<'a>(told: &'a str, people: &People, roster: &Roster) -> Result<(u64, &'a str), InputError> {
    people.find(told, roster).ok_or_else(|| {
        let name = told.split(' ').next().unwrap_or_default();
        InputError::Nobody(name.to_owned())
    })
}

/// A line by its number, or the last one of somebody.
fn line<'a>(told: &'a str, people: &People, roster: &Roster) -> Result<(u64, &'a str), InputError> {
    if let Some(number) = told.strip_prefix('#') {
        let (number, rest) = number.split_once(' ').unwrap_or((number, ""));
        let number = number
            .parse()
            .map_err(|_| InputError::Incomplete(usage(Act::Redact)))?;
        return Ok((number, rest));
    }
    let (who, rest) = whom(told, people, roster)?;
    let name = || people.name(who).unwrap_or(told).to_owned();
    let line = people
        .last_line(who)
        .ok_or_else(|| InputError::NoLine(name()))?;
    Ok((line, rest))
}

/// `10m spam`: a time with a unit, if one comes first, and the reason.
fn term(text: &str) -> (Option<u64>, &str) {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let has_unit = first.ends_with(|last: char| last.is_ascii_alphabetic());
    match value::age(first) {
        Ok(term) if has_unit => (Some(term.as_secs()), rest.trim_start_matches(' ')),
        _ => (None, text),
    }
}

fn slow(text: &str) -> Result<Option<u64>, InputError> {
    match text {
        "off" | "0" => Ok(None),
        text => {
            let wait = value::age(text).map_err(|_| InputError::Incomplete(usage(Act::Slow)))?;
            Ok(Some(Duration::as_secs(&wait)))
        }
    }
}

#[cfg(test)]
mod tests {
    use parlance_proto::wire::{Event, Joined, Said, SayKind};

    use super::*;

    fn people() -> People {
        let mut people = People::default();
        people.note(&Event::Joined(Joined {
            seq: 1,
            at: 0,
            member: 4,
            session: 1,
            id: 0,
            name: "Ann Lee".to_owned(),
            host: None,
            members: 1,
        }));
        people.note(&Event::Said(Said {
            seq: 141,
            at: 0,
            member: 5,
            session: 2,
            id: 1,
            name: "bob".to_owned(),
            kind: SayKind::Say,
            re: None,
            text: None,
        }));
        people
    }

    fn read(line: &str) -> Result<Moderating, InputError> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let typed = parse(word, rest).expect("a command of a moderator")?;
        typed.resolve(&people(), &Roster::default())
    }

    #[test]
    fn whom_for_how_long_and_why() {
        let all = [
            ("kick bob", Act::Kick, Some(5), None, None),
            (
                "kick Ann Lee being rude",
                Act::Kick,
                Some(4),
                None,
                Some("being rude"),
            ),
            ("kick bob 10m", Act::Kick, Some(5), None, Some("10m")),
            ("ban ann lee", Act::Ban, Some(4), None, None),
            ("ban bob 2h", Act::Ban, Some(5), Some(7_200), None),
            (
                "ban bob 2h  spam",
                Act::Ban,
                Some(5),
                Some(7_200),
                Some("spam"),
            ),
            ("ban bob 2 hours", Act::Ban, Some(5), None, Some("2 hours")),
            (
                "ban --address bob 1d",
                Act::BanAddress,
                Some(5),
                Some(86_400),
                None,
            ),
            ("ban #77 spam", Act::Ban, Some(77), None, Some("spam")),
            ("unban bob", Act::Unban, Some(5), None, None),
            ("mute bob 90s", Act::Mute, Some(5), Some(90), None),
            ("unmute bob", Act::Unmute, Some(5), None, None),
            ("op bob", Act::Op, Some(5), None, None),
            ("deop bob", Act::Deop, Some(5), None, None),
            ("redact bob", Act::Redact, Some(141), None, None),
            ("redact #7 a key", Act::Redact, Some(7), None, Some("a key")),
            ("slow 5s", Act::Slow, None, Some(5), None),
            ("slow off", Act::Slow, None, None, None),
        ];
        for (line, act, who, secs, why) in all {
            let why = why.map(|why| Why::parse(why).expect("a reason"));
            let want = Moderating {
                act,
                who,
                secs,
                why,
            };
            assert_eq!(read(line), Ok(want), "{line}");
        }
    }

    #[test]
    fn what_means_nobody_or_nothing_is_not_sent() {
        for line in [
            "kick",
            "ban",
            "ban --address ",
            "redact",
            "slow",
            "slow soon",
            "redact #x",
        ] {
            assert!(
                matches!(read(line), Err(InputError::Incomplete(_))),
                "{line}"
            );
        }
        for line in ["kick carol", "mute #x", "redact carol"] {
            assert!(matches!(read(line), Err(InputError::Nobody(_))), "{line}");
        }
        assert_eq!(
            read("redact Ann Lee"),
            Err(InputError::NoLine("Ann Lee".to_owned()))
        );
        assert!(matches!(
            read("kick bob \u{202e}"),
            Err(InputError::Text(_))
        ));
        assert_eq!(parse("who", ""), None);
    }
}
