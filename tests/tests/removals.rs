//! What `removals` takes out still stands in the tree, once: a list that has gone stale would prove nothing.

use std::fs;
use std::path::Path;

#[allow(dead_code, reason = "the program uses the rest")]
mod list {
    include!("../src/removals/list.rs");
}

#[test]
fn each_removal_stands_exactly_once() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for removal in list::REMOVALS {
        for (file, find, replace) in removal.patches {
            let text = fs::read_to_string(tree.join(file)).expect(file);
            assert_eq!(text.matches(find).count(), 1, "{}: {file}", removal.name);
            assert_ne!(find, replace, "{}", removal.name);
        }
    }
}
