//! What holds a room: a reader who is behind and takes as much as the room waits for, and not one who takes less.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use parlance::clock::Clock;
use parlance::load::{self, Figures, Progress};

use super::company::{Company, LONGEST, Presence};
use super::guest::{Guest, Heard, login};
use super::readers::{Manner, Reader};
use super::{Failure, Report, Talk};
use crate::running::Running;

/// Bytes of the shortest text.
const SHORTEST: usize = 64;
/// How long the pace of the slower one may stay unknown, and with it a line be held [LV-9].
const UNKNOWN: Duration = Duration::from_secs(10);

/// What is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program.
    pub parlance: PathBuf,
    /// The members: more bytes a second than `pace`.
    pub talk: Talk,
    /// The server's `--ring`.
    pub ring: String,
    /// How many bytes a second the one takes who is waited for.
    pub pace: usize,
    /// How many bytes a second the other takes.
    pub trickle: usize,
}

/// One run.
struct Run {
    figures: Figures,
    /// From when the last line was said until all had it.
    late: Duration,
    /// Bytes a second that the room went at, from the first line on; what is not text is not counted.
    pace: f64,
    heard: Heard,
    due: u64,
}

/// Runs the plan.
///
/// # Errors
///
/// It could not be run to its end, or somebody was sent what is not in order.
pub fn run(plan: &Plan) -> Result<Report, Failure> {
    let one = once(plan, plan.pace)?;
    let other = once(plan, plan.trickle)?;
    let talk = &plan.talk;
    let mut report = Report::new(format!(
        "held: {} members at {} lines/s for {:?}, --ring {}, beside one who takes {} bytes/s, and then {}",
        talk.members, talk.rate, talk.span, plan.ring, plan.pace, plan.trickle
    ));
    report.ask_right([&one.figures, &other.figures]);
    let seen = |run: &Run| {
        let pace = run.pace / 1024.0;
        format!(
            "{:.1?} after it was said: {pace:.0} KiB/s of text",
            run.late
        )
    };
    report.tell("beside the one all have the last line", seen(&one));
    let asked = format!("<= {UNKNOWN:?}");
    report.ask(
        "beside the other",
        asked,
        seen(&other),
        other.late <= UNKNOWN,
    );
    for (name, run) in [("the one got", &one), ("the other got", &other)] {
        let got = run.heard.events + run.heard.skipped;
        let seen = format!(
            "{} + {} of {}",
            run.heard.events, run.heard.skipped, run.due
        );
        report.ask(name, "all, events + GAP", seen, got >= run.due);
    }
    Ok(report)
}

fn once(plan: &Plan, rate: usize) -> Result<Run, Failure> {
    let address = (Ipv4Addr::LOCALHOST, 0).into();
    let server = Running::parlance(&plan.parlance, address, &["--ring", &plan.ring])?;
    let reader = Reader::start(server.address(), "reader", 1, Manner::Trickle(rate))?;
    let presence = Presence::default();
    let company = Company::new(plan.talk.members, SHORTEST..=LONGEST, &presence);
    let options = plan.talk.options(server.address(), server.pid());
    let clock = Clock::start();
    let mut begun = None;
    let figures = load::run(&options, company, &mut |progress| {
        if matches!(progress, Progress::Running(..)) {
            begun.get_or_insert(clock.now());
        }
    })?;
    let took = clock
        .now()
        .saturating_duration_since(begun.unwrap_or_default());
    let text = figures.messages as f64 * (SHORTEST + LONGEST) as f64 / 2.0;
    let (_late, welcome) = Guest::enter(server.address(), login("late"), None)?;
    let (heard, due) = reader.read_on(welcome.head)?;
    server.end()?;
    Ok(Run {
        figures,
        late: took.saturating_sub(plan.talk.warm_up + plan.talk.span),
        pace: text / took.as_secs_f64(),
        heard,
        due,
    })
}
