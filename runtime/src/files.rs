//! How many files this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets this process open as many files as the system lets it without asking. Each connection is one, and the usual
/// beginning, 1,024, is from a time in which programs could not count further. What it was before stays if that is
/// refused: then connections wait.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let _ = setrlimit(Resource::Nofile, most);
}
