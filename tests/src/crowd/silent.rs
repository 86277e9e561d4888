//! Thousands of sockets that connect and say nothing, beside members who talk.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use parlance::clock::Clock;
use parlance::load::{self, Figures, Progress};
use parlance_proto::server::SERVER_FRAME;
use parlance_proto::wire::{Decoder, Message, decode};

use super::company::{Company, Presence};
use super::report::mib;
use super::{Failure, Report, Talk, memory_after};
use crate::running::Running;

/// By how much the silent may make the server grow, in bytes.
const GROWTH: i64 = 100 << 20;
/// They come in so many parts, a tenth of a second apart, so that the members talk on in between.
const BATCHES: usize = 10;
/// How often it is looked whether they are gone.
const MOMENT: Duration = Duration::from_millis(100);
/// The server lets a connection go so long after its last words, and one more second for a busy machine.
const LINGER: Duration = Duration::from_secs(3);
/// What those are said to be told who are not.
const NO_WORD: &str = "no word";
/// How long the silent may be there before the members have come, been measured, and gone.
const MARGIN: Duration = Duration::from_secs(10);

/// What is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program.
    pub parlance: PathBuf,
    /// The members.
    pub talk: Talk,
    /// How many say nothing.
    pub silent: usize,
    /// How often, with and without.
    pub rounds: usize,
}

/// One run.
struct Run {
    figures: Figures,
    memory: i64,
    /// How many were kept when it was measured.
    kept: usize,
    /// How many are still there after the time for logging in.
    left: usize,
    /// What the others were told, before or while it was measured.
    refused: BTreeMap<String, usize>,
    /// What these were told in the end.
    told: BTreeMap<String, usize>,
}

/// Sockets that say nothing.
struct Silent {
    server: SocketAddr,
    /// How many have not connected yet.
    missing: usize,
    sockets: Vec<(TcpStream, Decoder)>,
    told: BTreeMap<String, usize>,
    buffer: Vec<u8>,
}

/// Runs the plan.
///
/// # Errors
///
/// It could not be run to its end.
pub fn run(plan: &Plan) -> Result<Report, Failure> {
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        without.push(once(plan, 0)?);
        with.push(once(plan, plan.silent)?);
    }
    Ok(report(plan, &without, &with))
}

fn once(plan: &Plan, silent: usize) -> Result<Run, Failure> {
    let clock = Clock::start();
    let handshake = plan.talk.span + MARGIN;
    let flag = format!("{}ms", handshake.as_millis());
    // What it says of each of them is not for the eye.
    let (server, _said) = Running::overheard(&plan.parlance, &["--handshake", &flag], clock)?;
    let mut crowd = Silent::new(server.address(), silent);
    let (mut kept, mut failed) = (0, None);
    let presence = Presence::default();
    let company = Company::new(plan.talk.members, 64..=64, &presence);
    let options = plan.talk.options(server.address(), server.pid());
    let figures = load::run(&options, company, &mut |progress| {
        let done = match progress {
            // They come when the members are in, and before it is measured.
            Progress::Running(_, 0) if crowd.missing > 0 => crowd.come(silent.div_ceil(BATCHES)),
            Progress::Running(_, 0) if kept == 0 => {
                let looked = crowd.look();
                kept = crowd.sockets.len();
                looked
            }
            _ => Ok(()),
        };
        if let Err(why) = done {
            failed.get_or_insert(why);
        }
    })?;
    if let Some(why) = failed {
        return Err(why);
    }
    if crowd.missing > 0 {
        return Err(Failure::Late("the silent"));
    }
    let refused = std::mem::take(&mut crowd.told);
    let end = clock.now().saturating_add(handshake + LINGER);
    while !crowd.sockets.is_empty() && clock.now() < end {
        thread::sleep(MOMENT);
        crowd.look()?;
    }
    let run = Run {
        memory: memory_after(&figures)? as i64,
        figures,
        kept,
        left: crowd.sockets.len(),
        refused,
        told: crowd.told,
    };
    server.end()?;
    Ok(run)
}

