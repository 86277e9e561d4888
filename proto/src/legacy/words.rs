//! What a seed member is shown, in the seed's own form and words. `[LG-7]`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::PIECE;
use super::pickle::{self, Kind};
use crate::wire::{Act, Bye, ByeCode, Event, Gap, Said, SayKind, Told};

/// What stands for the address of somebody whose address is not shown.
pub const HIDDEN: &str = "hidden";
/// What a login begins with.
pub const LOGIN: &str = "NAME: ";
/// What a welcome begins with.
pub const WELCOME: &str = "CLIENT: ";

/// The name in a login, if the frame is one: the marker is looked for at the start and nowhere else.
/// `[LG-4]`
#[must_use]
pub fn login(text: &str) -> Option<&str> {
    text.strip_prefix(LOGIN).map(str::trim)
}

/// The welcome.
#[must_use]
pub fn welcome(address: Option<&str>) -> String {
    format!("{WELCOME}{}", address.unwrap_or(HIDDEN))
}

/// A notice.
#[must_use]
pub fn notice(text: &str) -> String {
    format!("\n({})", marked(text))
}

/// The last words; none after a leave that was asked for.
#[must_use]
pub fn bye(bye: &Bye) -> Option<String> {
    if bye.code == ByeCode::QUIT {
        None
    } else if bye.code == ByeCode::SHUTDOWN {
        Some(notice("关闭服务器..."))
    } else {
        Some(notice(&bye.text))
    }
}

/// Events that are kept no more.
#[must_use]
pub fn gap(gap: &Gap) -> String {
    let count = gap.to.saturating_sub(gap.from).saturating_add(1);
    notice(&format!("{count} 条消息已不再保留"))
}

/// A private text.
#[must_use]
pub fn told(told: &Told) -> String {
    notice(&format!("{} 私下对你说: {}", told.name, told.text))
}

/// The texts that an event is shown as: none for what the seed has no word for and nobody misses, several for what is
/// too long for one frame of this kind. `host` is the speaker's, `whom` the name of the member that a moderator's act
/// is about.
#[must_use]
pub fn event(event: &Event, host: Option<&str>, whom: Option<&str>, kind: Kind) -> Vec<String> {
    let at = |name: &str, host: Option<&str>| format!("{name}@{}", host.unwrap_or(HIDDEN));
    let one = match event {
        Event::Said(words) => return said(words, &at(&words.name, host), kind),
        Event::Joined(joined) => notice(&format!(
            "新客户端连接: ({}) from {}",
            joined.members,
            at(&joined.name, joined.host.as_deref())
        )),
        Event::Left(left) => notice(&format!(
            "客户端离开: {}",
            at(&left.name, left.host.as_deref())
        )),
        Event::Renamed(renamed) => notice(&format!("{} 改名为 {}", renamed.old, renamed.new)),
        Event::Titled(titled) => match &titled.topic {
            Some(topic) => notice(&format!("话题: {topic}")),
            None => notice("话题已清除"),
        },
        Event::Modded(modded) => {
            let why = modded.why.as_deref().map(|why| format!(": {why}"));
            let act = act(modded.act, whom.unwrap_or("一位成员"));
            notice(&format!("{act}{}", why.unwrap_or_default()))
        }
    };
    alloc::vec![one]
}

/// What somebody said, cut at characters into frames of a bounded size, each with its speaker. `[LG-6]`
fn said(said: &Said, speaker: &str, kind: Kind) -> Vec<String> {
    let Some(text) = &said.text else {
        return alloc::vec![notice(&format!("{speaker} 的一条消息已被删除"))];
    };
    let prefix = format!("\n#[{speaker}]>>");
    let text = match said.kind {
        SayKind::Action => format!("* {}", marked(text)),
        SayKind::Say | SayKind::Notice => marked(text),
    };
    let room = PIECE
        .saturating_sub(pickle::write(&prefix, kind).len())
        .max(64);
    let mut all = Vec::new();
    let mut piece = prefix.clone();
    let mut used = 0_usize;
    for character in text.chars() {
        let cost = cost(character, kind);
        if used.saturating_add(cost) > room && used > 0 {
            all.push(core::mem::replace(&mut piece, prefix.clone()));
            used = 0;
        }
        piece.push(character);
        used = used.saturating_add(cost);
    }
    all.push(piece);
    all
}

/// How many bytes a character takes in a body, at most.
fn cost(character: char, kind: Kind) -> usize {
    match (kind, character) {
        (Kind::Str, ' '..='~') if !matches!(character, '\\' | '\'' | '"') => 1,
        (Kind::Str, _) => character.len_utf8().saturating_mul(4),
        (Kind::Unicode | Kind::Bytes, _) => character.len_utf8(),
    }
}

/// Each further line begins with blanks, so that none can pass for a notice or for another's text; what a terminal
/// would obey is left out.
fn marked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\n    "),
            '\t' => out.push('\t'),
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

fn act(act: Act, whom: &str) -> String {
    match act {
        Act::Kick => format!("{whom} 被请出"),
        Act::Ban | Act::BanAddress => format!("{whom} 被封禁"),
        Act::Unban => format!("{whom} 的封禁已解除"),
        Act::Mute => format!("{whom} 被禁言"),
        Act::Unmute => format!("{whom} 的禁言已解除"),
        Act::Op => format!("{whom} 成为管理员"),
        Act::Deop => format!("{whom} 不再是管理员"),
        Act::Redact => String::from("一条消息已被删除"),
        Act::Slow => String::from("慢速模式已更改"),
    }
}
