//! What is said of invitations and of links.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parlance_proto::name::RoomName;

use super::catalogue::{Both, both, say};
use super::{cause, no_randomness};
use crate::invites::{AccessError, INVITATIONS, Invitation};
use crate::link::Link;
use crate::link::LinkError;
use crate::printable::{Printable, Shown};

/// These clean what they quote.
impl Shown for AccessError {}
impl Shown for LinkError {}
/// Whatever stands in it has been read by a parser of its own.
impl Shown for Link {}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            LinkError::Scheme => both("a link begins with parlance://", "链接以 parlance:// 开头"),
            LinkError::Place => both(
                "the link's server is not HOST, HOST:PORT or [IPV6]:PORT",
                "链接里的服务器不是 HOST、HOST:PORT 或 [IPV6]:PORT",
            ),
            LinkError::Room => both(
                "the link names no room: parlance://HOST:PORT/ROOM",
                "链接没有指明房间：parlance://HOST:PORT/ROOM",
            ),
            LinkError::Pin => both(
                "the link's pin is not whole: copy it again",
                "链接里的公钥指纹不完整：请重新复制",
            ),
            LinkError::Invite => both(
                "the link's invitation is not whole: copy it again",
                "链接里的邀请不完整：请重新复制",
            ),
            LinkError::Unknown => both(
                "the link says something that this version does not know",
                "链接里有这个版本不认识的内容",
            ),
        };
        words.fmt(f)
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            AccessError::Io { path, error } => {
                say!("{0}: {1}", "{0}：{1}", Printable::path(path), cause(error))
            }
            AccessError::Readable { path, mode } => super::errors::readable(path, *mode),
            AccessError::InUse(folder) => say!(
                "another server keeps its invitations in {0}: give this one a folder of its own with --data",
                "另一个服务器把邀请放在 {0}：请用 --data 给这一个单独的文件夹",
                Printable::path(folder)
            ),
            AccessError::Foreign(path) => say!(
                "{0}: of another program, or of another version of this one",
                "{0}：属于另一个程序，或者本程序的另一个版本",
                Printable::path(path)
            ),
            AccessError::Database(error) => {
                let error = Printable::field(&error.to_string());
                say!(
                    "the invitations cannot be used: {0}",
                    "邀请无法使用：{0}",
                    error
                )
            }
            AccessError::Full => say!(
                "there are {0} invitations: revoke some (parlance invite list)",
                "已有 {0} 个邀请：请撤回一些（parlance invite list）",
                INVITATIONS
            ),
            AccessError::NoAddress(folder) => say!(
                "no server that asks for invitations has run with {0}: start it first, or say which folder with --data",
                "没有要求邀请的服务器用过 {0}：请先启动它，或者用 --data 指明文件夹",
                Printable::path(folder)
            ),
            AccessError::NotAnAddress(path) => say!(
                "{0}: not the address of a server; start the server again",
                "{0}：不是服务器的地址；请重新启动服务器",
                Printable::path(path)
            ),
            AccessError::Random(error) => no_randomness(error),
            AccessError::State(error) => return error.fmt(f),
        };
        words.fmt(f)
    }
}

/// An invitation was made at `now`, in milliseconds since 1970; its link stands on stdout.
#[must_use]
pub fn made(id: u64, uses: u32, room: &RoomName, valid: Duration, now: u64) -> Printable {
    let valid = u64::try_from(valid.as_millis()).unwrap_or(u64::MAX);
    say!(
        "invitation {0}: lets {1} into {2} until {3}; whoever has the link can use it",
        "邀请 {0}：让 {1} 进入 {2}，到 {3} 为止；谁有链接谁就能用",
        id,
        people(uses.into()),
        room,
        time(now.saturating_add(valid)),
    )
}

fn people(uses: u64) -> Printable {
    match uses {
        1 => say!("one person", "一个人"),
        uses => say!("{0} people", "{0} 个人", uses),
    }
}

/// An invitation in the list, at a time in milliseconds since 1970.
#[must_use]
pub fn listed(invitation: &Invitation, now: u64) -> Printable {
    let Invitation {
        id,
        room,
        uses,
        expires,
        ..
    } = invitation;
    let state = match (uses, *expires <= now) {
        (_, true) => say!("expired {0}", "{0} 已过期", time(*expires)),
        (0, false) => say!("used up", "已用完"),
        (uses, false) => say!(
            "{0} until {1}",
            "{0}，到 {1} 为止",
            people(*uses),
            time(*expires)
        ),
    };
    say!(
        "{0}  {1}  {2}",
        "{0}  {1}  {2}",
        id,
        Printable::name(room),
        state
    )
}

/// What a server says that is not open.
pub const BY_INVITATION: Both = both(
    "by invitation only: parlance invite makes a link that lets somebody in",
    "凭邀请进入：parlance invite 生成让人进来的链接",
);

/// There are none.
pub const NONE: Both = both(
    "no invitations; make one with: parlance invite",
    "没有邀请；生成一个：parlance invite",
);

/// It was taken back.
#[must_use]
pub fn revoked(id: u64) -> Printable {
    say!(
        "invitation {0} is revoked; who came in by it stays",
        "邀请 {0} 已撤回；凭它进来的人留下",
        id
    )
}

/// There is no such invitation.
#[must_use]
pub fn no_such(id: u64) -> Printable {
    say!(
        "there is no invitation {0}: parlance invite list shows which there are",
        "没有邀请 {0}：parlance invite list 列出有哪些",
        id
    )
}

/// The server of this folder listens on every address of the machine.
#[must_use]
pub fn which_host(folder: &Path) -> Printable {
    say!(
        "the server of {0} listens on every address: say by which one reaches it, with --host HOST",
        "{0} 的服务器监听在所有地址上：请用 --host HOST 指明从哪个地址连接",
        Printable::path(folder),
    )
}

/// A link and `--room` contradict each other.
#[must_use]
pub fn two_rooms(link: &RoomName, flag: &RoomName) -> Printable {
    say!(
        "the link is for {0}, and --room says {1}: leave --room out",
        "链接是给 {0} 的，而 --room 说的是 {1}：请去掉 --room",
        link,
        flag
    )
}

/// A link and `--pin` contradict each other.
pub const TWO_PINS: Both = both(
    "the link and --pin name two keys: leave --pin out",
    "链接和 --pin 指的是两个密钥：请去掉 --pin",
);

/// The line with which somebody comes in; a server says it at its start.
#[must_use]
pub fn come_in(link: &Link) -> Printable {
    say!(
        "for one person, within 24 hours: parlance join '{0}'",
        "供一个人在 24 小时内使用：parlance join '{0}'",
        link
    )
}

/// Why an invitation stays here.
pub const NOT_OVER_CLEAR_TEXT: Both = both(
    "the invitation is not shown to that server: it would go over the network in clear text",
    "邀请没有出示给那个服务器：否则它会以明文经过网络",
);

/// The door cannot be kept.
#[must_use]
pub fn failed(why: &Printable) -> Printable {
    say!(
        "somebody could not be let in or turned away: {0}",
        "有人既没法放进来也没法拒绝：{0}",
        why
    )
}

/// In the zone of this system, to the minute.
fn time(ms: u64) -> Printable {
    let at = i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.map_or_else(
        || say!("the end of time", "时间的尽头"),
        |at| {
            let zoned = at.to_zoned_datetime(TimeZone::system());
            Printable::field(&zoned.strftime("%Y-%m-%d %H:%M").to_string())
        },
    )
}
