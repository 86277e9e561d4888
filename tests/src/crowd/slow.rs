//! One who stops reading and one who trickles, beside members who talk.

use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use parlance::clock::Clock;
use parlance::load::{self, Figures};
use parlance_proto::time::Instant;

use super::company::{Company, LONGEST, Presence};
use super::guest::{Guest, Heard, login};
use super::readers::{Manner, Reader};
use super::report::mib;
use super::{Failure, Report, Talk, memory, memory_after};
use crate::running::Running;

/// Bytes of the shortest text.
const SHORTEST: usize = 64;
/// By how much more the server may grow with bad readers than with good ones, in bytes: a queue for either would be as
/// large as all that was said.
const GROWTH: i64 = 4 << 20;

/// How long after the stall time the one who takes nothing may still be there: the system takes something for him at
/// first, and he is given some time for his last words.
const LATE: Duration = Duration::from_secs(5);

/// What is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program.
    pub parlance: PathBuf,
    /// The members.
    pub talk: Talk,
    /// How often, with and without.
    pub rounds: usize,
    /// When one who takes nothing is closed.
    pub stall: Duration,
    /// How many bytes a second the other takes.
    pub trickle: usize,
    /// More flags for the server.
    pub flags: Vec<String>,
}

/// One run.
struct Run {
    figures: Figures,
    grown: i64,
    still: Fate,
    trickle: Fate,
}

/// What became of a reader.
struct Fate {
    heard: Heard,
    due: u64,
    /// After how long the server said that it closed the connection, and why.
    closed: Option<(Duration, String)>,
}

/// Runs the plan.
///
/// # Errors
///
/// It could not be run to its end, or somebody was sent what is not in order.
pub fn run(plan: &Plan) -> Result<Report, Failure> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        good.push(once(plan, Manner::Well, Manner::Well)?);
        bad.push(once(plan, Manner::Still, Manner::Trickle(plan.trickle))?);
    }
    Ok(report(plan, &good, &bad))
}

fn once(plan: &Plan, still: Manner, trickle: Manner) -> Result<Run, Failure> {
    let clock = Clock::start();
    let stall = format!("{}ms", plan.stall.as_millis());
    let mut flags = vec!["--stall", &stall];
    flags.extend(plan.flags.iter().map(String::as_str));
    let (server, said) = Running::overheard(&plan.parlance, &flags, clock)?;
    let still = Reader::start(server.address(), "still", 1, still)?;
    let trickle = Reader::start(server.address(), "trickle", 2, trickle)?;
    let before = memory(server.pid())?;
    let began = clock.now();
    let presence = Presence::default();
    let company = Company::new(plan.talk.members, SHORTEST..=LONGEST, &presence);
    let options = plan.talk.options(server.address(), server.pid());
    let figures = load::run(&options, company, &mut |_| ())?;
    // What there is to be heard: up to this one's own coming.
    let (_late, welcome) = Guest::enter(server.address(), login("late"), None)?;
    let closed = closings(&said, began);
    let of = |reader: &Reader| {
        let address = format!("{}: ", reader.address());
        let line = closed.iter().find(|(_, line)| line.contains(&address));
        line.cloned()
    };
    let (still_closed, trickle_closed) = (of(&still), of(&trickle));
    let read_on = |reader: Reader, closed| {
        let (heard, due) = reader.read_on(welcome.head)?;
        Ok::<_, Failure>(Fate { heard, due, closed })
    };
    let run = Run {
        grown: memory_after(&figures)? as i64 - before as i64,
        figures,
        still: read_on(still, still_closed)?,
        trickle: read_on(trickle, trickle_closed)?,
    };
    server.end()?;
    Ok(run)
}

/// What the server said until now, and when after `began`.
fn closings(said: &Receiver<(Instant, String)>, began: Instant) -> Vec<(Duration, String)> {
    said.try_iter()
        .map(|(at, line)| (at.saturating_duration_since(began), line))
        .collect()
}

fn report(plan: &Plan, good: &[Run], bad: &[Run]) -> Report {
    let talk = &plan.talk;
    let mut report = Report::new(format!(
        "slow: {} members at {} lines/s for {:?}, one who takes nothing and one who takes {} bytes/s, --stall {:?}",
        talk.members, talk.rate, talk.span, plan.trickle, plan.stall
    ));
    let of = |runs: &[Run]| {
        runs.iter()
            .map(|run| run.figures.clone())
            .collect::<Vec<_>>()
    };
    let (without, with) = (of(good), of(bad));
    report.ask_right(without.iter().chain(&with));
    report.ask_ratio(
        &without.iter().collect::<Vec<_>>(),
        &with.iter().collect::<Vec<_>>(),
    );
    let stalled: Vec<_> = bad.iter().map(|run| reason(&run.still.closed)).collect();
    let (least, most) = (plan.stall, plan.stall + LATE);
    let is = bad.iter().all(|run| {
        let closed = run.still.closed.as_ref();
        closed.is_some_and(|(after, why)| why.contains("stalled") && (least..=most).contains(after))
    });
    let asked = format!("stalled, within {most:?}");
    report.ask("who takes nothing is closed", asked, stalled.join(", "), is);
    let open: Vec<_> = bad.iter().map(|run| reason(&run.trickle.closed)).collect();
    let is = open.iter().all(|why| why == "no");
    report.ask("who trickles is closed", "no", open.join(", "), is);
    for (name, of) in [
        (
            "who took nothing, reading on",
            (|run| &run.still) as fn(&Run) -> &Fate,
        ),
        ("who trickled, reading on", |run| &run.trickle),
    ] {
        let all: Vec<_> = bad.iter().map(of).collect();
        let seen: Vec<_> = all
            .iter()
            .map(|one| {
                format!(
                    "{} + {} of {}",
                    one.heard.events, one.heard.skipped, one.due
                )
            })
            .collect();
        let kept = all
            .iter()
            .all(|one| one.heard.events + one.heard.skipped >= one.due);
        report.ask(name, "all, events + GAP", seen.join(", "), kept);
    }
    let grown = |runs: &[Run]| runs.iter().map(|run| run.grown).max().unwrap_or_default();
    let (a, b) = (grown(good), grown(bad));
    let asked = format!("<= {} more", mib(GROWTH));
    report.ask(
        "server grows, with / without",
        asked,
        format!("{} / {}", mib(b), mib(a)),
        b - a <= GROWTH,
    );
    report
}

fn reason(closed: &Option<(Duration, String)>) -> String {
    match closed {
        None => "no".to_owned(),
        Some((after, line)) => {
            // What it said stands behind the address.
            let why = line.rsplit(": ").nth(1).unwrap_or(line);
            format!("{why} after {:.1} s", after.as_secs_f64())
        }
    }
}
