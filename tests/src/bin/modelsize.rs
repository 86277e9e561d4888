//! x
use stateright::{Checker, Model};
fn main() {
    let a: Vec<u8> = std::env::args().skip(1).map(|a| a.parse().unwrap()).collect();
    let t = std::time::Instant::now();
    let c = parlance_tests::model::Small { lines: a[0], cuts: a[1], refusals: a[2], doubts: a[3], bug: None }
        .checker().threads(2).target_state_count(3_000_000).timeout(std::time::Duration::from_secs(100)).spawn_bfs().join();
    println!("{a:?} {} {} depth {} {:?}", c.state_count(), c.unique_state_count(), c.max_depth(), t.elapsed());
    for (n, p) in c.discoveries() { println!("{n}: {:?}", p.into_actions()); }
}
