//! Writing to stdout and stderr, a whole line at a time.

use std::io::{self, Write};

use crate::exit::Exit;
use crate::words;

/// Writes `text` and a newline to stdout, at once.
///
/// # Errors
///
/// How the command is to end: quietly where nobody reads any more, with a fault where the text could not be kept.
pub fn line(text: &str) -> Result<(), Exit> {
    write(&format!("{text}\n"))
}

/// Writes `text` to stdout as it is, at once.
///
/// # Errors
///
/// As [`line`].
pub fn write(text: &str) -> Result<(), Exit> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Exit::Clean),
        Err(error) => {
            complain(&words::cannot_print(&error));
            Err(Exit::Fault)
        }
    }
}

/// Writes `text` as one line to stderr, under the program's name. That it may be closed is nobody's concern.
pub fn complain(text: &str) {
    let line = format!("{}: {text}\n", words::PROGRAM);
    let _ = io::stderr().lock().write_all(line.as_bytes());
}
