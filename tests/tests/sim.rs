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

/// A script of ours, on a bad day: everybody is shown every line once, in one order, and the same seed is the same
/// transcript. (Whether a verdict can be bad is seen in `tests/removals.rs`, which breaks the machines.)
#[test]
fn a_script_gives_a_transcript_and_a_verdict() {
    use parlance_tests::sim::script::Plan;
    use parlance_tests::sim::{Cue, Does, play};
    use std::time::Duration;

    let mut plan = Plan::calm(&["ada", "ben"]);
    plan.odds.cut = 10;
    plan.odds.unknown = 20;
    plan.misery = 300;
    let cue = |ms, who, does| Cue {
        at: Duration::from_millis(ms),
        who,
        does,
    };
    let says = |n| Does::Say(format!("line {n}"));
    let mut script: Vec<Cue> = (0..20)
        .map(|n| cue(500 + 200 * n, (n % 2) as usize, says(n)))
        .collect();
    script.push(cue(5000, 1, Does::Nick("benny".into())));
    for seed in 0..20 {
        let played = play(seed, plan.clone(), &script);
        assert!(
            played.verdict.faults.is_empty(),
            "{seed}: {:?}",
            played.verdict.faults
        );
        let heard = |who| -> Vec<&parlance_proto::wire::Event> {
            let own = played
                .transcript
                .iter()
                .filter(move |heard| heard.who == who);
            own.filter_map(|heard| match &heard.what {
                parlance_proto::client::Action::Event(event) => Some(event),
                _ => None,
            })
            .collect()
        };
        let (ada, ben) = (heard(0), heard(1));
        let said = |events: &[&parlance_proto::wire::Event]| {
            let is_said = |event: &&&parlance_proto::wire::Event| {
                matches!(event, parlance_proto::wire::Event::Said(_))
            };
            events
                .iter()
                .filter(is_said)
                .map(|event| event.seq())
                .collect::<Vec<_>>()
        };
        assert_eq!(said(&ada).len(), 20, "{seed}: {ada:?}");
        assert_eq!(said(&ada), said(&ben), "{seed}");
        assert_eq!(
            play(seed, plan.clone(), &script).transcript,
            played.transcript
        );
    }
}
