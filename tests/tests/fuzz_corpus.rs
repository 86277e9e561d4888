//! The committed corpus of the fuzz targets, replayed by the same oracles without a fuzzer.

use std::path::PathBuf;

use parlance_tests::oracles::{self, corpus};
use parlance_tests::sim::rng::Rng;

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target)
}

#[test]
fn the_committed_corpus_passes() {
    for (target, oracle) in oracles::ALL {
        let files = std::fs::read_dir(folder(target))
            .unwrap_or_else(|error| panic!("corpus of {target}: {error}"));
        let mut count = 0;
        for file in files {
            let path = file.expect("an entry").path();
            if path.is_file() {
                oracle(&std::fs::read(&path).expect("a readable file"));
                count += 1;
            }
        }
        assert!(count >= 24, "only {count} files for {target}");
    }
}

/// `UPDATE_CORPUS=1` writes the made part of the corpus; what fuzzing found is kept beside it.
#[test]
fn the_made_corpus_is_the_committed_one() {
    for (target, _) in oracles::ALL {
        for (name, bytes) in corpus::of(target) {
            let path = folder(target).join(format!("made-{name}"));
            if std::env::var_os("UPDATE_CORPUS").is_some() {
                std::fs::create_dir_all(folder(target)).expect("a folder");
                std::fs::write(&path, &bytes).expect("a writable file");
            }
            let committed = std::fs::read(&path).unwrap_or_default();
            assert_eq!(committed, bytes, "{}: set UPDATE_CORPUS=1", path.display());
        }
    }
}

/// A short walk of each oracle beyond the corpus, so that it is not only the committed files that pass.
#[test]
fn operations_at_random_pass() {
    let mut rng = Rng::new(1);
    for round in 0..1500 {
        let len = rng.between(1, 500);
        let bytes: Vec<u8> = (0..len).map(|_| rng.below(256) as u8).collect();
        for (target, oracle) in oracles::ALL {
            let ran = std::panic::catch_unwind(|| oracle(&bytes));
            assert!(ran.is_ok(), "{target} in round {round}");
        }
    }
}
