//! The help of `log`.

use crate::words::catalogue::{Both, both};

/// `log`.
pub const LOG: Both = both(
    "Check, export, import or search the log in a folder that no server has",
    "检查、导出、导入或搜索没有服务器在用的文件夹里的日志",
);
/// Under the help of `log`.
pub const EXAMPLE: Both = both(
    "Examples:
  parlance log check /var/lib/parlance
  parlance log search /var/lib/parlance green
  parlance log export /var/lib/parlance | parlance log import /var/lib/parlance-2

The server of the folder has to end first. Exit status 1 if something is damaged, or the folder is in use.",
    "示例：
  parlance log check /var/lib/parlance
  parlance log search /var/lib/parlance green
  parlance log export /var/lib/parlance | parlance log import /var/lib/parlance-2

文件夹的服务器必须先结束。有内容损坏，或者文件夹在用时，退出状态为 1。",
);
/// `check`.
pub const CHECK: Both = both(
    "Read all of it and compare every sum",
    "读取全部，比较每一个校验和",
);
/// `export`.
pub const EXPORT: Both = both(
    "Print it, one JSON object a line",
    "打印它，每行一个 JSON 对象",
);
/// `search`.
pub const SEARCH: Both = both(
    "Print what was said with all of these words, newest first",
    "打印含有所有这些词的消息，最新的在前",
);
/// `WORDS`.
pub const WORDS: Both = both(
    "What to look for; words in quotes stand in this order",
    "要找什么；引号里的词按这个顺序",
);
/// `--limit`.
pub const LIMIT: Both = both("How many messages at most", "最多多少条消息");
/// `import`.
pub const IMPORT: Both = both(
    "Make a log of what was exported, from stdin",
    "用导出的内容（标准输入）生成日志",
);
/// `DIR` of `import`.
pub const NEW_FOLDER: Both = both("A folder that is new or empty", "一个新的或空的文件夹");
/// `DIR`.
pub const FOLDER: Both = both(
    "The folder that the server was given with --data",
    "服务器用 --data 得到的文件夹",
);
/// `--room` of `export`.
pub const ONE_ROOM: Both = both("Only this room", "只要这个房间");
/// `--salvage`.
pub const SALVAGE: Both = both(
    "Leave out what is damaged, and say how much that is",
    "略去损坏的部分，并说明有多少",
);
