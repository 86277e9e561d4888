//! What is said of what moderators do.

use parlance_proto::name::{Name, RoomName};
use parlance_proto::room::Moderating;
use parlance_proto::server::Moderated;
use parlance_proto::wire::Act;

use super::reason;
use crate::printable::{Printable, printable};

/// A moderator acted.
#[must_use]
pub fn done(
    by: &Printable,
    act: Act,
    target: Option<&Printable>,
    secs: Option<u64>,
    why: Option<&Printable>,
) -> Printable {
    let whom = target.cloned().unwrap_or_default();
    let what = match act {
        Act::Kick => printable!["put ", whom, " out"],
        Act::Ban => printable!["banned ", whom, term(secs)],
        Act::BanAddress => printable![
            "closed the room to strangers from where ",
            whom,
            " is",
            term(secs)
        ],
        Act::Unban => printable!["lifted the bans of ", whom],
        Act::Mute => printable!["muted ", whom, term(secs)],
        Act::Unmute => printable!["unmuted ", whom],
        Act::Op => printable!["made ", whom, " an operator"],
        Act::Deop => printable!["made ", whom, " an operator no more"],
        Act::Redact => printable!["removed line ", whom],
        Act::Slow => match secs {
            None | Some(0) => printable!["ended slow mode"],
            Some(secs) => printable!["set slow mode: a message every ", span(secs)],
        },
    };
    printable!["--- ", by, " ", what, reason(why)]
}

fn term(secs: Option<u64>) -> Printable {
    secs.map(|secs| printable![" for ", span(secs)])
        .unwrap_or_default()
}

/// A time as people say it, exactly.
fn span(secs: u64) -> Printable {
    let units = [(86_400, " d"), (3_600, " h"), (60, " min")];
    let fits = |(size, _): &&(u64, &str)| secs > 0 && secs.is_multiple_of(*size);
    match units.iter().find(fits) {
        Some((size, unit)) => printable![secs / size, *unit],
        None => printable![secs, " s"],
    }
}

/// What was asked for, as one could have typed it.
#[must_use]
pub fn asked(asked: &Moderating) -> Printable {
    let command = match asked.act {
        Act::BanAddress => "ban --address",
        act => act.as_str(),
    };
    let who = asked.who.map(|who| printable![" #", who]);
    let secs = asked.secs.map(|secs| printable![" ", secs, "s"]);
    let why = asked
        .why
        .as_ref()
        .map(|why| printable![" ", Printable::field(why.as_str())]);
    let [who, secs, why] = [who, secs, why].map(Option::unwrap_or_default);
    printable!["/", command, who, secs, why]
}

/// One who is kept out, in `/bans`.
#[must_use]
pub fn kept_out(number: u64, name: &Printable) -> Printable {
    printable!["  #", number, " ", name]
}

/// How many are kept out, as far as one is told.
#[must_use]
pub fn count_kept_out(count: u64) -> Printable {
    match count {
        0 => printable!["  nobody is kept out, as far as you are told"],
        count => printable!["  ", count, " kept out"],
    }
}

/// For the log of a server: what a moderator did.
#[must_use]
pub fn audit(done: &Moderated) -> Printable {
    let Moderated {
        room,
        seq,
        member,
        by,
        asked,
        whom,
    } = done;
    let whom = match (asked.act, asked.who, whom) {
        (Act::Redact, Some(line), _) => printable![" line ", line],
        (_, Some(number), Some(name)) => printable![" ", party(name, number)],
        (_, Some(number), None) => printable![" #", number],
        (_, None, _) => Printable::default(),
    };
    let why = asked.why.as_ref().map(|why| Printable::field(why.as_str()));
    printable![
        "moderation in ",
        room,
        ", event ",
        seq,
        ": ",
        party(by, *member),
        " ",
        asked.act,
        whom,
        term(asked.secs),
        reason(why.as_ref()),
    ]
}

/// For the log of a server: one whom it names came in.
#[must_use]
pub fn appointed(room: &RoomName, member: u64, name: &Name) -> Printable {
    printable![
        "moderation in ",
        room,
        ": ",
        party(name, member),
        " is an operator (--admin)"
    ]
}

fn party(name: &Name, number: u64) -> Printable {
    printable![Printable::name(name.as_str()), " #", number]
}

/// `--admin` where nobody shows a key.
pub const ADMIN_WITHOUT_KEYS: &str = "--admin goes by a key, and nobody shows one over clear text: leave out --insecure, or listen on loopback";

/// `mod bans` with more behind it.
pub const BANS_ALONE: &str = "bans lists who is kept out, and takes nobody's name";

/// A flag of `mod` that belongs to another act.
pub const FLAGS_OF_OTHERS: &str = "--address is for ban alone, --json for bans alone";

#[cfg(test)]
mod tests {
    use parlance_proto::text::Why;

    use super::*;

    fn moderated(act: Act, who: Option<u64>, secs: Option<u64>, whom: Option<&str>) -> Moderated {
        let name = |name| Name::parse(name).expect("a name");
        Moderated {
            room: RoomName::lobby(),
            seq: 9,
            member: 1,
            by: name("alice"),
            asked: Moderating {
                act,
                who,
                secs,
                why: Why::parse("spam").ok(),
            },
            whom: whom.map(name),
        }
    }

    #[test]
    fn an_account_names_both_and_says_how_long_and_why() {
        let ban = moderated(Act::Ban, Some(4), Some(7_200), Some("bob"));
        assert_eq!(
            audit(&ban).as_str(),
            "moderation in lobby, event 9: alice #1 ban bob #4 for 2 h (spam)"
        );
        let unban = moderated(Act::Unban, Some(4), None, None);
        assert_eq!(
            audit(&unban).as_str(),
            "moderation in lobby, event 9: alice #1 unban #4 (spam)"
        );
        let redact = moderated(Act::Redact, Some(141), None, None);
        assert_eq!(
            audit(&redact).as_str(),
            "moderation in lobby, event 9: alice #1 redact line 141 (spam)"
        );
        let slow = moderated(Act::Slow, None, Some(90), None);
        assert_eq!(
            audit(&slow).as_str(),
            "moderation in lobby, event 9: alice #1 slow for 90 s (spam)"
        );
        assert_eq!(asked(&ban.asked).as_str(), "/ban #4 7200s spam");
        assert_eq!(
            asked(&moderated(Act::BanAddress, Some(4), None, None).asked).as_str(),
            "/ban --address #4 spam"
        );
    }
}
