//! What the tools of the log say.

use std::fmt;
use std::path::Path;

use parlance_proto::name::RoomName;

use super::catalogue::{Both, both, say};
use super::{cannot_read_stdin, cause, no_randomness};
use crate::log::disk::tools::{Checked, Imported, Left, ToolError};
use crate::log::disk::{Damage, StoreError};
use crate::printable::{Printable, Shown, printable};

impl Shown for ToolError {}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            ToolError::NoLog(folder) => say!(
                "{0}: there is no log",
                "{0}：没有日志",
                Printable::path(folder)
            ),
            ToolError::Store(StoreError::InUse(folder)) => say!(
                "{0}: a server has this folder; end it first",
                "{0}：有服务器在用这个文件夹；请先结束它",
                Printable::path(folder)
            ),
            ToolError::Store(error) => return error.fmt(f),
            ToolError::NoRoom(room) => say!("there is no room {0}", "没有房间 {0}", room),
            ToolError::Used(folder) => say!(
                "{0}: holds something; import into a folder that is new or empty",
                "{0}：里面有东西；请导入到新的或空的文件夹",
                Printable::path(folder)
            ),
            ToolError::Input { line, why } => say!("line {0}: {1}", "第 {0} 行：{1}", line, why),
            ToolError::Room(room, why) => say!("{0}: {1}", "{0}：{1}", room, why),
            ToolError::Stdin(error) => cannot_read_stdin(error),
            ToolError::Print(_) => say!("stdout is closed", "标准输出已关闭"),
        };
        words.fmt(f)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            StoreError::InUse(folder) => say!(
                "{0}: another server has this folder; end it, or take another with --data",
                "{0}：另一个服务器在用这个文件夹；请结束它，或者用 --data 换一个",
                Printable::path(folder)
            ),
            StoreError::Full => say!(
                "the disk has no space left: free some",
                "磁盘没有空间了：请腾出一些"
            ),
            StoreError::Damaged(damage) => say!(
                "the log is damaged: {0}; restore a backup, or `parlance log export --salvage` what is whole",
                "日志损坏了：{0}；请恢复备份，或者用 `parlance log export --salvage` 导出完好的部分",
                damage
            ),
            StoreError::Format(what) => printable![what],
            StoreError::Database(error) => {
                let error = Printable::field(&error.to_string());
                say!(
                    "the log's database failed: {0}",
                    "日志的数据库出错：{0}",
                    error
                )
            }
            StoreError::File { name, error } => {
                say!("{0}: {1}", "{0}：{1}", Printable::field(name), cause(error))
            }
            StoreError::Random(error) => no_randomness(error),
        };
        words.fmt(f)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Damage::Entry(n) => say!(
                "entry {0} is not as it was written",
                "条目 {0} 与写入时不同",
                n
            ),
            Damage::NoEntry(n) => say!("entry {0} is missing", "缺条目 {0}", n),
            Damage::Chain(n) => say!(
                "what stands before entry {0} is not what did",
                "条目 {0} 之前的内容变了",
                n
            ),
            Damage::Event(room, seq) => say!(
                "event {0} of {1} is not as it was written",
                "{1} 的事件 {0} 与写入时不同",
                seq,
                Printable::name(room)
            ),
            Damage::NoEvent(room, seq) => say!(
                "event {0} of {1} is missing",
                "缺 {1} 的事件 {0}",
                seq,
                Printable::name(room)
            ),
            Damage::Checkpoint(room) => say!(
                "the checkpoint of {0} is not whole",
                "{0} 的检查点不完整",
                Printable::name(room)
            ),
            Damage::Erasure(n) => say!(
                "what is known of the redacted entry {0} is not as it was written",
                "关于已删除的条目 {0} 的记录与写入时不同",
                n
            ),
            Damage::Fact(key) => say!(
                "its {0} is not as it was written",
                "它的 {0} 与写入时不同",
                key
            ),
            Damage::Room(id) => say!(
                "room number {0} is not as it was written",
                "{0} 号房间与写入时不同",
                Printable::field(&id.to_string())
            ),
            Damage::Cut {
                found,
                acknowledged,
            } => say!(
                "{0} entries are there and {1} were acknowledged",
                "有 {0} 个条目，而确认过的有 {1} 个",
                found,
                acknowledged
            ),
            Damage::Head => say!(
                "the file `head` is missing or not whole",
                "文件 `head` 缺失或不完整"
            ),
            Damage::Database(what) => say!(
                "the database is not whole: {0}",
                "数据库不完整：{0}",
                Printable::field(what)
            ),
        };
        words.fmt(f)
    }
}

/// A room that is whole.
#[must_use]
pub fn checked(room: &Checked) -> Printable {
    let events = match room.kept > room.head {
        true => say!("no events", "没有事件"),
        false => say!("events {0}..{1}", "事件 {0}..{1}", room.kept, room.head),
    };
    say!(
        "{0}: {1}, {2} members, epoch {3}",
        "{0}：{1}，{2} 个成员，纪元 {3}",
        room.name,
        events,
        room.members,
        room.epoch
    )
}

/// All is whole.
#[must_use]
pub fn all_checked(entries: u64) -> Printable {
    say!("ok: {0} entries", "完好：{0} 个条目", entries)
}

/// What a salvage left out; none where that is nothing.
#[must_use]
pub fn left_out(folder: &Path, left: &Left) -> Option<Printable> {
    let parts = [
        (left.events, both("events", "个事件")),
        (left.states, both("states of rooms", "个房间的状态")),
        (left.rows, both("rows of rooms", "行房间")),
    ];
    let mut all = Printable::default();
    for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
        if !all.as_str().is_empty() {
            all.push(both(", ", "，"));
        }
        all.push(say!("{0} {1}", "{0} {1}", count, what));
    }
    (!all.as_str().is_empty()).then(|| {
        say!(
            "{0}: left out {1}",
            "{0}：略去了 {1}",
            Printable::path(folder),
            all
        )
    })
}

