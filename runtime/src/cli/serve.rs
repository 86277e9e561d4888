//! `serve`, and the server in the seed's form.

use std::cell::Cell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use parlance_proto::close::CloseReason;
use parlance_proto::room::Settings;
use parlance_proto::server::{Config, Limits, Rate, Report};

use super::args::ServeArgs;
use super::block_on;
use crate::client::output::{complain, line};
use crate::client::stdin::StdinLines;
use crate::exit::Exit;
use crate::files;
use crate::invites;
use crate::log::disk::Keep;
use crate::log::memory::MemoryLog;
use crate::server::{self, Access, LogOptions, Options, Peer, Watch};
use crate::signals::{Asked, Signals};
use crate::state::StateError;
use crate::words;

/// How much of an operator's line is kept: what it says does not matter.
const OPERATOR_LINE: usize = 80;

/// Runs a server until a signal.
pub(super) fn serve(args: &ServeArgs) -> Exit {
    let exposed = !args.listen.ip().to_canonical().is_loopback();
    if exposed && !args.insecure {
        complain(&words::refuses_clear_text(args.listen));
        return Exit::Usage;
    }
    if args.dead_after <= args.ping_after {
        complain(words::DEAD_BEFORE_PING);
        return Exit::Usage;
    }
    let access = match access(args, exposed) {
        Ok(access) => access,
        Err(error) => return fault(&error),
    };
    files::raise_limit();
    let invited = access != Access::Open;
    let options = Options {
        listen: args.listen,
        config: config(args),
        log: log(args),
        access,
    };
    block_on(async {
        let mut signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => return fault(&error),
        };
        let told = Cell::new(false);
        let stop = async || {
            signals.next().await;
            if !told.replace(true) {
                complain(words::SHUTTING_DOWN);
            }
        };
        let served = server::serve(options, Rc::new(Console { exposed, invited }), stop).await;
        served.map_or_else(|error| fault(&error), |()| Exit::Clean)
    })
}

/// Runs a server in the seed's form until a signal or a line on stdin.
pub(super) fn seed(port: u16) -> Exit {
    let options = Options {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        config: Config::default(),
        log: LogOptions::Memory {
            bound: MemoryLog::DEFAULT_BOUND,
        },
        access: Access::Open,
    };
    block_on(async {
        let mut signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => return fault(&error),
        };
        let mut operator = match StdinLines::start(OPERATOR_LINE) {
            Ok(lines) => Some(lines),
            Err(error) => return fault(&error),
        };
        let stop = async || loop {
            tokio::select! {
                asked = signals.next() => {
                    if asked == Asked::Interrupt {
                        print(words::seed::SHUTTING_DOWN);
                    }
                    return;
                }
                typed = line_of(&mut operator) => match typed {
                    Some(_) => return,
                    // The end of stdin: there is no operator.
                    None => operator = None,
                },
            }
        };
        let served = server::serve(options, Rc::new(SeedConsole), stop).await;
        served.map_or_else(|error| fault(&error), |()| Exit::Clean)
    })
}

async fn line_of(operator: &mut Option<StdinLines>) -> Option<()> {
    match operator {
        Some(lines) => lines.next().await?.ok().map(|_| ()),
        None => std::future::pending().await,
    }
}

fn fault(error: &dyn std::fmt::Display) -> Exit {
    complain(&error.to_string());
    Exit::Fault
}

fn log(args: &ServeArgs) -> LogOptions {
    match &args.data {
        None => LogOptions::Memory { bound: args.memory },
        Some(folder) => LogOptions::Disk {
            folder: folder.clone(),
            keep: Keep {
                bytes: args.keep,
                ms: args
                    .keep_for
                    .map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
            },
            new_epochs: args.new_epoch,
        },
    }
}

/// Strangers come in only where nobody but this machine can reach the server, or where that was asked for.
fn access(args: &ServeArgs, exposed: bool) -> Result<Access, StateError> {
    if args.open || !(exposed || args.invited) {
        return Ok(Access::Open);
    }
    let folder = match &args.data {
        Some(folder) => folder.clone(),
        None => invites::default_folder()?,
    };
    Ok(Access::Invited { folder })
}

fn config(args: &ServeArgs) -> Config {
    Config {
        settings: Settings {
            announce_below: u64::from(args.announce_below),
            ..Settings::default()
        },
        limits: Limits {
            rate: (args.rate > 0).then_some(Rate {
                per_second: args.rate,
                burst: args.burst,
            }),
            bytes_per_second: u32::try_from(args.byte_rate).ok().filter(|&rate| rate > 0),
            handshake: args.handshake,
            ping_after: args.ping_after,
            dead_after: args.dead_after,
            stall: args.stall,
            grace: args.grace,
            ring: args.ring,
            held: args.held,
            rooms: args.rooms as usize,
            ..Limits::default()
        },
        // The server draws its own node, or the log has it.
        ..Config::default()
    }
}

/// Tells on stderr what an operator should know: where the server listens, and who was sent away for what.
struct Console {
    exposed: bool,
    invited: bool,
}

impl Watch for Console {
    fn listening(&self, address: SocketAddr) {
        complain(&words::listening(address));
        if self.exposed {
            complain(words::INSECURE_WARNING);
        }
        if self.invited {
            complain(words::invites::BY_INVITATION);
        }
    }

    fn accepted(&self, _peer: Peer) {}

    fn closed(&self, peer: Peer, reason: &CloseReason) {
        match reason {
            CloseReason::Quit
            | CloseReason::PeerEof
            | CloseReason::PeerReset
            | CloseReason::Replaced
            | CloseReason::Shutdown { .. } => {}
            reason => {
                if let Some(bye) = reason.last_words() {
                    let why = format!("{}: {}", bye.code, bye.text);
                    complain(&words::connection_ended(peer.address, &why));
                }
            }
        }
    }

    fn accept_waits(&self, error: &io::Error, wait: Duration) {
        complain(&words::accept_waits(error, wait));
    }

    fn door_failed(&self, why: &str) {
        complain(&words::invites::failed(why));
    }

    fn report(&self, report: &Report) {
        if let Report::Unencodable { room, seq } = report {
            complain(&words::not_published(room.as_str(), *seq));
        }
    }
}

/// Tells on stdout what the seed told.
struct SeedConsole;

impl Watch for SeedConsole {
    fn listening(&self, address: SocketAddr) {
        print(&words::seed::listening(address.port()));
    }

    fn accepted(&self, peer: Peer) {
        print(&words::seed::accepted(peer.descriptor, peer.address));
    }

    fn closed(&self, peer: Peer, _reason: &CloseReason) {
        print(&words::seed::closed(peer.descriptor));
    }

    fn accept_waits(&self, error: &io::Error, wait: Duration) {
        complain(&words::accept_waits(error, wait));
    }
}

/// A server goes on when nobody reads what it prints.
fn print(text: &str) {
    let _ = line(text);
}
