//! The help of `mod`.

/// `--admin` of `serve`.
pub const ADMIN: &str =
    "Let this name of yours moderate in every room, by your key on this machine; may be repeated";
/// `mod`.
pub const MOD: &str = "Moderate a room, where your name may";
/// Under the help of `mod`.
pub const EXAMPLE: &str = "Examples:
  parlance mod --name alice mute bob 10m spam
  parlance mod --room dev ban --address bob 7d
  parlance mod redact '#141' a key was in it
  parlance mod bans

Whom may be the name of one who is here, of one who is kept out or was here lately, or a number like #4. \
Times are like 90s, 10m, 2h, 7d, and without one it is for ever. Exit status 0 means that the room has taken it, \
4 that it has not: the first key in a room is an operator, so is whom the server names (serve --admin), and whom one \
of them makes one.";
/// The act.
pub const ACT: &str = "kick, ban, unban, mute, unmute, op, deop, redact, slow; or bans, to list those who are kept out";
/// What follows it.
pub const REST: &str = "Whom, for how long, why: as /kick, /ban and the others are written in join";
/// `--address`.
pub const ADDRESS: &str = "With ban: keep out strangers who come from where that one is";
/// `--json`.
pub const JSON: &str = "With bans: one JSON object for each";
