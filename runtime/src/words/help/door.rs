//! The help of what decides who may connect.

use crate::words::catalogue::{Both, both};

/// `--connections`.
pub const CONNECTIONS: Both = both(
    "How many connections there may be in all",
    "总共可以有多少个连接",
);
/// `--before-login`.
pub const BEFORE_LOGIN: Both = both(
    "How many of them may not have logged in yet; from half of it on some are closed at once, by chance",
    "其中多少个可以尚未登录；过了一半就随机地立即关闭一些",
);
/// `--per-address`.
pub const PER_ADDRESS: Both = both(
    "Connections of one address (IPv6: of one /64) at a time; 0 is off. Loopback has no limit",
    "一个地址（IPv6：一个 /64）同时的连接数；0 表示不限。回环地址没有限制",
);
/// `--new-per-address`.
pub const NEW_PER_ADDRESS: Both = both(
    "Connections that it may begin in 10 minutes; 0 is off",
    "它在 10 分钟里可以开始多少个连接；0 表示不限",
);
/// `--proxy-from`.
pub const PROXY_FROM: Both = both(
    "Every connection from these addresses begins with a PROXY header, version 1 or 2, \
     that says whose it is; may be said more than once",
    "来自这些地址的每个连接都以 PROXY 头（版本 1 或 2）开始，说明它是谁的；可以写多次",
);
/// `--show-hosts`.
pub const SHOW_HOSTS: Both = both(
    "Show the hosts of all members to the others, and not only private and loopback ones",
    "向别人显示所有成员的主机，而不只是内网和回环的",
);
