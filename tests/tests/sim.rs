//! The simulator's normal run: ten thousand seeds, or as many as `PARLANCE_SEEDS` says.

use parlance_tests::sim;

const SEEDS: u64 = 10_000;

#[test]
fn every_promise_is_kept_in_every_run() {
    let seeds = std::env::var("PARLANCE_SEEDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(SEEDS);
    let summary = sim::run_many(0..seeds, 2);
    println!("{summary}");
    assert!(summary.failed.is_empty(), "{summary}");
    // Few seeds say nothing of how often something happens.
    if seeds >= 500 {
        let rare = summary.too_rare();
        assert!(rare.is_empty(), "{rare:?}\n{summary}");
        let each = summary.sum.delivered / summary.runs;
        assert!(each >= 200, "only {each} events delivered in a run");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..20 {
        let (one, two) = (sim::run(seed, false), sim::run(seed, false));
        assert_eq!(
            (one.digest, one.steps, one.stats),
            (two.digest, two.steps, two.stats)
        );
    }
    assert_ne!(sim::run(0, false).digest, sim::run(1, false).digest);
}
