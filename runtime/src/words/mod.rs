//! Every word that people see, in English and in Chinese.
//!
//! A text is written in both languages side by side ([`catalogue`]), so that none can lack in one. What goes over the
//! wire and the field names of JSON are English, and stand where they are made. The seed's own words are in [`seed`].

pub mod catalogue;
pub mod codes;
pub mod command_line;
pub mod door;
mod errors;
pub mod help;
pub mod identity;
pub mod invites;
mod lines;
pub mod load;
pub mod log;
pub mod moderation;
mod protocol;
mod room;
pub mod seed;
mod serving;
mod system;
pub mod trust;

pub use lines::*;
pub use protocol::*;
pub use room::*;
pub use serving::*;
pub use system::*;

use std::io;

use parlance_proto::client::{EndReason, LostWhy, RestartWhy};
use parlance_proto::name::NameError;
use parlance_proto::wire::ByeCode;

use self::catalogue::{Both, both, say};
use crate::cli::value::Place;
use crate::client::connector::Start;
use crate::client::reach::ConnectError;
use crate::printable::{Printable, printable};
use crate::tls::verifier::OtherKey;

/// What a message on stderr begins with.
pub const PROGRAM: &str = "parlance";

/// Nothing, in any language.
const NOTHING: Both = both("", "");

/// The cursor was refused.
#[must_use]
pub fn restarted(why: RestartWhy) -> Both {
    match why {
        RestartWhy::Epoch => both(
            "the room is another one now: its history begins anew",
            "房间已经换了一个：历史从头开始",
        ),
        _ => both(
            "the room does not go on from there: what follows begins elsewhere",
            "房间不能从那里接续：后面的内容从别处开始",
        ),
    }
}

/// The link is gone, and a new one is tried.
#[must_use]
pub fn lost(why: &LostWhy, place: &Place, failure: Option<&ConnectError>) -> Printable {
    match failure {
        Some(error) => say!(
            "cannot reach {0}: {1}; trying again{2}",
            "无法连接 {0}：{1}；正在重试{2}",
            server(place),
            error,
            hint(place),
        ),
        None => say!(
            "connection lost: {0}; trying again",
            "连接断开：{0}；正在重试",
            lost_why(why),
        ),
    }
}

/// Nobody answered in time.
#[must_use]
pub fn not_reached(place: &Place, failure: Option<&ConnectError>) -> Printable {
    let server = server(place);
    match failure {
        Some(error) => say!(
            "{0} was not reached in time: {1}{2}",
            "没有及时连上 {0}：{1}{2}",
            server,
            error,
            hint(place),
        ),
        None => say!(
            "{0} did not let us in in time: try again later",
            "{0} 没有及时放行：请稍后再试",
            server,
        ),
    }
}

fn server(place: &Place) -> Printable {
    Printable::name(&place.to_string())
}

fn hint(place: &Place) -> Both {
    if place.is_loopback() {
        both(
            " (is the server running? start it with: parlance serve)",
            "（服务器在运行吗？启动命令：parlance serve）",
        )
    } else {
        NOTHING
    }
}

/// The end, not asked for.
#[must_use]
pub fn ended(reason: &EndReason, place: &Place, failure: Option<&ConnectError>) -> Printable {
    let what_to_do = match reason {
        EndReason::Bye(bye) if bye.code == ByeCode::TAKEN || bye.code == ByeCode::BAD_NAME => {
            both("; choose another with --name", "；请用 --name 换一个")
        }
        EndReason::Bye(bye) if bye.code == ByeCode::BAD_ROOM => {
            both("; choose another with --room", "；请用 --room 换一个")
        }
        EndReason::Lost(LostWhy::Unreachable) => match failure {
            Some(ConnectError::OtherKey(OtherKey { known, shown })) => {
                return trust::other_key(place, known, shown);
            }
            Some(ConnectError::Forged) => return trust::forged(place),
            failure => return not_reached(place, failure),
        },
        _ => NOTHING,
    };
    printable![end(reason), what_to_do]
}

/// What the client began from, where a person has to know it.
#[must_use]
pub fn start(start: &Start, name: &Printable) -> Option<Printable> {
    Some(match start {
        Start::InUse => say!(
            "{0} is in this room from here already: this one is another device, and what is open at its end is not kept",
            "{0} 已经从这里进入了这个房间：这一个算另一台设备，结束时还没确认的内容不会保留",
            name,
        ),
        Start::Unreadable { why, moved } => say!(
            "what was kept of the last time cannot be used ({0}): begun afresh; it is in {1}",
            "上次保留的内容不能用（{0}）：重新开始；它在 {1}",
            why,
            Printable::path(moved),
        ),
        Start::NotKept(error) => say!(
            "nothing is kept over the end of this program: {0}",
            "程序结束后什么都不保留：{0}",
            error,
        ),
        _ => return None,
    })
}

/// The state could not be written.
#[must_use]
pub fn kept_no_more(error: &io::Error) -> Printable {
    say!(
        "cannot write to the state folder ({0}): what is open at the end of this program is not kept",
        "无法写入状态文件夹（{0}）：程序结束时还没确认的内容不会保留",
        cause(error),
    )
}

/// Stdin cannot be read.
#[must_use]
pub fn cannot_read_stdin(error: &io::Error) -> Printable {
    say!(
        "cannot read stdin: {0}",
        "无法读取标准输入：{0}",
        cause(error)
    )
}

/// Stdout cannot be written.
#[must_use]
pub fn cannot_print(error: &io::Error) -> Printable {
    say!(
        "cannot write to stdout: {0}",
        "无法写入标准输出：{0}",
        cause(error)
    )
}

/// A command line that cannot be followed.
#[must_use]
pub fn usage(what: &Printable) -> Printable {
    say!(
        "{0}; see parlance --help",
        "{0}；参见 parlance --help",
        what
    )
}

/// `ask` without a question.
pub const NO_QUESTION: Both = both(
    "nothing is asked: parlance ask HOST TEXT",
    "没有问题：parlance ask HOST TEXT",
);

/// No name was said, and none is known.
pub const NO_NAME: Both = both(
    "no login name is known: say --name NAME",
    "不知道登录名：请用 --name NAME 指定",
);

/// The login name breaks the rules.
#[must_use]
pub fn login_name_refused(name: &Printable, error: &NameError) -> Printable {
    say!(
        "the login name {0} will not do: {1}; say --name NAME",
        "登录名 {0} 不能用：{1}；请用 --name NAME 指定",
        name,
        name_error(error),
    )
}
