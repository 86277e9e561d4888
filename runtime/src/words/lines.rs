//! What is said of the lines that a person or a script has said.

use parlance_proto::client::{Failure, LineState};

use super::catalogue::{both, say};
use super::codes;
use crate::printable::{Printable, Shown, printable};

/// A line that did not come back at once.
#[must_use]
pub fn pending(text: &Printable) -> Printable {
    say!("pending: {0}", "等待确认：{0}", text)
}

/// A line that was shown as pending.
#[must_use]
pub fn sent(text: &Printable) -> Printable {
    say!("sent: {0}", "已发送：{0}", text)
}

/// A line that is not acknowledged, with its text, so that it is not lost.
#[must_use]
pub fn not_acknowledged(place: Option<u64>, state: &LineState, text: &Printable) -> Printable {
    say!(
        "{0}{1}: {2}",
        "{0}{1}：{2}",
        line(place),
        state_of(state),
        text
    )
}

/// The same for a private message.
#[must_use]
pub fn tell_failed(state: &LineState) -> Printable {
    say!("private message {0}", "私信{0}", state_of(state))
}

/// Why a line failed.
#[must_use]
pub fn failure(failure: &Failure) -> Printable {
    match failure {
        Failure::Refused { code, text } => codes::refused(*code, text),
        Failure::TooLong => say!("longer than this server takes", "超过这个服务器接受的长度"),
        _ => say!("not sent", "没有发送"),
    }
}

fn state_of(state: &LineState) -> Printable {
    match state {
        LineState::Failed(failure) => {
            say!("failed ({0})", "失败（{0}）", self::failure(failure))
        }
        LineState::Unknown => say!("unknown (it may have arrived)", "不明（可能已经送到）"),
        LineState::Sent => say!("sent", "已发送"),
        _ => say!("still pending", "仍在等待确认"),
    }
}

fn line(place: Option<u64>) -> Printable {
    place
        .map(|number| say!("line {0} ", "第 {0} 行", number))
        .unwrap_or_default()
}

/// How many lines are not acknowledged.
#[must_use]
pub fn count_not_acknowledged(count: u64, of: u64) -> Printable {
    say!(
        "{0} of {1} lines not acknowledged",
        "{1} 行中有 {0} 行没有得到确认",
        count,
        of
    )
}

/// Lines that wait for the next start.
#[must_use]
pub fn kept_for_next(count: usize) -> Printable {
    say!(
        "{0} lines are kept, and go at the next join",
        "保留了 {0} 行，下次加入时发送",
        count
    )
}

/// A question that got no answer in time.
pub const NOT_ANSWERED: super::catalogue::Both = both("nobody answered in time", "没有人及时回答");

/// A line that cannot be said.
#[must_use]
pub fn line_refused(place: Option<u64>, error: &dyn Shown) -> Printable {
    match place {
        Some(number) => say!(
            "line {0} cannot be sent: {1}",
            "第 {0} 行无法发送：{1}",
            number,
            error
        ),
        None => printable![error],
    }
}

/// A line that is too long.
#[must_use]
pub fn line_too_long(place: Option<u64>, length: usize, limit: usize) -> Printable {
    line_refused(
        place,
        &say!(
            "it has {0} bytes, and a message at most {1}: cut it",
            "它有 {0} 字节，而一条消息最多 {1}：请切开",
            length,
            limit
        ),
    )
}

/// A line that is no text.
#[must_use]
pub fn line_not_utf8(place: Option<u64>) -> Printable {
    line_refused(place, &both("it is not UTF-8 text", "它不是 UTF-8 文本"))
}
