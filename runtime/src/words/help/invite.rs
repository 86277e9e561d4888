//! The help of `invite`.

/// `invite`.
pub const INVITE: &str = "Make a link that lets somebody in, list such links, or take one back";
/// Under the help of `invite`.
pub const EXAMPLE: &str = "Examples:
  parlance invite                                a link for one person, good for a day
  parlance invite --uses 20 --for 7d --room dev
  parlance invite list
  parlance invite revoke 2

The link is printed once and not kept: only a hash of it is. Who came in by it comes in again without one.";
/// `list`.
pub const LIST: &str =
    "Print the invitations: number, room, how many they still let in, and until when";
/// `revoke`.
pub const REVOKE: &str = "Take an invitation back; who came in by it stays";
/// `ID`.
pub const ID: &str = "The number of the invitation";
/// `--uses`.
pub const USES: &str = "How many people it lets in";
/// `--for`.
pub const FOR: &str = "How long it is good, like 30m, 24h, 7d";
/// `--room`.
pub const ROOM: &str = "The room that it is for";
/// `--host`.
pub const HOST: &str = "What the link calls the server [default: where it listens]";
/// `--data`.
pub const DATA: &str =
    "The folder that the server was given with --data [default: that of a server without]";
