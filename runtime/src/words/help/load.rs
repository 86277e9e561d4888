//! The help of `load`.

use crate::words::catalogue::{Both, both};

/// `load`.
pub const LOAD: Both = both(
    "Load a server and check that every member hears everything once, in order",
    "给服务器加负载，并检查每个成员是否按顺序把一切听到一次",
);
/// Under the help of `load`.
pub const EXAMPLE: Both = both(
    "Examples:
  parlance load --clients 1000 --senders 10 --window 64
  parlance load 127.0.0.1:9000 --rate 20 --clients 1000 --duration 1m --server-pid 4711 --json

Serve with --rate 0 --byte-rate 0, or it is the rate that is measured. One thread does it all and shares the machine
with the server: its own CPU stands beside each figure, and near 100 % it is the limit. Compare only what was run under
the same load at the same time. Exit status 1 if anything was lost or repeated.",
    "示例：
  parlance load --clients 1000 --senders 10 --window 64
  parlance load 127.0.0.1:9000 --rate 20 --clients 1000 --duration 1m --server-pid 4711 --json

服务器请加 --rate 0 --byte-rate 0，否则测到的是限速。一个线程做全部的事，并与服务器共用这台机器：
它自己的 CPU 写在每个数字旁边，接近 100 % 时它就是瓶颈。只比较在同样负载下同时运行的结果。
有任何丢失或重复时退出状态为 1。",
);
/// `--clients`.
pub const CLIENTS: Both = both("How many members join", "加入多少个成员");
/// `--senders`.
pub const SENDERS: Both = both("How many of them send", "其中多少个发送");
/// `--window`.
pub const WINDOW: Both = both(
    "Messages over the whole room that their senders have not got back",
    "整个房间里发送者还没收回的消息数",
);
/// `--rate`.
pub const RATE: Both = both(
    "Messages a second over the whole room, whatever comes back, in place of --window",
    "整个房间每秒的消息数，不管收回多少，代替 --window",
);
/// `--size`.
pub const SIZE: Both = both(
    "Bytes of a text, from 16 to 16KiB",
    "一条文本的字节数，从 16 到 16KiB",
);
/// `--duration`.
pub const DURATION: Both = both("How long it is measured", "测量多久");
/// `--warm-up`.
pub const WARM_UP: Both = both("How long it runs before that", "在那之前运行多久");
/// `--server-pid`.
pub const SERVER_PID: Both = both(
    "The server's process on this machine, to tell its CPU and memory",
    "服务器在本机上的进程，用来说明它的 CPU 和内存",
);
/// `--json`.
pub const JSON: Both = both(
    "One JSON object on stdout, and no progress",
    "在标准输出上给一个 JSON 对象，不显示进度",
);
