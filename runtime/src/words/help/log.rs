//! The help of `log`.

/// `log`.
pub const LOG: &str = "Check, export, import or search the log in a folder that no server has";
/// Under the help of `log`.
pub const EXAMPLE: &str = "Examples:
  parlance log check /var/lib/parlance
  parlance log search /var/lib/parlance green
  parlance log export /var/lib/parlance | parlance log import /var/lib/parlance-2

The server of the folder has to end first. Exit status 1 if something is damaged, or the folder is in use.";
/// `check`.
pub const CHECK: &str = "Read all of it and compare every sum";
/// `export`.
pub const EXPORT: &str = "Print it, one JSON object a line";
/// `search`.
pub const SEARCH: &str = "Print what was said with all of these words, newest first";
/// `WORDS`.
pub const WORDS: &str = "What to look for; words in quotes stand in this order";
/// `--limit`.
pub const LIMIT: &str = "How many messages at most";
/// `import`.
pub const IMPORT: &str = "Make a log of what was exported, from stdin";
/// `DIR` of `import`.
pub const NEW_FOLDER: &str = "A folder that is new or empty";
/// `DIR`.
pub const FOLDER: &str = "The folder that the server was given with --data";
/// `--room` of `export`.
pub const ONE_ROOM: &str = "Only this room";
/// `--salvage`.
pub const SALVAGE: &str = "Leave out what is damaged, and say how much that is";
