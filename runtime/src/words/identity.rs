//! What `identity` says.

use std::path::Path;

use crate::identity::Fingerprint;
use crate::printable::{Printable, printable};
use crate::state::Imported;

/// Stdout is a terminal.
pub const REFUSES_TERMINAL: &str = "whoever has this line is you, and a terminal keeps what it shows: give a file, or a \
     pipe behind -, or say --force";

/// The file is there.
#[must_use]
pub fn file_is_there(file: &Path) -> Printable {
    printable![
        Printable::path(file),
        " is there already, and nothing is overwritten: choose another name"
    ]
}

/// It was written.
#[must_use]
pub fn exported(file: &Path, fingerprint: Fingerprint) -> Printable {
    printable![
        Printable::path(file),
        " holds the identity ",
        fingerprint,
        " now: whoever reads it is you, so delete it once the other device has it",
    ]
}

/// The file system has no such thing as a file for its owner alone.
#[must_use]
pub fn others_may_read(file: &Path) -> Printable {
    printable![
        "warning: others may read ",
        Printable::path(file),
        ", which its file system does not prevent"
    ]
}

/// It was taken.
#[must_use]
pub fn imported(imported: &Imported, fingerprint: Fingerprint) -> Printable {
    match imported {
        Imported::New => printable!["this device has the identity ", fingerprint, " now"],
        Imported::Same => printable!["this device has the identity ", fingerprint, " already"],
        Imported::Replaced(old) => printable![
            "this device has the identity ",
            fingerprint,
            " now; the one before is in ",
            Printable::path(old),
        ],
    }
}

/// Something is the matter with that file.
#[must_use]
pub fn of_file(file: &Path, what: &Printable) -> Printable {
    printable![Printable::path(file), ": ", what]
}