/// Something that was said, with its room.
#[must_use]
pub fn found(room: &RoomName, line: &Printable) -> Printable {
    printable![room, " ", line]
}

/// What was imported.
#[must_use]
pub fn imported(folder: &Path, imported: &Imported) -> Printable {
    let filled = match imported.filled {
        0 => Printable::default(),
        filled => say!(
            "; {0} that are missing are shown as erased",
            "；缺的 {0} 个显示为已删除",
            filled
        ),
    };
    say!(
        "{0}: {1} events in {2} rooms{3}",
        "{0}：{1} 个事件，在 {2} 个房间里{3}",
        Printable::path(folder),
        imported.events,
        imported.rooms,
        filled
    )
}

/// A room whose state was not in the import.
#[must_use]
pub fn nobody_known(room: &RoomName) -> Printable {
    say!(
        "{0}: nobody is known in it any more, and names are free",
        "{0}：里面不再认识任何人，名字都空出来了",
        room
    )
}

/// A folder whose database is not ours.
#[must_use]
pub fn foreign(path: &Path) -> Printable {
    say!(
        "{0}: a database of another program; take another folder with --data",
        "{0}：这是另一个程序的数据库；请用 --data 换一个文件夹",
        Printable::path(path)
    )
}

/// A log in another format.
#[must_use]
pub fn other_format(path: &Path, found: i64, ours: i64) -> Printable {
    let number = |number: i64| Printable::field(&number.to_string());
    say!(
        "{0}: made by another version of parlance (its format is {1}, this program's {2})",
        "{0}：由 parlance 的另一个版本生成（它的格式是 {1}，本程序的是 {2}）",
        Printable::path(path),
        number(found),
        number(ours)
    )
}

/// A log that was made by later rules.
#[must_use]
pub fn newer_rules(what: &Damage, version: u64) -> Printable {
    say!(
        "{0}: made by a newer parlance (version {1} of its rules); run that one",
        "{0}：由更新的 parlance 生成（规则版本 {1}）；请运行那一个",
        what,
        version
    )
}

/// What cannot be started for a log on disk.
pub const THREAD: Both = both("the log's thread", "日志的线程");

/// The database is not in the mode that it was made in.
#[must_use]
pub fn journal_mode(mode: &Printable) -> Printable {
    say!("its journal mode is {0}", "它的日志模式是 {0}", mode)
}

/// What is wrong with a line of an import.
pub mod wrong {
    use super::{Both, Printable, both, say};

    /// The first line.
    pub const HEADER: Both = both(
        "an export begins with a line of the type log",
        "导出的内容以类型为 log 的一行开头",
    );
    /// Two lines of one room.
    pub const TWICE: Both = both("this room is there already", "这个房间已经有了");
    /// Something behind the first event.
    pub const ORDER: Both = both(
        "only events follow the first event",
        "第一个事件之后只能是事件",
    );
    /// Not a text.
    pub const NOT_UTF8: Both = both("not UTF-8 text", "不是 UTF-8 文本");
    /// An event of a room that was not named.
    pub const NO_ROOM_LINE: Both = both("its room has no line", "它的房间没有自己的一行");
    /// An event out of order.
    pub const NUMBER: Both = both(
        "its number is not above the one before and within its room's",
        "它的编号不大于前一个，或者超出房间的范围",
    );
    /// A hole that is too large.
    pub const TOO_MANY_MISSING: Both = both(
        "too many numbers before it are missing",
        "它之前缺的编号太多",
    );
    /// A room that cannot go on.
    pub const HEAD_BEYOND: Both = both("its head is beyond the log", "它的末尾超出了日志");
    /// No JSON.
    pub const NOT_JSON: Both = both("not JSON", "不是 JSON");
    /// No room.
    pub const NO_ROOM: Both = both("no room is named", "没有指明房间");
    /// No version.
    pub const NO_VERSION: Both = both("no version is said", "没有写明版本");
    /// No event.
    pub const NOT_AN_EVENT: Both = both("not an event", "不是事件");
    /// No type.
    pub const NO_TYPE: Both = both("it has no type", "它没有类型");
    /// The span of a room.
    pub const KEPT: Both = both(
        "its kept is not between 1 and its head",
        "它的 kept 不在 1 和它的 head 之间",
    );
    /// The state.
    pub const NOT_HEX: Both = both("its state is not hexadecimal", "它的 state 不是十六进制");
    /// The state of another moment.
    pub const OTHER_STATE: Both = both(
        "its state is not the one at its head",
        "它的 state 不是在它的 head 处的那个",
    );
    /// No state.
    pub const NO_STATE: Both = both("it has no state", "它没有 state");

    /// Another version.
    #[must_use]
    pub fn version(found: u64, ours: u64) -> Printable {
        say!(
            "an export of version {0}; this program reads {1}",
            "导出的版本是 {0}；本程序读的是 {1}",
            found,
            ours
        )
    }

    /// A field that is no number.
    #[must_use]
    pub fn not_a_number(key: &'static str) -> Printable {
        say!("its {0} is not a number", "它的 {0} 不是数字", key)
    }

    /// A state that cannot be read.
    #[must_use]
    pub fn state(error: &Printable) -> Printable {
        say!("its state: {0}", "它的 state：{0}", error)
    }
}
