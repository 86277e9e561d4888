//! Thousands who come at once: 64 at a time, as fast as they are let in.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use parlance::clock::Clock;
use parlance::load::{self, Progress};

use super::company::{Company, Presence};
use super::guest::{Guest, login};
use super::{Failure, PATIENCE, Report, Talk, memory};
use crate::running::Running;

/// How long all may take.
const ASKED: Duration = Duration::from_secs(30);
/// So much more may a member take among all than among the first quarter: what the allocator keeps varies.
const SLACK: f64 = 1.1;

/// What is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program.
    pub parlance: PathBuf,
    /// How many come.
    pub members: usize,
}

/// What was seen while they came.
#[derive(Default)]
struct Seen {
    /// Members, and the server's memory, in bytes.
    memory: Vec<(usize, u64)>,
    /// When the last was in.
    all_in: Duration,
    roster: Option<Result<usize, String>>,
}

/// Runs the plan.
///
/// # Errors
///
/// It could not be run to its end.
pub fn run(plan: &Plan) -> Result<Report, Failure> {
    let talk = Talk {
        members: plan.members,
        senders: 1,
        rate: 10.0,
        warm_up: Duration::from_secs(1),
        span: Duration::from_secs(1),
        patience: PATIENCE,
    };
    let server = Running::parlance(&plan.parlance, (Ipv4Addr::LOCALHOST, 0).into(), &[])?;
    let (address, pid) = (server.address(), server.pid());
    let empty = memory(pid)?;
    let marks = [plan.members / 4, plan.members / 2, plan.members];
    let (mut seen, mut failed) = (Seen::default(), None);
    let clock = Clock::start();
    let presence = Presence::default();
    let company = Company::new(plan.members, 64..=64, &presence);
    let figures = load::run(&talk.options(address, pid), company, &mut |progress| {
        let Progress::Joining(joined) = progress else {
            return;
        };
        if let Err(why) = seen.look(joined, &marks, clock, pid, address, &talk) {
            failed.get_or_insert(why);
        }
    })?;
    if let Some(why) = failed {
        return Err(why);
    }
    server.end()?;

    let mut report = Report::new(format!(
        "wave: {} join one room, 64 at a time",
        plan.members
    ));
    let asked = format!("< {ASKED:?}");
    report.ask(
        "all are in after",
        asked,
        format!("{:.1?}", seen.all_in),
        seen.all_in < ASKED,
    );
    let (count, exact) = match seen.roster {
        Some(Ok(count)) => (format!("exact, {count}"), true),
        Some(Err(why)) => (why, false),
        None => ("not asked for".to_owned(), false),
    };
    report.ask("roster", "exact", count, exact);
    let each: Vec<f64> = seen
        .memory
        .iter()
        .map(|(members, bytes)| bytes.saturating_sub(empty) as f64 / *members as f64)
        .collect();
    let shown: Vec<String> = seen
        .memory
        .iter()
        .zip(&each)
        .map(|((members, _), each)| format!("{each:.0} at {members}"))
        .collect();
    let (first, last) = (each.first().copied(), each.last().copied());
    let linear = first
        .zip(last)
        .is_some_and(|(first, last)| last <= first * SLACK);
    report.ask(
        "bytes a member",
        "does not grow",
        shown.join(", "),
        linear && each.len() == marks.len(),
    );
    report.ask_right([&figures]);
    Ok(report)
}

impl Seen {
    fn look(
        &mut self,
        joined: usize,
        marks: &[usize],
        clock: Clock,
        pid: u32,
        address: SocketAddr,
        talk: &Talk,
    ) -> Result<(), Failure> {
        if let Some(mark) = marks.get(self.memory.len())
            && joined >= *mark
        {
            self.memory.push((joined, memory(pid)?));
        }
        if joined < talk.members {
            return Ok(());
        }
        self.all_in = clock.now().since_origin();
        let (mut asker, _) = Guest::enter(address, login("asker"), None)?;
        let mut listed = asker.who()?;
        let exact = listed.remove("asker") && listed == talk.names();
        self.roster = Some(if exact {
            Ok(listed.len() + 1)
        } else {
            Err(format!("{} others are listed", listed.len()))
        });
        Ok(())
    }
}
