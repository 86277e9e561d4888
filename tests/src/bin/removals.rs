//! How sharp the simulator is: takes one rule after another out of a copy of the tree and counts the seeds until it is
//! missed.
//!
//! `removals [--cap N] [--only NAME]` prints a Markdown table; without `--only` it is also written to tests/REMOVALS.md.
//! A removal is some replacements, each of a text that must stand exactly once in its file.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

mod list {
    include!("../removals/list.rs");
}

use list::{REMOVALS, Removal};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &str| {
        arguments
            .iter()
            .position(|a| a == flag)
            .and_then(|at| arguments.get(at + 1))
    };
    let cap = after("--cap")
        .and_then(|n| n.parse().ok())
        .unwrap_or(20_000);
    let only = after("--only");
    let tree = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let copy = std::env::temp_dir().join(format!("parlance-removals-{}", std::process::id()));
    let mut table = String::from(
        "| taken out | where | of how many seeds the first that found it | what it said |\n| --- | --- | --- | --- |\n",
    );
    let mut missed = 0;
    for removal in REMOVALS
        .iter()
        .filter(|removal| only.is_none_or(|only| only == removal.name))
    {
        let found = try_one(removal, &tree, &copy, cap);
        let (seeds, words) = match &found {
            Ok(Some((seeds, words))) => (seeds.to_string(), words.clone()),
            Ok(None) => (format!("not found in {cap}"), String::new()),
            Err(error) => ("not tried".into(), error.clone()),
        };
        missed += u32::from(!matches!(found, Ok(Some(_))));
        let line = format!(
            "| `{}`: {} | {} | {seeds} | {words} |",
            removal.name,
            removal.what,
            removal.files()
        );
        println!("{line}");
        let _ = writeln!(table, "{line}");
    }
    let _ = fs::remove_dir_all(&copy);
    if only.is_none() {
        let text = format!(
            "# What is taken out, and how soon the simulator finds it\n\nMade by `cargo run --release -p parlance-tests --bin removals`; seeds are tried from 0 on, {cap} at most.\n\n{table}"
        );
        if let Err(error) = fs::write(tree.join("tests/REMOVALS.md"), text) {
            eprintln!("tests/REMOVALS.md: {error}");
            return ExitCode::FAILURE;
        }
    }
    if missed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The number of seeds until the removal was found, and what was wrong; nothing if it was not found.
fn try_one(
    removal: &Removal,
    tree: &Path,
    copy: &Path,
    cap: u64,
) -> Result<Option<(u64, String)>, String> {
    fs::create_dir_all(copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    copy_tree(tree, copy)?;
    for (file, find, put) in removal.patches {
        let path = copy.join(file);
        let text = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
        let count = text.matches(find).count();
        if count != 1 {
            return Err(format!(
                "{file}: the text to take out stands there {count} times"
            ));
        }
        fs::write(&path, text.replacen(find, put, 1))
            .map_err(|error| format!("{file}: {error}"))?;
    }
    let build = Command::new("cargo")
        .args(["build", "-q", "-j2", "-p", "parlance-tests", "--bin", "sim"])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.join("target"))
        .env("RUSTFLAGS", "-Awarnings")
        .output()
        .map_err(|error| error.to_string())?;
    if !build.status.success() {
        let words = String::from_utf8_lossy(&build.stderr)
            .lines()
            .take(3)
            .collect::<Vec<_>>()
            .join(" ");
        return Err(format!("does not build: {words}"));
    }
    let step = 200;
    for from in (0..cap).step_by(step) {
        let run = Command::new(copy.join("target/debug/sim"))
            .args([
                "--from",
                &from.to_string(),
                "--seeds",
                &step.to_string(),
                "--threads",
                "2",
            ])
            .output()
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        if let Some(line) = said.lines().find_map(|line| line.strip_prefix("seed ")) {
            let (seed, words) = line.split_once(": ").unwrap_or((line, ""));
            let words: String = words.chars().take(70).collect();
            let seed: u64 = seed.parse().map_err(|_| format!("an odd line: {line}"))?;
            return Ok(Some((seed + 1, words.replace('|', "/"))));
        }
        if !run.status.success() {
            return Ok(Some((from + 1, "the simulator died".into())));
        }
    }
    Ok(None)
}

/// Copies what the build needs; the copy's own target folder stays, so that only what changed is built again.
fn copy_tree(tree: &Path, copy: &Path) -> Result<(), String> {
    for name in [
        "Cargo.toml",
        "Cargo.lock",
        "SPEC.md",
        "README.md",
        "clippy.toml",
        "proto",
        "runtime",
        "tests",
    ] {
        let from = tree.join(name);
        if from.is_dir() {
            copy_folder(&from, &copy.join(name))?;
        } else if from.is_file() {
            copy_file(&from, &copy.join(name))?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| error.to_string())?;
    for entry in fs::read_dir(from).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let Some(name) = path.file_name().filter(|name| *name != "target") else {
            continue;
        };
        if path.is_dir() {
            copy_folder(&path, &to.join(name))?;
        } else {
            copy_file(&path, &to.join(name))?;
        }
    }
    Ok(())
}

/// Only where something differs, so that cargo does not take it for changed.
fn copy_file(from: &Path, to: &Path) -> Result<(), String> {
    let text = fs::read(from).map_err(|error| error.to_string())?;
    if fs::read(to).is_ok_and(|there| there == text) {
        return Ok(());
    }
    fs::write(to, text).map_err(|error| format!("{}: {error}", to.display()))
}
