//! What is wrong with a name, a text, a line or a link: the errors of the protocol in its person's language.

use parlance_proto::client::{EndReason, LostWhy, SayError, TellError, Violation};
use parlance_proto::close::CloseReason;
use parlance_proto::name::{NameError, RoomNameError};
use parlance_proto::text::TextError;

use super::catalogue::say;
use super::codes;
use crate::printable::Printable;

/// A character by its number.
fn number(c: char) -> Printable {
    Printable::field(&format!("U+{:04X}", u32::from(c)))
}

/// What is wrong with a name.
#[must_use]
pub fn name_error(error: &NameError) -> Printable {
    match error {
        NameError::Empty => say!(
            "the name is empty: give one of 1 to 32 characters",
            "名字是空的：请给 1 到 32 个字符"
        ),
        NameError::TooLong => say!(
            "the name has more than 32 characters: shorten it",
            "名字超过 32 个字符：请缩短"
        ),
        NameError::NotNormalized => say!(
            "the name is not in Unicode normalization form C: normalize it first",
            "名字不是 Unicode 规范形式 C：请先规范化"
        ),
        NameError::Space => say!(
            "the name has a space at an end or two in a row: take that space out",
            "名字首尾有空格，或者有连续的空格：请去掉"
        ),
        NameError::Character(c) => say!(
            "the name has {0}, which may not be there: take it out",
            "名字里有 {0}，不允许：请去掉",
            number(*c)
        ),
        NameError::Reserved => say!(
            "the name is the server's or looks like it: choose another",
            "这是服务器的名字，或者太像：请换一个"
        ),
        _ => say!("the name will not do", "名字不能用"),
    }
}

/// What is wrong with the name of a room.
#[must_use]
pub fn room_name_error(error: &RoomNameError) -> Printable {
    match error {
        RoomNameError::Empty => say!(
            "the room name is empty: give one of 1 to 32 characters",
            "房间名是空的：请给 1 到 32 个字符"
        ),
        RoomNameError::TooLong => say!(
            "the room name has more than 32 characters: shorten it",
            "房间名超过 32 个字符：请缩短"
        ),
        RoomNameError::Character(c) => say!(
            "the room name has {0}: use only a-z, 0-9 and . _ -",
            "房间名里有 {0}：只用 a-z、0-9 和 . _ -",
            number(*c)
        ),
        RoomNameError::First(c) => say!(
            "the room name begins with {0}: begin it with a letter or digit",
            "房间名以 {0} 开头：请以字母或数字开头",
            Printable::field(&c.to_string())
        ),
        _ => say!("the room name will not do", "房间名不能用"),
    }
}

/// What is wrong with a text.
#[must_use]
pub fn text_error(error: &TextError) -> Printable {
    match error {
        TextError::Empty => say!(
            "the text is empty: give at least one character",
            "文本是空的：至少给一个字符"
        ),
        TextError::TooLong { limit, got } => say!(
            "the text has {0} bytes, {1} at most: shorten it or send it in parts",
            "文本有 {0} 字节，最多 {1}：请缩短或分开发送",
            got,
            limit
        ),
        TextError::NotNormalized => say!(
            "the text is not in Unicode normalization form C: normalize it first",
            "文本不是 Unicode 规范形式 C：请先规范化"
        ),
        TextError::Character { at, found } => say!(
            "the text has {0} at byte {1}, which is not allowed: take it out",
            "文本第 {1} 字节处有 {0}，不允许：请去掉",
            number(*found),
            at
        ),
        _ => say!("the text will not do", "文本不能用"),
    }
}

fn too_long(limit: u64) -> Printable {
    say!(
        "the text has more than the {0} bytes that this server takes",
        "文本超过这个服务器接受的 {0} 字节",
        limit
    )
}

/// Why a line was not taken.
#[must_use]
pub fn say_error(error: &SayError) -> Printable {
    match error {
        SayError::Full => say!(
            "too many lines are waiting to be acknowledged",
            "等待确认的消息太多"
        ),
        SayError::TooLong { limit } => too_long(*limit),
        SayError::OutOfRange => say!("no event has that number", "没有这个编号的事件"),
        SayError::Quitting => say!("the client is quitting", "客户端正在退出"),
        _ => say!("the client has ended", "客户端已经结束"),
    }
}

/// Why a private message was not taken.
#[must_use]
pub fn tell_error(error: &TellError) -> Printable {
    match error {
        TellError::NotLive => say!(
            "not connected, and private messages do not wait",
            "没有连接，而私信不会等待"
        ),
        TellError::Full => say!(
            "too many private messages are unanswered",
            "没有回音的私信太多"
        ),
        TellError::TooLong { limit } => too_long(*limit),
        _ => say!("no member has that number", "没有这个编号的成员"),
    }
}

/// Why a client ended.
#[must_use]
pub fn end(reason: &EndReason) -> Printable {
    match reason {
        EndReason::Bye(bye) => codes::last_words(bye),
        EndReason::Violated(violation) => say!(
            "the server broke the rules: {0}",
            "服务器违反了协议：{0}",
            broken(violation)
        ),
        EndReason::Lost(why) => lost_why(why),
        _ => say!("left", "已离开"),
    }
}

/// How a server broke the rules.
fn broken(violation: &Violation) -> Printable {
    match violation {
        Violation::Frame(error) => detail(error),
        Violation::Decode(error) => detail(error),
        Violation::Unexpected { message, .. } => say!(
            "{0} had no place there",
            "{0} 来得不是时候",
            Printable::field(message.tag())
        ),
        Violation::Version(version) => say!(
            "version {0}, which was not offered",
            "版本 {0}，我们没有提出",
            version
        ),
        Violation::Jump { due, came } => say!(
            "event {0} where {1} was due",
            "应该是事件 {1}，来的却是 {0}",
            came,
            due
        ),
        Violation::Page { from, next } => say!(
            "a page of members from {0} that leads to {1}",
            "成员列表从 {0} 开始的一页指向 {1}",
            from,
            next
        ),
        _ => say!("in a way of its own", "以它自己的方式"),
    }
}

/// What a decoder found: its terms are those of the protocol, which are English.
fn detail(error: &dyn std::fmt::Display) -> Printable {
    let error = Printable::field(&error.to_string());
    say!("{0}", "一帧无法解读（{0}）", error)
}

/// How a link was lost.
#[must_use]
pub fn lost_why(why: &LostWhy) -> Printable {
    match why {
        LostWhy::Unreachable => say!("the server could not be reached", "连不上服务器"),
        LostWhy::Eof => say!(
            "the server closed the link without a word",
            "服务器没说一句就关闭了连接"
        ),
        LostWhy::Reset => say!("the link was reset", "连接被重置"),
        LostWhy::Handshake => say!("the server did not let us in in time", "服务器没有及时放行"),
        LostWhy::Dead => say!("nothing came from the server any more", "服务器再没有消息"),
        LostWhy::ClockJumped => say!("the clock jumped", "时钟跳了"),
        LostWhy::Bye(bye) => codes::last_words(bye),
        LostWhy::ForeignSession => say!(
            "another program has used this session",
            "另一个程序用过这个会话"
        ),
        LostWhy::KeptOld => say!(
            "what was kept here is older than what has been sent since",
            "这里保留的比之后发送的旧"
        ),
        _ => say!("the link is gone", "连接没有了"),
    }
}

/// Why a server closed a connection, for whoever runs it; none where nobody was told why.
#[must_use]
pub fn closed_because(reason: &CloseReason) -> Option<Printable> {
    // Last words may quote what the peer sent.
    Some(codes::last_words(&reason.last_words()?))
}
