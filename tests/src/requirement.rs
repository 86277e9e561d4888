//! Which requirements of SPEC.md the tests have put to the test.
//!
//! A test says `requirement!("FR-3", "FR-4")` where it begins to check them. That appends the ids to a file of this
//! process, and the suite `zz_requirements`, which cargo runs after all others, judges what was recorded: see there.
//!
//! This file needs nothing but std, so that a suite of another crate can take it in by its path:
//!
//! ```text
//! #[path = "../../tests/src/requirement.rs"]
//! mod requirement;
//! ```
//!
//! # Where records go
//!
//! To the folder that `PARLANCE_REQUIREMENTS` names, or else to `requirements` in cargo's target folder. A file's name
//! is `<invocation>.<process>`, where the invocation is the parent process (cargo) and when it began. So records of
//! an earlier `cargo test` are never taken for those of this one, and nothing has to be deleted before a run.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "a suite that takes this in by its path needs a part of it"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the age of a file is judged by the clock; nothing else is"
)]

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// Records that this test checks requirements of SPEC.md, by their ids. To be called where the checking begins, so
/// that a test that does not run, or ends before, records nothing.
#[macro_export]
macro_rules! requirement {
    ($($id:literal),+ $(,)?) => {
        $crate::requirement::record(
            concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_CRATE_NAME")),
            &[$($id),+],
        )
    };
}

/// What one suite has recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// The package and the suite, such as `parlance-tests/vectors`.
    pub suite: String,
    /// A requirement.
    pub id: String,
}

static WRITTEN: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());

/// Appends `ids` to the file of this process, each once; what `requirement!` calls.
///
/// # Panics
///
/// If the file cannot be written: a run that cannot record cannot be judged.
pub fn record(suite: &str, ids: &[&str]) {
    let mut written = WRITTEN
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    for id in ids {
        if written.insert((suite.to_owned(), (*id).to_owned())) {
            append(suite, id).unwrap_or_else(|error| {
                panic!("cannot record {id} in {}: {error}", folder().display())
            });
        }
    }
}

fn append(suite: &str, id: &str) -> std::io::Result<()> {
    let folder = folder();
    fs::create_dir_all(&folder)?;
    let name = format!("{}.{}", invocation(), std::process::id());
    let mut file: File = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(name))?;
    file.write_all(format!("{suite} {id}\n").as_bytes())
}

/// All that this invocation of cargo has recorded so far; all that the folder holds, if `PARLANCE_REQUIREMENTS` names
/// it: then it is whoever names it who sees to it that it began empty.
#[must_use]
pub fn recorded() -> BTreeSet<Record> {
    let prefix = if named_folder().is_some() {
        String::new()
    } else {
        format!("{}.", invocation())
    };
    let files = entries(&folder())
        .into_iter()
        .filter(|(name, _)| name.starts_with(&prefix));
    let lines = files.flat_map(|(_, path)| lines(&path));
    lines.filter_map(|line| parse(&line)).collect()
}

/// Removes records that are older than a day.
pub fn prune() {
    let Some(then) = SystemTime::now().checked_sub(Duration::from_secs(86_400)) else {
        return;
    };
    for (_, path) in entries(&folder()) {
        let written = fs::metadata(&path).and_then(|meta| meta.modified());
        if named_folder().is_none() && written.is_ok_and(|written| written < then) {
            // Another process may have been quicker; either way it is gone.
            let _ = fs::remove_file(&path);
        }
    }
}

fn parse(line: &str) -> Option<Record> {
    let (suite, id) = line.split_once(' ')?;
    Some(Record {
        suite: suite.to_owned(),
        id: id.to_owned(),
    })
}

fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn entries(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(found) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = found
        .filter_map(Result::ok)
        .map(|entry| (entry.file_name(), entry.path()));
    paths
        .map(|(name, path)| (name.to_string_lossy().into_owned(), path))
        .collect()
}

/// Whether the folder was named by whoever runs the tests.
#[must_use]
pub fn named_folder() -> Option<PathBuf> {
    std::env::var_os("PARLANCE_REQUIREMENTS")
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
}

fn folder() -> PathBuf {
    named_folder().unwrap_or_else(|| target().join("requirements"))
}

/// Cargo's target folder: the test's own program is `<target>/<profile>/deps/<suite>-<hash>`.
fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let deps = program.ancestors().find(|path| path.ends_with("deps"));
    let target = deps
        .and_then(|deps| deps.ancestors().nth(2))
        .map(Path::to_path_buf);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"))
}

/// Names this run of cargo: the process that started this one, and when that began.
fn invocation() -> String {
    let parent = parent();
    format!("{parent}-{}", began(parent).unwrap_or_default())
}

#[cfg(unix)]
fn parent() -> u32 {
    std::os::unix::process::parent_id()
}

/// Elsewhere the parent is not easily had; the hour has to do.
#[cfg(not(unix))]
fn parent() -> u32 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u32::try_from(since.as_secs() / 3600).unwrap_or(u32::MAX)
}

/// When a process began, in ticks since the system started, where the system tells: numbers of processes come again.
fn began(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in brackets and may hold anything; this is the twenty-second.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(str::to_owned)
}
