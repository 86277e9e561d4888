//! What `identity` says.

use std::path::Path;

use super::catalogue::{Both, both, say};
use crate::identity::Fingerprint;
use crate::printable::Printable;
use crate::state::Imported;

/// Stdout is a terminal.
pub const REFUSES_TERMINAL: Both = both(
    "whoever has this line is you, and a terminal keeps what it shows: give a file, or a \
     pipe behind -, or say --force",
    "谁有这一行谁就是你，而终端会留下它显示的内容：请给一个文件，或者在 - 后面接管道，或者加上 --force",
);

/// The file is there.
#[must_use]
pub fn file_is_there(file: &Path) -> Printable {
    say!(
        "{0} is there already, and nothing is overwritten: choose another name",
        "{0} 已经在那里，不会覆盖：请换一个名字",
        Printable::path(file)
    )
}

/// It was written.
#[must_use]
pub fn exported(file: &Path, fingerprint: Fingerprint) -> Printable {
    say!(
        "{0} holds the identity {1} now: whoever reads it is you, so delete it once the other device has it",
        "{0} 里现在是身份 {1}：谁读到它谁就是你，所以另一台设备拿到之后请删除",
        Printable::path(file),
        fingerprint,
    )
}

/// The file system has no such thing as a file for its owner alone.
#[must_use]
pub fn others_may_read(file: &Path) -> Printable {
    say!(
        "warning: others may read {0}, which its file system does not prevent",
        "警告：别人可能读到 {0}，它的文件系统不阻止",
        Printable::path(file)
    )
}

/// It was taken.
#[must_use]
pub fn imported(imported: &Imported, fingerprint: Fingerprint) -> Printable {
    match imported {
        Imported::New => say!(
            "this device has the identity {0} now",
            "这台设备现在有身份 {0}",
            fingerprint
        ),
        Imported::Same => say!(
            "this device has the identity {0} already",
            "这台设备已经有身份 {0}",
            fingerprint
        ),
        Imported::Replaced(old) => say!(
            "this device has the identity {0} now; the one before is in {1}",
            "这台设备现在有身份 {0}；之前的在 {1}",
            fingerprint,
            Printable::path(old),
        ),
    }
}

/// Something is the matter with that file.
#[must_use]
pub fn of_file(file: &Path, what: &Printable) -> Printable {
    say!("{0}: {1}", "{0}：{1}", Printable::path(file), what)
}

/// A file with a key that others may read.
#[must_use]
pub fn file_readable(file: &Path, mode: u32) -> Printable {
    super::errors::readable(file, mode)
}
