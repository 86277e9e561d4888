//! The help of what decides who may connect.

/// `--connections`.
pub const CONNECTIONS: &str = "How many connections there may be in all";
/// `--before-login`.
pub const BEFORE_LOGIN: &str = "How many of them may not have logged in yet; from half of it on some are closed at once, by chance";
/// `--per-address`.
pub const PER_ADDRESS: &str =
    "Connections of one address (IPv6: of one /64) at a time; 0 is off. Loopback has no limit";
/// `--new-per-address`.
pub const NEW_PER_ADDRESS: &str = "Connections that it may begin in 10 minutes; 0 is off";
/// `--proxy-from`.
pub const PROXY_FROM: &str = "Every connection from these addresses begins with a PROXY header, version 1 or 2, \
     that says whose it is; may be said more than once";
/// `--show-hosts`.
pub const SHOW_HOSTS: &str =
    "Show the hosts of all members to the others, and not only private and loopback ones";
