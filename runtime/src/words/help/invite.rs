//! The help of `invite`.

use crate::words::catalogue::{Both, both};

/// `invite`.
pub const INVITE: Both = both(
    "Make a link that lets somebody in, list such links, or take one back",
    "生成让人进来的链接，列出这样的链接，或者撤回一个",
);
/// Under the help of `invite`.
pub const EXAMPLE: Both = both(
    "Examples:
  parlance invite                                a link for one person, good for a day
  parlance invite --uses 20 --for 7d --room dev
  parlance invite list
  parlance invite revoke 2

The link is printed once and not kept: only a hash of it is. Who came in by it comes in again without one.",
    "示例：
  parlance invite                                供一个人用的链接，有效一天
  parlance invite --uses 20 --for 7d --room dev
  parlance invite list
  parlance invite revoke 2

链接只打印一次，不保存：保存的只是它的散列。凭它进来过的人，再来不需要链接。",
);
/// `list`.
pub const LIST: Both = both(
    "Print the invitations: number, room, how many they still let in, and until when",
    "打印各邀请：编号、房间、还能让多少人进来、到什么时候",
);
/// `revoke`.
pub const REVOKE: Both = both(
    "Take an invitation back; who came in by it stays",
    "撤回一个邀请；凭它进来的人留下",
);
/// `ID`.
pub const ID: Both = both("The number of the invitation", "邀请的编号");
/// `--uses`.
pub const USES: Both = both("How many people it lets in", "让多少人进来");
/// `--for`.
pub const FOR: Both = both(
    "How long it is good, like 30m, 24h, 7d",
    "有效多久，如 30m、24h、7d",
);
/// `--room`.
pub const ROOM: Both = both("The room that it is for", "它是给哪个房间的");
/// `--host`.
pub const HOST: Both = both(
    "What the link calls the server [default: where it listens]",
    "链接里怎样称呼服务器 [默认：它监听的地方]",
);
/// `--data`.
pub const DATA: Both = both(
    "The folder that the server was given with --data [default: that of a server without]",
    "服务器用 --data 得到的文件夹 [默认：没有用 --data 的服务器的]",
);
