//! The help of `mod`.

use crate::words::catalogue::{Both, both};

/// `--admin` of `serve`.
pub const ADMIN: Both = both(
    "Let this name of yours moderate in every room, by your key on this machine; may be repeated",
    "让你的这个名字在每个房间里管理，凭你在本机上的密钥；可以写多次",
);
/// `mod`.
pub const MOD: Both = both(
    "Moderate a room, where your name may",
    "管理一个房间，如果你的名字可以",
);
/// Under the help of `mod`.
pub const EXAMPLE: Both = both(
    "Examples:
  parlance mod --name alice mute bob 10m spam
  parlance mod --room dev ban --address bob 7d
  parlance mod redact '#141' a key was in it
  parlance mod bans

Whom may be the name of one who is here, of one who is kept out or was here lately, or a number like #4. \
Times are like 90s, 10m, 2h, 7d, and without one it is for ever. Exit status 0 means that the room has taken it, \
4 that it has not: the first key in a room is an operator, so is whom the server names (serve --admin), and whom one \
of them makes one.",
    "示例：
  parlance mod --name alice mute bob 10m spam
  parlance mod --room dev ban --address bob 7d
  parlance mod redact '#141' a key was in it
  parlance mod bans

对谁：在这里的人、被挡在外面或不久前来过的人的名字，或者 #4 这样的编号。\
时间写成 90s、10m、2h、7d 这样，不写就是永远。退出状态 0 表示房间已接受，\
4 表示没有：房间里的第一个密钥是管理员，服务器指名的人（serve --admin）和由他们设的人也是。",
);
/// The act.
pub const ACT: Both = both(
    "kick, ban, unban, mute, unmute, op, deop, redact, slow; or bans, to list those who are kept out",
    "kick、ban、unban、mute、unmute、op、deop、redact、slow；或者 bans，列出被挡在外面的人",
);
/// What follows it.
pub const REST: Both = both(
    "Whom, for how long, why: as /kick, /ban and the others are written in join",
    "对谁、多久、为什么：写法与 join 里的 /kick、/ban 等相同",
);
/// `--address`.
pub const ADDRESS: Both = both(
    "With ban: keep out strangers who come from where that one is",
    "与 ban 一起：把来自那人所在之处的陌生人挡在外面",
);
/// `--json`.
pub const JSON: Both = both(
    "With bans: one JSON object for each",
    "与 bans 一起：每人一个 JSON 对象",
);
