//! The help of the command line.

use super::catalogue::{Both, both};

pub mod door;
pub mod identity;
pub mod invite;
pub mod load;
pub mod log;
pub mod moderation;

/// What the program is.
pub const ABOUT: Both = both(
    "A chat room in one command: nothing lost, nothing repeated, one order for everybody",
    "一条命令的聊天室：不丢、不重，人人看到同一个顺序",
);
/// Under the help of the program.
pub const EXAMPLES: Both = both(
    "Examples:
  parlance serve                       a server on this machine
  parlance join --name alice           talk there as alice
  echo done | parlance send            say a line; exit status 0 means it was acknowledged
  parlance tail --json                 follow the room from a script
  parlance ask 127.0.0.1 ready?        ask, and print the first answer
  parlance who                         who is here
  parlance invite                      a link that lets one person in
  parlance mod kick bob                put somebody out of a room, where you may
  parlance load --clients 1000         how much a server carries, and whether it loses anything
  parlance --name server --port 8800   the form of the program that this one began from
  parlance --name alice --port 8800    a member, in that form (ends with the server, as it did)

Exit status: 0 all acknowledged and a clean end, 1 a fault, 2 usage, 3 trust, 4 not all acknowledged, \
or not answered, 5 refused, 6 not reached in time.",
    "示例：
  parlance serve                       在本机运行服务器
  parlance join --name alice           以 alice 的名字进去交谈
  echo done | parlance send            说一行；退出状态 0 表示已得到确认
  parlance tail --json                 在脚本里跟随房间
  parlance ask 127.0.0.1 ready?        问一句，打印第一个回答
  parlance who                         谁在这里
  parlance invite                      生成让一个人进来的链接
  parlance mod kick bob                把人请出房间，如果你可以
  parlance load --clients 1000         服务器能承受多少，会不会丢失什么
  parlance --name server --port 8800   本程序由来的那个程序的形式
  parlance --name alice --port 8800    那个形式里的成员（和当初一样，随服务器结束）

退出状态：0 全部得到确认且正常结束，1 出错，2 用法，3 信任，4 没有全部得到确认，\
或者没有得到回答，5 被拒绝，6 没有及时连上。",
);
/// `--name` in the seed's form.
pub const SEED_NAME: Both = both(
    "The seed's form: `server` serves, any other name joins",
    "种子程序的形式：`server` 是服务器，其他名字是成员",
);
/// `--port` in the seed's form.
pub const SEED_PORT: Both = both(
    "The seed's form: the port, on this machine",
    "种子程序的形式：本机上的端口",
);
/// `--seed-wire` in the seed's form.
pub const SEED_FORM_WIRE: Both = both(
    "The seed's form: speak the seed's own wire, too",
    "种子程序的形式：同时使用种子程序自己的线上格式",
);
/// `join --seed-wire`.
pub const JOIN_SEED_WIRE: Both = both(
    "Join a server of the seed, in its own wire and in clear text",
    "用种子程序自己的线上格式以明文加入它的服务器",
);
/// `--seed-width`.
pub const SEED_WIDTH: Both = both(
    "Bytes before a body: 8, or 4 where that server's C long has 4",
    "正文之前的字节数：8；若那台服务器的 C long 是 4 字节则为 4",
);
/// `--seed-text`.
pub const SEED_TEXT: Both = both(
    "As what texts are written: bytes for Python 2, unicode for Python 3",
    "文本写成什么：Python 2 用 bytes，Python 3 用 unicode",
);
/// `serve --seed-wire`.
pub const SEED_WIRE: Both = both(
    "Take clients of the seed on the same port, too, in clear text",
    "在同一端口上也接受种子程序的客户端，使用明文",
);
/// `serve`.
pub const SERVE: Both = both("Run a server", "运行服务器");
/// Under the help of `serve`.
pub const SERVE_EXAMPLE: Both = both(
    "Example:
  parlance serve --listen 127.0.0.1:9000 --grace 1m
  parlance serve --data parlance-data --keep 4GiB --keep-for 90d

Times are like 500ms, 30s, 2m, 1h; sizes like 64KiB, 4MiB, 1GiB. SIGINT or SIGTERM ends the server, and everybody is told.",
    "示例：
  parlance serve --listen 127.0.0.1:9000 --grace 1m
  parlance serve --data parlance-data --keep 4GiB --keep-for 90d

时间写成 500ms、30s、2m、1h 这样；大小写成 64KiB、4MiB、1GiB 这样。SIGINT 或 SIGTERM 结束服务器，并告诉所有人。",
);
/// `join`.
pub const JOIN: Both = both("Talk in a room", "在房间里交谈");
/// Under the help of `join`.
pub const JOIN_EXAMPLE: Both = both(
    "Example:\n  parlance join --name alice --room lobby

Type /help for the commands. The end of stdin leaves, once all that was typed is acknowledged. \
What is open when the program is killed goes at the next join, which also shows what was missed.",
    "示例：
  parlance join --name alice --room lobby

输入 /help 查看命令。标准输入结束就离开，但会等输入的全部得到确认。\
程序被杀时还没确认的内容在下次加入时发送，那时也会显示错过的内容。",
);
/// `send`.
pub const SEND: Both = both(
    "Say lines and wait until each is acknowledged",
    "发送若干行，等到每一行都得到确认",
);
/// Under the help of `send`.
pub const SEND_EXAMPLE: Both = both(
    "Examples:\n  printf 'one\\ntwo' | parlance send --name bot
  parlance send 127.0.0.1:8800 --name bot the build is green

Each line of stdin is one message, as it is; empty lines are skipped. Nothing is kept: what the \
exit status says was not acknowledged is not sent later. A line that cannot be said \
ends it: what stood before is sent, that line and the rest are not, and the exit status is 1.",
    "示例：
  printf 'one\\ntwo' | parlance send --name bot
  parlance send 127.0.0.1:8800 --name bot the build is green

标准输入的每一行原样是一条消息；空行跳过。什么都不保留：\
退出状态说没有得到确认的，之后不会再发。无法发送的一行到此为止：\
它之前的已发送，它和后面的没有，退出状态为 1。",
);
/// `tail`.
pub const TAIL: Both = both("Print what happens in a room", "打印房间里发生的事");
/// Under the help of `tail`.
pub const TAIL_EXAMPLE: Both = both(
    "Examples:
  parlance tail --json --since 140 --no-follow
  parlance tail --json --bot --name echo

The fields of the JSON stand in docs/JSON.md.",
    "示例：
  parlance tail --json --since 140 --no-follow
  parlance tail --json --bot --name echo

JSON 的字段见 docs/JSON.md。",
);
/// `HOST[:PORT]`.
pub const HOST: Both = both(
    "The server, or a parlance:// link to a room of one",
    "服务器，或者指向某个房间的 parlance:// 链接",
);
/// `--name`.
pub const NAME: Both = both(
    "Your name [default: the login name]",
    "你的名字 [默认：登录名]",
);
/// `--room`.
pub const ROOM: Both = both("The room", "房间");
/// `--room` where a link may name one.
pub const WHICH_ROOM: Both = both(
    "The room [default: that of the link, else lobby]",
    "房间 [默认：链接里的，否则 lobby]",
);
/// `--history`.
pub const HISTORY: Both = both(
    "How many earlier messages to show at the first join, at most 1000",
    "第一次加入时显示多少条以前的消息，最多 1000",
);
/// `--history` of `tail`.
pub const TAIL_HISTORY: Both = both(
    "How many earlier events to begin with, at most 1000",
    "从多少个以前的事件开始，最多 1000",
);
/// `--timeout`.
pub const TIMEOUT: Both = both(
    "How long to wait for the server, and for each next acknowledgement",
    "等服务器多久，以及等每个下一次确认多久",
);
/// `TEXT`.
pub const SEND_TEXT: Both = both(
    "What to say, after the server; without it, the lines of stdin",
    "要说的话，写在服务器之后；不写则用标准输入的各行",
);
/// `--json`.
pub const JSON: Both = both(
    "One JSON object an event, with a `type`",
    "每个事件一个 JSON 对象，带 `type`",
);
/// `--since`.
pub const SINCE: Both = both(
    "Begin after the event of this number",
    "从这个编号的事件之后开始",
);
/// `--no-follow`.
pub const NO_FOLLOW: Both = both(
    "End once all that is there has been printed",
    "已有的都打印完就结束",
);
/// `--listen`.
pub const LISTEN: Both = both(
    "Where to listen; port 0 takes a free one",
    "在哪里监听；端口 0 取一个空闲的",
);
/// `--insecure`.
pub const INSECURE: Both = both(
    "Speak clear text on an address that others can reach, and let anybody in",
    "在别人够得着的地址上用明文，并让任何人进来",
);
/// `--tls`.
pub const TLS: Both = both(
    "Speak TLS or clear text [default: TLS, but clear text on loopback]",
    "用 TLS 还是明文 [默认：TLS，但回环地址上用明文]",
);
/// `--cert`.
pub const CERT: Both = both(
    "A certificate for TLS, and those behind it, in PEM; read again on SIGHUP",
    "TLS 的证书及其上级证书，PEM 格式；收到 SIGHUP 时重新读取",
);
/// `--key`.
pub const KEY: Both = both("Its private key, in PEM", "它的私钥，PEM 格式");
/// `--pin`.
pub const PIN: Both = both("The pin of the server's key", "服务器密钥的公钥指纹");
/// `--insecure` of a client.
pub const INSECURE_CLIENT: Both = both(
    "Speak clear text over a network: as a guest, and anybody on the way reads it",
    "经过网络用明文：以访客身份，路上的任何人都能读到",
);
/// `trust`.
pub const TRUST: Both = both(
    "Keep which key a server is known by",
    "记住以哪个密钥认识一个服务器",
);
/// Below the help of `trust`.
pub const TRUST_EXAMPLE: Both = both(
    "Compare the pin that it prints with the one that the server prints at its start.\n\n\
Example:\n  parlance trust chat.example.org",
    "请把它打印的公钥指纹和服务器启动时打印的比较。

示例：
  parlance trust chat.example.org",
);
/// `--pin` of `trust`.
pub const TRUST_PIN: Both = both(
    "Keep it only if this is its pin",
    "只在公钥指纹是这个时才记住",
);
/// `--replace`.
pub const TRUST_REPLACE: Both = both("Although it is known by another", "即使已知的是另一个");
/// `--open`.
pub const OPEN: Both = both("Let in whoever comes", "谁来都放进来");
/// `--public`.
pub const PUBLIC: Both = both(
    "How others reach the server, for invitations [default: the address that it listens on]",
    "别人怎样连到服务器，用于邀请 [默认：它监听的地址]",
);
/// `--invited`.
pub const INVITED: Both = both(
    "Let in by invitation only (parlance invite), also on this machine",
    "只凭邀请进入（parlance invite），在本机上也是",
);
/// `--rate`.
pub const RATE: Both = both(
    "Messages a second that a connection may send; 0 is off",
    "一个连接每秒可以发送多少条消息；0 表示不限",
);
/// `--burst`.
pub const BURST: Both = both("How many it may send at once", "它一次可以发送多少条");
/// `--byte-rate`.
pub const BYTE_RATE: Both = both(
    "Bytes a second that a connection may send; 0 is off",
    "一个连接每秒可以发送多少字节；0 表示不限",
);
/// `--handshake`.
pub const HANDSHAKE: Both = both("How long a login may take", "登录最多可以用多久");
/// `--ping-after`.
pub const PING_AFTER: Both = both(
    "Silence after which a peer is asked whether it is there",
    "沉默多久之后询问对方是否还在",
);
/// `--dead-after`.
pub const DEAD_AFTER: Both = both("Silence after which it is given up", "沉默多久之后放弃它");
/// `--stall`.
pub const STALL: Both = both(
    "How long a peer may take nothing of what is for it",
    "对方可以多久不接收给它的内容",
);
/// `--grace`.
pub const GRACE: Both = both(
    "How long a member whose link broke stays one",
    "连接断了的成员还能算成员多久",
);
/// `--ring`.
pub const RING: Both = both(
    "Encoded events kept at hand for each room",
    "每个房间随时备着的已编码事件",
);
/// `--held`.
pub const HELD: Both = both(
    "What may be held for all connections together; above it, whoever holds most is closed",
    "为所有连接总共可以占用多少；超过时关闭占用最多的",
);
/// `--memory`.
pub const MEMORY: Both = both(
    "Without --data: events kept for each room; older ones go",
    "没有 --data 时：每个房间保留多少事件；更旧的丢弃",
);
/// `--data`.
pub const DATA: Both = both(
    "Keep messages in this folder, through restarts and crashes; without it, in memory",
    "把消息保存在这个文件夹里，重启和崩溃后都在；不写则在内存里",
);
/// `--keep`.
pub const KEEP: Both = both(
    "How large the log on disk may be; the oldest messages go [default: no bound]",
    "磁盘上的日志可以多大；最旧的消息先去掉 [默认：不限]",
);
/// `--keep-for`.
pub const KEEP_FOR: Both = both(
    "How old messages on disk may be, like 30d [default: no bound]",
    "磁盘上的消息可以多旧，如 30d [默认：不限]",
);
/// `--erase`.
pub const ERASE: Both = both(
    "With --data: a message that is redacted leaves the folder at once, not with the next checkpoint; \
     in memory it always does",
    "与 --data 一起：删除的消息立即离开文件夹，而不是到下一个检查点；在内存里总是如此",
);
/// `--new-epoch`.
pub const NEW_EPOCH: Both = both(
    "After restoring a backup: tell clients that what they remember may not be here",
    "恢复备份之后：告诉客户端，它们记得的内容这里可能没有",
);
/// `--rooms`.
pub const ROOMS: Both = both("How many rooms there may be", "可以有多少个房间");
/// `--announce-below`.
pub const ANNOUNCE_BELOW: Both = both(
    "Joins and leaves are told in rooms with fewer members than this",
    "成员少于这么多的房间里才通告加入和离开",
);
/// `ask`.
pub const ASK: Both = both(
    "Say a line and print the first answer to it",
    "说一行，打印对它的第一个回答",
);
/// Under the help of `ask`.
pub const ASK_EXAMPLE: Both = both(
    "Examples:
  parlance ask 127.0.0.1 --name alice is the build green
  parlance ask 127.0.0.1:8800 --timeout 1m --name alice ready?

An answer is a message that bears the number of the question (`send --re`, the bots in examples/). \
Exit status 4 if none came in time.",
    "示例：
  parlance ask 127.0.0.1 --name alice is the build green
  parlance ask 127.0.0.1:8800 --timeout 1m --name alice ready?

回答是带着问题编号的消息（`send --re`，以及 examples/ 里的机器人）。\
没有及时得到回答时退出状态为 4。",
);
/// `TEXT` of `ask`.
pub const ASK_TEXT: Both = both("What to ask, after the server", "要问的话，写在服务器之后");
/// `--timeout` of `ask`.
pub const ASK_TIMEOUT: Both = both(
    "How long to wait for the server, and then for the answer",
    "等服务器多久，然后等回答多久",
);
/// `who`.
pub const WHO: Both = both("Print who is in a room", "打印谁在房间里");
/// Under the help of `who`.
pub const WHO_EXAMPLE: Both = both(
    "Example:
  parlance who --json",
    "示例：
  parlance who --json",
);
/// `--json` of `who`.
pub const WHO_JSON: Both = both(
    "One JSON object a member, with a `type`",
    "每个成员一个 JSON 对象，带 `type`",
);
/// `--retry`.
pub const RETRY: Both = both(
    "How often to try again after a link that could not be had or was lost [default: as often as --timeout allows]",
    "连不上或断开之后重试几次 [默认：在 --timeout 之内不限]",
);
/// `--key` of a client.
pub const KEY_FILE: Both = both(
    "The identity of a bot, in a file as `parlance identity export` writes it [default: that of this device]",
    "机器人的身份，在 `parlance identity export` 写出的文件里 [默认：这台设备的]",
);
/// `--notice`.
pub const NOTICE: Both = both(
    "As a notice, which is for people and never answered by a bot",
    "作为通知发送：给人看的，机器人从不回答",
);
/// `--re`.
pub const RE: Both = both(
    "As an answer to the event of this number",
    "作为对这个编号的事件的回答",
);
/// `--bot`.
pub const BOT: Both = both(
    "Only what a bot may answer: what others say from now on, without own lines and notices",
    "只打印机器人可以回答的：从现在起别人说的话，不含自己的和通知",
);
/// `--lang`.
pub const LANG: Both = both(
    "The language, en or zh [default: by LC_ALL, LC_MESSAGES, LANG; zh for --name with --port]",
    "语言，en 或 zh [默认：按 LC_ALL、LC_MESSAGES、LANG；--name 加 --port 的形式为 zh]",
);
/// `--color`.
pub const COLOR: Both = both(
    "Colours: on a terminal, always, or never",
    "颜色：在终端上、总是、从不",
);
/// `--log-format`.
pub const LOG_FORMAT: Both = both(
    "How stderr is written: lines of text, or one JSON object a line; RUST_LOG says how much of the log",
    "标准错误的写法：文本行，或者每行一个 JSON 对象；RUST_LOG 决定日志的多少",
);
