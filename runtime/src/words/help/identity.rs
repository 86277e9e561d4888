//! The help of `identity`.

/// `identity`.
pub const IDENTITY: &str =
    "Show, export or import the secret that makes several devices one member";
/// Under the help of `identity`.
pub const EXAMPLE: &str = "Examples:
  parlance identity export alice.key   on the one device
  parlance identity import alice.key   on the other
  parlance identity show               the same on both

Whoever has the exported line is you in every room: carry it over a way that you trust, and delete it. \
Sessions and what is typed but not sent stay on their device. Exit status 2 where a flag is missing \
(--force, --replace), 1 if the file cannot be used.";
/// `show`.
pub const SHOW: &str = "Print a fingerprint: two devices that print the same are one member";
/// `export`.
pub const EXPORT: &str = "Write the secret of this device as one line of text";
/// `FILE` of `export`.
pub const TO: &str = "A new file, for its owner alone; - is stdout";
/// `--force`.
pub const FORCE: &str = "Show the secret on a terminal";
/// `import`.
pub const IMPORT: &str = "Take the secret of another device from what was exported there";
/// `FILE` of `import`.
pub const FROM: &str = "What was exported; - is stdin";
/// `--replace`.
pub const REPLACE: &str = "Replace another secret that is here; it is kept in a file beside";
