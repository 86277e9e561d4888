//! `identity`: several devices with one master key are one member.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use jiff::Timestamp;

use super::args::IdentityTask;
use crate::client::output::{complain, line};
use crate::clock::Clock;
use crate::exit::Exit;
use crate::identity::{Exported, Fingerprint};
use crate::printable::{Shown, printable};
use crate::state::{MasterKey, StateError, StateFolder};
use crate::words;

/// More than a line has, with whatever white space is around it.
const MOST: u64 = 4096;

pub(super) fn identity(task: &IdentityTask) -> Exit {
    let done = match task {
        IdentityTask::Show => show(),
        IdentityTask::Export { file, force } => export(file, *force),
        IdentityTask::Import { file, replace } => import(file, *replace),
    };
    done.err().unwrap_or(Exit::Clean)
}

fn show() -> Result<(), Exit> {
    let key = folder()?.known_key().map_err(fault)?;
    line(Fingerprint::of(&key))
}

fn export(file: &Path, force: bool) -> Result<(), Exit> {
    let to_stdout = is_standard(file);
    if to_stdout && !force && io::stdout().is_terminal() {
        complain(words::identity::REFUSES_TERMINAL);
        return Err(Exit::Usage);
    }
    let key = folder()?.master_key().map_err(fault)?;
    let exported = Exported::of(&key);
    if to_stdout {
        return line(exported);
    }
    match write(file, &exported) {
        Ok(mode) => {
            complain(words::identity::exported(file, Fingerprint::of(&key)));
            if mode & 0o077 != 0 {
                complain(words::identity::others_may_read(file));
            }
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(fault(words::identity::file_is_there(file)))
        }
        Err(error) => Err(fault(words::identity::of_file(file, &words::cause(&error)))),
    }
}

/// Writes a new file for its owner alone; its permission bits. What was begun and failed is taken away again.
fn write(path: &Path, exported: &Exported) -> io::Result<u32> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let written = writeln!(file, "{exported}").and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(std::fs::remove_file(path)))?;
    Ok(file.metadata()?.mode())
}

fn import(file: &Path, replace: bool) -> Result<(), Exit> {
    let text = read(file).map_err(|error| {
        let what = match is_standard(file) {
            true => words::cannot_read_stdin(&error),
            false => words::identity::of_file(file, &words::cause(&error)),
        };
        fault(what)
    })?;
    let key = Exported::parse(&text).map_err(|error| match is_standard(file) {
        true => fault(error),
        false => fault(words::identity::of_file(file, &printable![error])),
    })?;
    let today = Timestamp::from_millisecond(i64::try_from(Clock::start().wall_ms()).unwrap_or(0))
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%d")
        .to_string();
    match folder()?.import_key(&key, replace, &today) {
        Ok(imported) => {
            let fingerprint = Fingerprint::of(&key);
            complain(words::identity::imported(&imported, fingerprint));
            Ok(())
        }
        Err(error @ StateError::OtherKey(_)) => {
            complain(error);
            Err(Exit::Usage)
        }
        Err(error) => Err(fault(error)),
    }
}

/// The identity in a file that is for its owner alone, for one command.
pub(super) fn read_private(file: &Path) -> Result<MasterKey, Exit> {
    let of_file = |error: io::Error| fault(words::identity::of_file(file, &words::cause(&error)));
    let mode = std::fs::metadata(file).map_err(of_file)?.mode();
    if mode & 0o077 != 0 {
        return Err(fault(words::identity::file_readable(file, mode & 0o777)));
    }
    let text = read(file).map_err(of_file)?;
    Exported::parse(&text)
        .map_err(|error| fault(words::identity::of_file(file, &printable![error])))
}

/// All of a file or stdin; what is no text, or far too long, becomes a line that no export has.
fn read(file: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    match is_standard(file) {
        true => io::stdin().lock().take(MOST).read_to_end(&mut bytes)?,
        false => std::fs::File::open(file)?
            .take(MOST)
            .read_to_end(&mut bytes)?,
    };
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

fn is_standard(file: &Path) -> bool {
    file == Path::new("-")
}

fn folder() -> Result<StateFolder, Exit> {
    StateFolder::open_default().map_err(fault)
}

fn fault(error: impl Shown) -> Exit {
    complain(error);
    Exit::Fault
}
