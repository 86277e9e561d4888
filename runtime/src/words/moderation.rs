//! What is said of what moderators do.

use parlance_proto::name::{Name, RoomName};
use parlance_proto::room::Moderating;
use parlance_proto::server::Moderated;
use parlance_proto::wire::Act;

use super::catalogue::{Both, both, say};
use super::codes;
use super::room::reason;
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
        Act::Kick => say!("put {0} out", "把 {0} 请出去了", whom),
        Act::Ban => say!("banned {0}{1}", "封禁了 {0}{1}", whom, term(secs)),
        Act::BanAddress => say!(
            "closed the room to strangers from where {0} is{1}",
            "不再让 {0} 所在之处的陌生人进来{1}",
            whom,
            term(secs)
        ),
        Act::Unban => say!("lifted the bans of {0}", "解除了对 {0} 的封禁", whom),
        Act::Mute => say!("muted {0}{1}", "禁言了 {0}{1}", whom, term(secs)),
        Act::Unmute => say!("unmuted {0}", "解除了 {0} 的禁言", whom),
        Act::Op => say!("made {0} an operator", "让 {0} 成为管理员", whom),
        Act::Deop => say!("made {0} an operator no more", "让 {0} 不再是管理员", whom),
        Act::Redact => say!("removed line {0}", "删除了消息 {0}", whom),
        Act::Slow => match secs {
            None | Some(0) => say!("ended slow mode", "结束了慢速模式"),
            Some(secs) => say!(
                "set slow mode: a message every {0}",
                "设置了慢速模式：每 {0}一条消息",
                span(secs)
            ),
        },
    };
    say!("--- {0} {1}{2}", "--- {0} {1}{2}", by, what, reason(why))
}

fn term(secs: Option<u64>) -> Printable {
    secs.map(|secs| say!(" for {0}", "，为期 {0}", span(secs)))
        .unwrap_or_default()
}

/// A time as people say it, exactly.
fn span(secs: u64) -> Printable {
    let units = [
        (86_400, both(" d", " 天")),
        (3_600, both(" h", " 小时")),
        (60, both(" min", " 分钟")),
    ];
    let fits = |(size, _): &&(u64, Both)| secs > 0 && secs.is_multiple_of(*size);
    match units.iter().find(fits) {
        Some((size, unit)) => printable![secs / size, unit],
        None => say!("{0} s", "{0} 秒", secs),
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
        0 => say!(
            "  nobody is kept out, as far as you are told",
            "  就你所能知道的，没有人被挡在外面"
        ),
        count => say!("  {0} kept out", "  {0} 人被挡在外面", count),
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
        (Act::Redact, Some(line), _) => say!(" line {0}", " 消息 {0}", line),
        (_, Some(number), Some(name)) => printable![" ", party(name, number)],
        (_, Some(number), None) => printable![" #", number],
        (_, None, _) => Printable::default(),
    };
    let why = asked.why.as_ref().map(|why| Printable::field(why.as_str()));
    say!(
        "moderation in {0}, event {1}: {2} {3}{4}{5}{6}",
        "管理 {0}，事件 {1}：{2} {3}{4}{5}{6}",
        room,
        seq,
        party(by, *member),
        codes::act(asked.act),
        whom,
        term(asked.secs),
        reason(why.as_ref()),
    )
}

/// For the log of a server: one whom it names came in.
#[must_use]
pub fn appointed(room: &RoomName, member: u64, name: &Name) -> Printable {
    say!(
        "moderation in {0}: {1} is an operator (--admin)",
        "管理 {0}：{1} 是管理员（--admin）",
        room,
        party(name, member)
    )
}

fn party(name: &Name, number: u64) -> Printable {
    printable![Printable::name(name.as_str()), " #", number]
}

/// `--admin` where nobody shows a key.
pub const ADMIN_WITHOUT_KEYS: Both = both(
    "--admin goes by a key, and nobody shows one over clear text: leave out --insecure, or listen on loopback",
    "--admin 认密钥，而明文下没有人出示密钥：请去掉 --insecure，或者监听在回环地址上",
);

/// `mod bans` with more behind it.
pub const BANS_ALONE: Both = both(
    "bans lists who is kept out, and takes nobody's name",
    "bans 列出谁被挡在外面，后面不写名字",
);

/// A flag of `mod` that belongs to another act.
pub const FLAGS_OF_OTHERS: Both = both(
    "--address is for ban alone, --json for bans alone",
    "--address 只用于 ban，--json 只用于 bans",
);

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
