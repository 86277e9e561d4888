//! What is said of a room and of who is in it.

use parlance_proto::wire::{GapWhy, Listed};

use super::NOTHING;
use super::catalogue::{Both, both, say};
use crate::printable::{Printable, printable};

/// `/help`.
pub const COMMANDS: Both = both(
    "  /me TEXT         say what you do
  /msg NAME TEXT   to one member only; not kept
  /nick NAME       take another name
  /topic [TEXT]    show the topic, or set it; - clears it
  /who             who is here
  /kick /ban /unban /mute /unmute /op /deop /slow /redact /bans
                   for operators: each alone says how it is written
  /quit [WHY]      leave
  //TEXT           say a text that begins with a slash",
    "  /me TEXT         说你在做什么
  /msg NAME TEXT   只给一个成员；不保留
  /nick NAME       改名
  /topic [TEXT]    查看或设置话题；- 清除话题
  /who             谁在这里
  /kick /ban /unban /mute /unmute /op /deop /slow /redact /bans
                   管理员用：单独输入时说明写法
  /quit [WHY]      离开
  //TEXT           说一句以斜线开头的话",
);

/// In the place of a text that was erased.
pub const ERASED: Both = both("(erased)", "（已删除）");

/// Let in, for the first time or again.
#[must_use]
pub fn welcome(name: &Printable, again: bool, count: u64, topic: Option<&Printable>) -> Printable {
    let came = if again {
        both("connected again", "已重新连接")
    } else {
        both("connected", "已连接")
    };
    let topic = topic
        .map(|topic| say!("; topic: {0}", "；话题：{0}", topic))
        .unwrap_or_default();
    let hint = if again {
        NOTHING
    } else {
        both("; /help lists the commands", "；/help 列出命令")
    };
    say!(
        "{0} as {1}, {2}{3}{4}",
        "{0}，名字是 {1}，{2}{3}{4}",
        came,
        name,
        here(count),
        topic,
        hint,
    )
}

fn here(count: u64) -> Printable {
    say!("{0} here", "现有 {0} 人", count)
}

/// A member came.
#[must_use]
pub fn joined(who: &Printable, count: u64) -> Printable {
    say!(
        "--> {0} joined, {1}",
        "--> {0} 加入了，{1}",
        who,
        here(count)
    )
}

/// A member left.
#[must_use]
pub fn left(who: &Printable, count: u64, why: Option<&Printable>) -> Printable {
    say!(
        "<-- {0} left{1}, {2}",
        "<-- {0} 离开了{1}，{2}",
        who,
        reason(why),
        here(count)
    )
}

/// A member has another name.
#[must_use]
pub fn renamed(old: &Printable, new: &Printable) -> Printable {
    say!("--- {0} is now {1}", "--- {0} 改名为 {1}", old, new)
}

/// The topic is another.
#[must_use]
pub fn titled(who: &Printable, topic: Option<&Printable>) -> Printable {
    match topic {
        Some(topic) => say!(
            "--- {0} set the topic: {1}",
            "--- {0} 设置了话题：{1}",
            who,
            topic
        ),
        None => say!("--- {0} cleared the topic", "--- {0} 清除了话题", who),
    }
}

/// A reason behind what was done.
pub(super) fn reason(why: Option<&Printable>) -> Printable {
    why.map(|why| say!(" ({0})", "（{0}）", why))
        .unwrap_or_default()
}

/// A private message to us.
#[must_use]
pub fn told_by(who: &Printable, text: &Printable) -> Printable {
    printable!["*", who, "* ", text]
}

/// A private message of ours.
#[must_use]
pub fn told_to(who: &Printable, text: &Printable) -> Printable {
    printable!["-> *", who, "* ", text]
}

/// Events that are not coming.
#[must_use]
pub fn gap(from: u64, to: u64, why: GapWhy) -> Printable {
    let count = to.saturating_sub(from).saturating_add(1);
    let why = match why {
        GapWhy::Trimmed => both("no longer kept", "不再保留"),
        GapWhy::Newer => both("of a newer version", "属于更新的版本"),
    };
    say!(
        "--- {0} missing here ({1} to {2}, {3})",
        "--- 这里缺 {0} 条（{1} 到 {2}，{3}）",
        count,
        from,
        to,
        why,
    )
}

/// A private text is for a name that was another's a moment ago.
#[must_use]
pub fn another_now(name: &Printable) -> Printable {
    say!(
        "{0} is somebody else now than a while ago, so nothing was sent: say it again if you mean this one, or look with /who",
        "{0} 现在和刚才不是同一个人，所以没有发送：如果就是要发给这一位，请再说一遍，或者用 /who 看看",
        name,
    )
}

/// A member in `/who`.
#[must_use]
pub fn listed(who: &Printable, flags: u64) -> Printable {
    let marks = [
        (Listed::OPERATOR, both("operator", "管理员")),
        (Listed::MUTED, both("muted", "被禁言")),
        (Listed::AWAY, both("away", "离开片刻")),
    ]
    .into_iter()
    .filter(|(flag, _)| flags & flag != 0);
    let mut line = printable!["  ", who];
    for (nth, (_, mark)) in marks.enumerate() {
        line.push(match nth {
            0 => both(" (", "（"),
            _ => both(", ", "，"),
        });
        line.push(mark);
    }
    if flags & (Listed::OPERATOR | Listed::MUTED | Listed::AWAY) != 0 {
        line.push(both(")", "）"));
    }
    line
}

/// How many are here, and how many of them are known by name.
#[must_use]
pub fn count_here(count: u64, known: u64) -> Printable {
    match count.saturating_sub(known) {
        0 => printable!["  ", here(count)],
        others => say!(
            "  {0}, {1} of them not listed",
            "  {0}，其中 {1} 人未列出",
            here(count),
            others
        ),
    }
}

/// The topic.
#[must_use]
pub fn topic(topic: Option<&Printable>) -> Printable {
    topic.map_or_else(
        || say!("there is no topic", "没有话题"),
        |topic| say!("topic: {0}", "话题：{0}", topic),
    )
}
