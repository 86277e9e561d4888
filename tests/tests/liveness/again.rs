//! Coming back.

use super::*;

/// Loses a link, fails twice to open one, and fails to be let in: the four waits.
fn waits(seed: u64, retry: Option<u64>) -> [Duration; 4] {
    let mut bench = Bench::with(seed, true, |_| {});
    bench.let_in(welcome());
    bench.lose();
    let first = bench.until_connect();
    bench.fail_to_connect();
    let second = bench.until_connect();
    bench.greet(); // a link that opens is no way in
    bench.lose();
    let third = bench.until_connect();
    bench.greet();
    bench.hears(&Message::Bye(Bye {
        code: ByeCode::BUSY,
        text: String::new(),
        retry,
    }));
    let fourth = bench.until_connect();
    bench.let_in(welcome());
    bench.lose();
    assert!(bench.until_connect() <= secs(1), "anew after CLIENT");
    [first, second, third, fourth]
}

#[test]
fn a_client_comes_back_after_times_drawn_evenly() {
    requirement!("LV-11");
    let widest = [1, 15, 20, 20].map(secs);
    let mut sums = [Duration::ZERO; 4];
    let mut least = widest;
    let mut most = [Duration::ZERO; 4];
    for seed in 0..400 {
        for (n, wait) in waits(seed, None).into_iter().enumerate() {
            assert!(wait <= widest[n], "{wait:?} for the wait {n}");
            sums[n] += wait;
            least[n] = least[n].min(wait);
            most[n] = most[n].max(wait);
        }
    }
    for (n, widest) in widest.into_iter().enumerate() {
        let mean = sums[n].as_secs_f64() / 400.0 / widest.as_secs_f64();
        assert!((0.42..0.58).contains(&mean), "mean {mean} of wait {n}");
        assert!(least[n] < widest / 20 && most[n] > widest * 19 / 20);
    }
    for seed in 0..20 {
        let [first, second, third, fourth] = waits(seed, Some(40));
        let without = waits(seed, None);
        assert_eq!([first, second, third], without[..3]);
        assert_eq!(fourth, without[3] + secs(40), "retry is added");
    }
}

#[test]
fn a_client_that_waits_is_told_why_and_until_when() {
    requirement!("LV-11");
    let mut bench = Bench::live(true);
    let actions = bench.lose();
    let (wait, reason) = bench.due().expect("it wants to come back");
    assert_eq!(reason, Reason::Retry);
    let Some(Action::Lost { retry_at, .. }) = actions.last() else {
        panic!("Lost, and not {actions:?}")
    };
    let at = bench.client().poll_timeout().map(|wake| wake.at);
    assert_eq!(Some(*retry_at), at);
    assert!(bench.pass(wait - MS).is_empty());
    assert_eq!(bench.pass(MS), [Action::Connect]);
}
