//! The model checker: a small world, searched completely, and three mistakes that it must find.

use parlance_tests::model::{Bug, Small};
use stateright::{Checker, Model};

/// With a broken link and a lost answer, or with a refusal in their place.
fn small(bug: Option<Bug>) -> Small {
    Small {
        lines: 2,
        cuts: 1,
        refusals: 0,
        doubts: 1,
        overtakes: 0,
        bug,
    }
}

#[test]
fn a_refusal_in_mid_chain_keeps_the_promises() {
    let small = Small {
        lines: 2,
        cuts: 1,
        refusals: 1,
        doubts: 0,
        overtakes: 1,
        bug: None,
    };
    let checker = small.clone().checker().threads(2).spawn_bfs().join();
    println!(
        "{} states, {} unique, depth {}",
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth()
    );
    for property in small.properties() {
        if matches!(property.expectation, stateright::Expectation::Always) {
            checker.assert_no_discovery(property.name);
        }
    }
}

#[test]
fn every_state_of_the_small_world_keeps_the_promises() {
    let checker = small(None).checker().threads(2).spawn_bfs().join();
    println!(
        "{} states, {} unique, depth {}",
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth()
    );
    checker.assert_properties();
    assert!(checker.is_done(), "the search must be complete");
    assert!(
        checker.unique_state_count() >= 50_000,
        "only {} unique states",
        checker.unique_state_count()
    );
}

fn finds(bug: Bug, property: &'static str) {
    let checker = small(Some(bug)).checker().threads(2).spawn_bfs().join();
    let found = checker.discovery(property);
    assert!(
        found.is_some(),
        "{bug:?} was not found; found: {:?}",
        checker.discoveries().keys()
    );
}

#[test]
fn a_log_that_forgets_is_found() {
    finds(Bug::Forgetful, "acknowledged means stored");
}

#[test]
fn a_driver_that_does_not_read_on_is_found() {
    finds(Bug::Deaf, "at rest everything is settled");
}

#[test]
fn a_repeat_that_is_renumbered_is_found() {
    finds(Bug::Renumbering, "no text is stored twice");
}
