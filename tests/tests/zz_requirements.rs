//! Is every requirement of SPEC.md put to the test, by a test that ran?
//!
//! Tests record what they check by `requirement!`. This suite runs after all others: cargo runs packages in the order
//! of their names, `parlance`, `parlance-proto`, `parlance-tests`, and the suites of a package in the order of theirs.
//!
//! Two things are judged. *Always*: every id of SPEC.md stands in a `requirement!` of some suite, and every id there is
//! one of SPEC.md. *In a full run*: every id was recorded by a test of this very run. A run is full if every suite that
//! mentions an id has recorded something, and no filter was given; `cargo test -p one-crate` or `--test one` are not,
//! and say so. With `PARLANCE_REQUIREMENTS=<empty folder>` a run is always judged as a full one: for CI, and for
//! runners other than cargo (which may start tests in another order; then run this suite by itself at the end).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use parlance_tests::requirement::{self, Record};
use parlance_tests::spec;

/// Where suites are, and the package they belong to.
const SUITES: [(&str, &str); 3] = [
    ("parlance", "runtime"),
    ("parlance-proto", "proto"),
    ("parlance-tests", "tests"),
];

/// What a call begins with; in two parts, so that this source is none.
const CALL: &str = concat!("requirement", "!(");

#[test]
fn every_requirement_is_named_by_a_suite() {
    let known = known();
    let named: BTreeSet<String> = cited().into_values().flatten().collect();
    let unknown: Vec<&String> = named.difference(&known).collect();
    assert!(unknown.is_empty(), "no requirement of SPEC.md: {unknown:?}");
    let missing: Vec<&String> = known.difference(&named).collect();
    assert!(
        missing.is_empty(),
        "{} requirements that no test names: {missing:?}",
        missing.len()
    );
}

#[test]
fn every_requirement_was_checked_in_a_full_run() {
    requirement::prune();
    let recorded = requirement::recorded();
    let ids: BTreeSet<String> = recorded.iter().map(|record| record.id.clone()).collect();
    let unknown: Vec<&String> = ids.iter().filter(|id| !known().contains(*id)).collect();
    assert!(
        unknown.is_empty(),
        "recorded, and no requirement of SPEC.md: {unknown:?}"
    );
    if let Some(reason) = partial(&recorded) {
        println!("not judged: {reason}");
        return;
    }
    let missing: Vec<String> = known().into_iter().filter(|id| !ids.contains(id)).collect();
    assert!(
        missing.is_empty(),
        "{} requirements that no test checked: {missing:?}",
        missing.len()
    );
}

/// Why this run cannot be expected to have checked everything, if so.
fn partial(recorded: &BTreeSet<Record>) -> Option<String> {
    if requirement::named_folder().is_some() {
        return None;
    }
    if std::env::args().skip(1).any(|arg| narrows(&arg)) {
        return Some("a filter was given".to_owned());
    }
    let ran: BTreeSet<&str> = recorded
        .iter()
        .map(|record| record.suite.as_str())
        .collect();
    let absent: Vec<String> = cited()
        .into_keys()
        .filter(|suite| !ran.contains(suite.as_str()))
        .collect();
    (!absent.is_empty()).then(|| format!("suites that did not run: {absent:?}"))
}

/// Whether an argument of a test program leaves tests out.
fn narrows(argument: &str) -> bool {
    !argument.starts_with('-')
        || argument.starts_with("--skip")
        || argument == "--exact"
        || argument == "--ignored"
}

fn known() -> BTreeSet<String> {
    spec::requirements()
        .into_iter()
        .map(|requirement| requirement.id.to_owned())
        .collect()
}

/// The ids that stand in a `requirement!` of each suite.
fn cited() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut suites: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (package, folder) in SUITES {
        let folder = root.join(folder).join("tests");
        for file in sources(&folder) {
            let ids = ids(&fs::read_to_string(&file).expect("a source that can be read"));
            if !ids.is_empty() {
                suites
                    .entry(format!("{package}/{}", suite(&folder, &file)))
                    .or_default()
                    .extend(ids);
            }
        }
    }
    suites
}

/// All Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The suite that a file belongs to: `tests/a.rs`, `tests/a/main.rs` and `tests/a/b.rs` are of `a`.
fn suite(folder: &Path, file: &Path) -> String {
    let first = file
        .strip_prefix(folder)
        .ok()
        .and_then(|path| path.iter().next())
        .expect("a file below its folder");
    Path::new(first)
        .file_stem()
        .expect("a name")
        .to_string_lossy()
        .replace('-', "_")
}

/// The ids in the calls of `requirement!` in a source.
fn ids(source: &str) -> Vec<String> {
    let calls = source
        .split(CALL)
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    let quoted = calls.flat_map(|(arguments, _)| arguments.split('"').skip(1).step_by(2));
    quoted.map(str::to_owned).collect()
}

#[test]
fn calls_are_found_in_sources() {
    let source = format!(
        r#"{CALL}"FR-1", "HS-2"); x {CALL}
        "LV-3",
    );"#
    );
    assert_eq!(ids(&source), ["FR-1", "HS-2", "LV-3"]);
    assert_eq!(suite(Path::new("/t"), Path::new("/t/a-b/main.rs")), "a_b");
    assert!(narrows("name") && narrows("--skip=x") && !narrows("--nocapture") && !narrows("-q"));
}