impl Silent {
    fn new(server: SocketAddr, missing: usize) -> Silent {
        Silent {
            server,
            missing,
            sockets: Vec::with_capacity(missing),
            told: BTreeMap::new(),
            buffer: vec![0; 4096],
        }
    }

    /// So many more connect, if so many are missing.
    fn come(&mut self, count: usize) -> Result<(), Failure> {
        for _ in 0..count.min(self.missing) {
            let socket = TcpStream::connect(self.server)?;
            socket.set_nonblocking(true)?;
            self.sockets.push((socket, Decoder::default()));
            self.missing -= 1;
        }
        Ok(())
    }

    /// Reads what has come, and lets those go who were sent away.
    fn look(&mut self) -> Result<(), Failure> {
        let (told, buffer) = (&mut self.told, &mut self.buffer);
        let mut failed = None;
        self.sockets.retain_mut(|(socket, decoder)| {
            match last_words(socket, decoder, buffer) {
                Ok(None) => return true,
                Ok(Some(why)) => *told.entry(why).or_default() += 1,
                Err(error) => failed = Some(error),
            }
            false
        });
        failed.map_or(Ok(()), Err)
    }
}

/// What the server said at the end; none if it has not ended the connection.
fn last_words(
    socket: &mut TcpStream,
    decoder: &mut Decoder,
    buffer: &mut [u8],
) -> Result<Option<String>, Failure> {
    match socket.read(buffer) {
        Ok(0) => Ok(Some(NO_WORD.to_owned())),
        Ok(count) => {
            let foreign = |error: &dyn std::fmt::Display| Failure::Foreign(error.to_string());
            let mut bytes = &buffer[..count];
            let body = decoder.next(&mut bytes, SERVER_FRAME);
            let Some(body) = body.map_err(|error| foreign(&error))? else {
                return Ok(None);
            };
            match decode(body).map_err(|error| foreign(&error))? {
                Message::Bye(bye) => Ok(Some(bye.code.to_string())),
                other => Err(Failure::Foreign(format!(
                    "{other:?} to one who says nothing"
                ))),
            }
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(Some(NO_WORD.to_owned())),
        Err(error) => Err(error.into()),
    }
}

fn report(plan: &Plan, without: &[Run], with: &[Run]) -> Report {
    let talk = &plan.talk;
    let mut report = Report::new(format!(
        "silent: {} who say nothing beside {} members at {} lines/s for {:?}",
        plan.silent, talk.members, talk.rate, talk.span
    ));
    let of = |runs: &[Run]| {
        runs.iter()
            .map(|run| run.figures.clone())
            .collect::<Vec<_>>()
    };
    let (a, b) = (of(without), of(with));
    report.ask_right(a.iter().chain(&b));
    report.ask_ratio(&a.iter().collect::<Vec<_>>(), &b.iter().collect::<Vec<_>>());
    let join = |all: Vec<String>| all.join("; ");
    let kept = with.iter().map(|run| run.kept.to_string()).collect();
    report.tell("kept while it was measured", join(kept));
    let words = |of: fn(&Run) -> &BTreeMap<String, usize>| {
        join(with.iter().map(|run| list(of(run))).collect())
    };
    report.tell("the others were told", words(|run| &run.refused));
    let gone = with
        .iter()
        .all(|run| run.left == 0 && !run.told.contains_key(NO_WORD));
    report.ask("these were told", "all, why", words(|run| &run.told), gone);
    let most = |runs: &[Run]| runs.iter().map(|run| run.memory).max().unwrap_or_default();
    let (a, b) = (most(without), most(with));
    let asked = format!("<= {} more", mib(GROWTH));
    report.ask(
        "memory, with / without",
        asked,
        format!("{} / {}", mib(b), mib(a)),
        b - a <= GROWTH,
    );
    report
}

fn list(told: &BTreeMap<String, usize>) -> String {
    let each: Vec<_> = told
        .iter()
        .map(|(why, count)| format!("{count} {why}"))
        .collect();
    if each.is_empty() {
        "-".to_owned()
    } else {
        each.join(", ")
    }
}
