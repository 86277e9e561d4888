//! Hundreds who come and go in a second, beside members of a room that is too large for that to be told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use parlance::load::{self, Progress};

use super::comers::{Comers, Tally};
use super::company::{Company, Presence};
use super::guest::{Guest, login, login_of};
use super::report::mib;
use super::{Failure, PATIENCE, Report, Talk, memory};
use crate::running::Running;

/// Bytes of the texts.
const SIZE: usize = 64;
/// The talk goes on for so long after the storm, so that the roster is asked for while all are in.
const CALM: Duration = Duration::from_secs(5);
/// What somebody who is gone may cost, in bytes: his session is remembered, until there are a hundred thousand [RM-15].
const SESSION: i64 = 1024;

/// What is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program.
    pub parlance: PathBuf,
    /// The members: as many as `announce_below` or more.
    pub members: usize,
    /// What `--announce-below` is.
    pub announce_below: u32,
    /// How many come in a second; as many go.
    pub rate: u32,
    /// How long: half of it guests come, then those with a key.
    pub span: Duration,
}

/// What became of the storm.
struct Storm {
    guests: Part,
    keyed: Part,
    roster: Result<usize, String>,
}

/// A half of it.
struct Part {
    tally: Tally,
    /// How many had come when the memory was first looked at.
    early: u64,
    grown: i64,
}

/// Runs the plan.
///
/// # Errors
///
/// It could not be run to its end, or somebody was sent away.
pub fn run(plan: &Plan) -> Result<Report, Failure> {
    let talk = Talk {
        members: plan.members,
        senders: 1,
        rate: 50.0,
        warm_up: Duration::from_secs(1),
        span: plan.span + CALM,
        patience: PATIENCE,
    };
    let below = plan.announce_below.to_string();
    let server = Running::parlance(
        &plan.parlance,
        (std::net::Ipv4Addr::LOCALHOST, 0).into(),
        &["--announce-below", &below],
    )?;
    let (address, pid) = (server.address(), server.pid());
    let (begin, begun) = mpsc::channel();
    let storm = {
        let (plan, names) = (plan.clone(), talk.names());
        thread::spawn(move || storm(&plan, address, pid, &names, &begun))
    };
    let presence = Presence::default();
    let company = Company::new(talk.members, SIZE..=SIZE, &presence);
    let figures = load::run(&talk.options(address, pid), company, &mut |progress| {
        if matches!(progress, Progress::Running(..)) && !presence.counting.replace(true) {
            // A storm that has failed says so at its end.
            let _ = begin.send(());
        }
    });
    drop(begin);
    let storm = storm
        .join()
        .map_err(|_| Failure::Foreign("the storm panicked".to_owned()))??;
    let figures = figures?;
    server.end()?;

    let mut report = Report::new(format!(
        "storm: {} members, {} come and go in a second for {:?}, --announce-below {}",
        plan.members, plan.rate, plan.span, plan.announce_below
    ));
    report.ask_right([&figures]);
    let each = figures.each;
    report.tell(
        "50 lines/s to all: p50 / p99 / longest",
        format!("{:.1?} / {:.1?} / {:.1?}", each.p50, each.p99, each.max),
    );
    let asked = f64::from(plan.rate) * plan.span.as_secs_f64();
    let (joined, left) = (
        storm.guests.tally.joined + storm.keyed.tally.joined,
        storm.guests.tally.left + storm.keyed.tally.left,
    );
    let kept = joined == left && joined as f64 >= asked * 0.98;
    report.ask(
        "came / went",
        format!("{asked:.0} each"),
        format!("{joined} / {left}"),
        kept,
    );
    let heard = presence.heard.get();
    report.ask("heard to come or go", 0, heard, heard == 0);
    let (seen, exact) = match &storm.roster {
        Ok(count) => (format!("exact, {count}"), true),
        Err(why) => (why.clone(), false),
    };
    report.ask("roster at the end", "exact", seen, exact);
    for (name, part) in [("a guest", &storm.guests), ("one with a key", &storm.keyed)] {
        let sessions = (part.tally.joined - part.early).max(1);
        let each = part.grown / sessions as i64;
        let seen = format!("{each} ({} for {sessions})", mib(part.grown));
        let what = format!("bytes that stay of {name}");
        report.ask(&what, format!("<= {SESSION}"), seen, each <= SESSION);
    }
    Ok(report)
}

/// The storm itself, once it is told to begin.
fn storm(
    plan: &Plan,
    address: SocketAddr,
    pid: u32,
    names: &std::collections::BTreeSet<String>,
    begun: &Receiver<()>,
) -> Result<Storm, Failure> {
    if begun.recv().is_err() {
        return Err(Failure::Late("the beginning of the talk"));
    }
    let mut comers = Comers::new(address)?;
    let guests = part(plan, &mut comers, pid, false)?;
    let keyed = part(plan, &mut comers, pid, true)?;
    let (mut asker, _) = Guest::enter(address, login("asker"), None)?;
    let mut listed = asker.who()?;
    let itself = listed.remove("asker");
    let roster = if itself && listed == *names {
        Ok(listed.len() + 1)
    } else {
        let strangers = listed.difference(names).count();
        let missing = names.difference(&listed).count();
        Err(format!("{strangers} too many, {missing} missing"))
    };
    Ok(Storm {
        guests,
        keyed,
        roster,
    })
}

/// Half of the storm; its memory is looked at when a third of that is over, and at the end.
fn part(plan: &Plan, comers: &mut Comers, pid: u32, keyed: bool) -> Result<Part, Failure> {
    let before = comers.tally;
    let span = plan.span / 2;
    let mut storm = |span| {
        comers.storm(plan.rate, span, |name, number| {
            if keyed {
                login_of(name, number, 1, None)
            } else {
                login(name)
            }
        })?;
        comers.see_off()?;
        Ok::<_, Failure>((comers.tally, memory(pid)?))
    };
    let (early, first) = storm(span / 3)?;
    let (all, last) = storm(span - span / 3)?;
    Ok(Part {
        tally: Tally {
            joined: all.joined - before.joined,
            left: all.left - before.left,
        },
        early: early.joined - before.joined,
        grown: last as i64 - first as i64,
    })
}
