//! The codes of the protocol, as people read them: a client says in its person's language what a code means, and quotes
//! a server only where that adds something.

use parlance_proto::wire::{Act, Bye, ByeCode, ErrorCode};

use super::catalogue::{Both, Language, both, say};
use crate::printable::Printable;

/// What a moderator does.
#[must_use]
pub const fn act(act: Act) -> Both {
    match act {
        Act::Kick => both("kick", "踢出"),
        Act::Ban => both("ban", "封禁"),
        Act::BanAddress => both("ban-address", "封禁地址"),
        Act::Unban => both("unban", "解除封禁"),
        Act::Mute => both("mute", "禁言"),
        Act::Unmute => both("unmute", "解除禁言"),
        Act::Op => both("op", "设为管理员"),
        Act::Deop => both("deop", "取消管理员"),
        Act::Redact => both("redact", "删除消息"),
        Act::Slow => both("slow", "慢速模式"),
    }
}

/// What the code of an `ERROR` means.
#[must_use]
pub const fn error(code: ErrorCode) -> Both {
    match code {
        ErrorCode::Unsupported => both("this server does not do that", "这个服务器不支持"),
        ErrorCode::BadText => both("the text breaks a rule", "文本不合规则"),
        ErrorCode::BadName => both("the name breaks a rule", "名字不合规则"),
        ErrorCode::Taken => both(
            "the name is taken, or looks like one that is",
            "名字已被占用，或者与已有的名字太像",
        ),
        ErrorCode::Muted => both("you are muted", "你被禁言了"),
        ErrorCode::SlowMode => both(
            "the room is in slow mode: wait a little",
            "房间在慢速模式：请稍等",
        ),
        ErrorCode::NotAllowed => both("you may not do that", "你没有这个权限"),
        ErrorCode::NoMember => both("there is no such member", "没有这个成员"),
        ErrorCode::NoEvent => both("there is no such event", "没有这个事件"),
        ErrorCode::Busy => both("too much is under way", "正在进行的太多"),
        ErrorCode::Storage => both("it could not be stored", "无法存储"),
    }
}

/// Whether the words of a server say more than the code of an `ERROR`.
const fn error_adds(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Unsupported
            | ErrorCode::BadText
            | ErrorCode::BadName
            | ErrorCode::Muted
            | ErrorCode::SlowMode
            | ErrorCode::NotAllowed
    )
}

/// A request was refused.
#[must_use]
pub fn refused(code: ErrorCode, text: &str) -> Printable {
    let word = Printable::field(code.as_str());
    told(&word, error(code), error_adds(code), text)
}

/// What the code of last words means; none where this version does not know it.
#[must_use]
pub fn bye(code: &ByeCode) -> Option<Both> {
    let known: &[(ByeCode, Both)] = &[
        (ByeCode::TOO_BIG, both("a frame was too long", "一帧太长")),
        (
            ByeCode::MALFORMED,
            both("a message was malformed", "一条消息格式不对"),
        ),
        (
            ByeCode::UNEXPECTED,
            both("a message had no place there", "一条消息来得不是时候"),
        ),
        (
            ByeCode::VERSION,
            both("no common version", "没有共同的协议版本"),
        ),
        (
            ByeCode::BAD_NAME,
            both("the name breaks a rule", "名字不合规则"),
        ),
        (
            ByeCode::BAD_ROOM,
            both("the room name breaks a rule", "房间名不合规则"),
        ),
        (
            ByeCode::TAKEN,
            both(
                "the name is taken, or looks like one that is",
                "名字已被占用，或者与已有的名字太像",
            ),
        ),
        (ByeCode::FULL, both("it is full", "满员")),
        (
            ByeCode::FORBIDDEN,
            both(
                "one comes in by invitation, and you have shown none that holds: ask for one",
                "凭邀请进入，而你没有出示有效的邀请：请索取一个",
            ),
        ),
        (ByeCode::BANNED, both("you are banned", "你被封禁了")),
        (ByeCode::KICKED, both("you were kicked", "你被踢出了")),
        (
            ByeCode::STALE,
            both(
                "a newer connection of your session exists or has ended",
                "你的会话已有更新的连接，或者已经结束",
            ),
        ),
        (
            ByeCode::SESSION,
            both(
                "the room does not know your session any more",
                "房间不再认识你的会话",
            ),
        ),
        (
            ByeCode::REPLACED,
            both(
                "a newer connection of your session took over",
                "你的会话被更新的连接接替了",
            ),
        ),
        (
            ByeCode::TIMEOUT,
            both("the login was not done in time", "登录没有及时完成"),
        ),
        (
            ByeCode::IDLE,
            both("nothing was heard from you", "很久没有你的消息"),
        ),
        (
            ByeCode::STALLED,
            both("you took nothing for too long", "你太久没有接收"),
        ),
        (
            ByeCode::BUSY,
            both("the server cannot keep up", "服务器忙不过来"),
        ),
        (
            ByeCode::SHUTDOWN,
            both("the server is going down", "服务器正在关闭"),
        ),
        (ByeCode::QUIT, both("until next time", "下次见")),
    ];
    known
        .iter()
        .find(|(known, _)| known == code)
        .map(|(_, words)| *words)
}

/// The last words of a server.
#[must_use]
pub fn last_words(last: &Bye) -> Printable {
    const ADDS: [ByeCode; 9] = [
        ByeCode::TOO_BIG,
        ByeCode::MALFORMED,
        ByeCode::UNEXPECTED,
        ByeCode::VERSION,
        ByeCode::BAD_NAME,
        ByeCode::BAD_ROOM,
        ByeCode::FULL,
        ByeCode::BANNED,
        ByeCode::KICKED,
    ];
    let word = Printable::field(last.code.as_str());
    match bye(&last.code) {
        Some(words) => told(&word, words, ADDS.contains(&last.code), &last.text),
        None => say!(
            "the server says {0}: {1}",
            "服务器说 {0}：{1}",
            word,
            Printable::field(&last.text)
        ),
    }
}

fn told(code: &Printable, words: Both, adds: bool, text: &str) -> Printable {
    if adds && !text.is_empty() && text != words.of(Language::English) {
        let text = Printable::field(text);
        return say!("{0}: {1} ({2})", "{0}：{1}（{2}）", code, words, text);
    }
    say!("{0}: {1}", "{0}：{1}", code, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_words_and_a_server_is_quoted_where_it_adds_something() {
        for code in ByeCode::ALL {
            assert!(bye(code).is_some(), "{code}");
        }
        let said = |code, text: &str| {
            last_words(&Bye {
                code,
                text: text.to_owned(),
                retry: None,
            })
        };
        assert_eq!(
            said(ByeCode::IDLE, "whatever").as_str(),
            "idle: nothing was heard from you"
        );
        assert_eq!(
            said(ByeCode::FULL, "no\u{1b}place").as_str(),
            "full: it is full (no^[place)"
        );
        let unknown = Bye {
            code: ByeCode::new("new-code").unwrap(),
            text: "x".to_owned(),
            retry: None,
        };
        assert!(!last_words(&unknown).as_str().is_empty());
        assert_eq!(
            refused(ErrorCode::Storage, "x").as_str(),
            "storage: it could not be stored"
        );
        assert_eq!(
            refused(ErrorCode::Muted, "for 10 minutes").as_str(),
            "muted: you are muted (for 10 minutes)"
        );
    }
}
