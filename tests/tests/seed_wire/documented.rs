//! docs/SEED.md names tests: they exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_test_that_the_page_names_exists_and_every_row_names_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/SEED.md")).expect("the page");
    let mut all = BTreeSet::new();
    for folder in [
        "tests/tests/seed_wire",
        "runtime/tests/it",
        "runtime/src/server",
    ] {
        for file in sources(&root.join(folder)) {
            let text = fs::read_to_string(file).expect("a source");
            let after = text.split("#[test]").skip(1);
            all.extend(after.filter_map(|rest| {
                let name = rest.split_once("fn ")?.1.split('(').next()?;
                Some(name.to_owned())
            }));
        }
    }
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'));
    let mut count = 0;
    for row in rows {
        let cell = row
            .trim_end_matches('|')
            .rsplit('|')
            .next()
            .expect("a cell");
        let named: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{row}");
        for name in named {
            assert!(all.contains(name), "no test {name}: {row}");
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("a folder");
    let paths = files.map(|file| file.expect("an entry").path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect()
}
