//! `serve`, and the server in the seed's form.

use std::cell::Cell;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use parlance_proto::close::CloseReason;
use parlance_proto::room::Settings;
use parlance_proto::server::{Config, Limits, Rate, Report};

use super::args::{DoorArgs, ServeArgs, Switch};
use super::block_on;
use crate::client::output::{complain, line};
use crate::client::stdin::StdinLines;
use crate::exit::Exit;
use crate::files;
use crate::invites;
use crate::link::Link;
use crate::log::disk::Keep;
use crate::log::memory::MemoryLog;
use crate::logging::{self, Level};
use crate::printable::{Printable, Shown};
use crate::server::{
    self, Access, Admins, DoorOptions, GateLimits, LogOptions, Options, Peer, TurnedAway, Watch,
};
use crate::signals::{Asked, Hangups, Signals};
use crate::state::{StateError, StateFolder, make_private};
use crate::tls::pin::Pin;
use crate::tls::server_key::{KeyError, KeySource};
use crate::words;

/// The targets of the log, by which `RUST_LOG` chooses.
const SERVER: &str = "parlance::server";
const DOOR: &str = "parlance::door";
const TLS: &str = "parlance::tls";
const MODERATION: &str = "parlance::moderation";

/// How much of an operator's line is kept: what it says does not matter.
const OPERATOR_LINE: usize = 80;

/// Runs a server until a signal.
pub(super) fn serve(args: &ServeArgs) -> Exit {
    let exposed = !args.listen.ip().to_canonical().is_loopback();
    let clear = args.tls == Some(Switch::Off);
    if exposed && clear && !args.insecure {
        complain(words::refuses_clear_text(args.listen));
        return Exit::Usage;
    }
    let key = match key(args, exposed) {
        Ok(key) => key,
        Err(error) => return fault(error),
    };
    if args.seed_wire && key.is_some() {
        complain(words::SEED_WIRE_IS_CLEAR);
        return Exit::Usage;
    }
    if args.dead_after <= args.ping_after {
        complain(words::DEAD_BEFORE_PING);
        return Exit::Usage;
    }
    let access = match access(args, exposed) {
        Ok(access) => access,
        Err(error) => return fault(error),
    };
    files::raise_limit();
    let invited = access != Access::Open;
    if !args.admin.is_empty() && exposed && key.is_none() {
        complain(words::moderation::ADMIN_WITHOUT_KEYS);
        return Exit::Usage;
    }
    let admins = match admins(args) {
        Ok(admins) => admins,
        Err(error) => return fault(error),
    };
    let options = Options {
        admins,
        listen: args.listen,
        config: config(args),
        door: door(&args.door),
        log: log(args),
        key,
        access,
        seed_wire: args.seed_wire,
    };
    let clear = exposed && options.key.is_none();
    // The server's own key never changes: there is nothing to read again.
    let reloads = args.cert.is_some();
    block_on(async {
        let mut signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => return fault(words::cause(&error)),
        };
        let told = Cell::new(false);
        let stop = async || {
            signals.next().await;
            if !told.replace(true) {
                complain(words::SHUTTING_DOWN);
            }
        };
        let mut hangups = match reloads.then(Hangups::new).transpose() {
            Ok(hangups) => hangups,
            Err(error) => return fault(words::cause(&error)),
        };
        let reload = async || match &mut hangups {
            Some(hangups) => hangups.next().await,
            None => std::future::pending().await,
        };
        let watch = Rc::new(Console { clear, invited });
        let served = server::serve(options, watch, stop, reload).await;
        served.map_or_else(fault, |()| Exit::Clean)
    })
}

/// Runs a server in the seed's form until a signal or a line on stdin.
pub(super) fn seed(port: u16, seed_wire: bool) -> Exit {
    let options = Options {
        admins: None,
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        config: Config::default(),
        door: DoorOptions::default(),
        log: LogOptions::Memory {
            bound: MemoryLog::DEFAULT_BOUND,
        },
        key: None,
        access: Access::Open,
        seed_wire,
    };
    block_on(async {
        let mut signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => return fault(words::cause(&error)),
        };
        let mut operator = match StdinLines::start(OPERATOR_LINE) {
            Ok(lines) => Some(lines),
            Err(error) => return fault(words::cause(&error)),
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
        let never = async || std::future::pending().await;
        let served = server::serve(options, Rc::new(SeedConsole), stop, never).await;
        served.map_or_else(fault, |()| Exit::Clean)
    })
}

async fn line_of(operator: &mut Option<StdinLines>) -> Option<()> {
    match operator {
        Some(lines) => lines.next().await?.ok().map(|_| ()),
        None => std::future::pending().await,
    }
}

fn fault(error: impl Shown) -> Exit {
    complain(error);
    Exit::Fault
}

/// The key for TLS: always where others can reach the server, unless that is not wanted.
fn key(args: &ServeArgs, exposed: bool) -> Result<Option<KeySource>, StateError> {
    if let (Some(certificate), Some(key)) = (&args.cert, &args.key) {
        return Ok(Some(KeySource::Given {
            certificate: certificate.clone(),
            key: key.clone(),
        }));
    }
    let wanted = match args.tls {
        None => exposed && !args.insecure,
        Some(switch) => switch == Switch::On,
    };
    if !wanted {
        return Ok(None);
    }
    let folder = folder(args)?;
    make_private(&folder)?;
    Ok(Some(KeySource::Own(folder)))
}

/// Whom the server names: the names are those of whoever runs it, and go by his master key.
fn admins(args: &ServeArgs) -> Result<Option<Admins>, StateError> {
    if args.admin.is_empty() {
        return Ok(None);
    }
    Ok(Some(Admins {
        master: StateFolder::open_default()?.master_key()?,
        names: args.admin.clone(),
    }))
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
            erase: args.erase,
            new_epochs: args.new_epoch,
        },
    }
}

fn door(args: &DoorArgs) -> DoorOptions {
    DoorOptions {
        limits: GateLimits {
            connections: args.connections,
            before_login: args.before_login,
            per_address: args.per_address,
            new_per_address: args.new_per_address,
        },
        proxies: args.proxy_from.clone(),
        show_hosts: args.show_hosts,
    }
}

/// Strangers come in only where nobody but this machine can reach the server, or where that was asked for. In clear
/// text an invitation would be anybody's.
fn access(args: &ServeArgs, exposed: bool) -> Result<Access, StateError> {
    let open = args.open || args.insecure && exposed;
    if open || !(exposed || args.invited) {
        return Ok(Access::Open);
    }
    Ok(Access::Invited {
        folder: folder(args)?,
        host: args.public.clone(),
    })
}

/// Where the server's own things are.
fn folder(args: &ServeArgs) -> Result<PathBuf, StateError> {
    match &args.data {
        Some(folder) => Ok(folder.clone()),
        None => invites::default_folder(),
    }
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
    /// In clear text where others can reach it.
    clear: bool,
    invited: bool,
}

impl Watch for Console {
    fn listening(&self, address: SocketAddr) {
        logging::log(Level::Info, SERVER, &words::listening(address));
        if self.clear {
            complain(words::INSECURE_WARNING);
        }
        if self.invited {
            complain(words::invites::BY_INVITATION);
        }
    }

    fn key(&self, pin: Pin) {
        logging::log(Level::Info, TLS, &words::trust::pin_of_server(&pin));
    }

    fn reloaded(&self, result: Result<Pin, KeyError>) {
        match result {
            Ok(pin) => logging::log(Level::Info, TLS, &words::trust::key_reloaded(&pin)),
            Err(error) => {
                logging::log(Level::Error, TLS, &words::trust::key_not_reloaded(&error));
            }
        }
    }

    fn tls_failed(&self, peer: Peer, error: &rustls::Error) {
        // It may quote what the peer sent.
        let error = Printable::field(&error.to_string());
        logging::log(
            Level::Info,
            TLS,
            &words::trust::no_tls(peer.address, &error),
        );
    }

    fn accepted(&self, peer: Peer) {
        let told = words::connection_taken(peer.address);
        logging::log(Level::Debug, SERVER, &told);
    }

    fn closed(&self, peer: Peer, reason: &CloseReason) {
        match reason {
            CloseReason::Quit
            | CloseReason::PeerEof
            | CloseReason::PeerReset
            | CloseReason::Replaced
            | CloseReason::Shutdown { .. } => {
                let told = words::connection_over(peer.address);
                logging::log(Level::Debug, SERVER, &told);
            }
            reason => {
                if let Some(why) = words::closed_because(reason) {
                    let told = words::connection_ended(peer.address, &why);
                    logging::log(Level::Info, SERVER, &told);
                }
            }
        }
    }

    fn turned_away(&self, address: SocketAddr, why: TurnedAway, others: u64) {
        let told = words::door::turned_away(address, why, others);
        logging::log(Level::Info, DOOR, &told);
    }

    fn accept_waits(&self, error: &io::Error, wait: Duration) {
        logging::log(Level::Warn, DOOR, &words::accept_waits(error, wait));
    }

    fn invitation(&self, link: &Link) {
        // Whoever reads it here could make one, too.
        complain(words::invites::come_in(link));
    }

    fn door_failed(&self, why: &str) {
        let told = words::invites::failed(&Printable::field(why));
        logging::log(Level::Error, DOOR, &told);
    }

    fn report(&self, report: &Report) {
        match report {
            Report::Unencodable { room, seq } => {
                let told = words::not_published(room, *seq);
                logging::log(Level::Error, SERVER, &told);
            }
            Report::Moderated(done) => {
                logging::log(Level::Info, MODERATION, &words::moderation::audit(done));
            }
            Report::Appointed { room, member, name } => {
                let told = words::moderation::appointed(room, *member, name);
                logging::log(Level::Info, MODERATION, &told);
            }
            _ => {}
        }
    }
}

/// Tells on stdout what the seed told.
struct SeedConsole;

impl Watch for SeedConsole {
    fn listening(&self, address: SocketAddr) {
        print(words::seed::listening(address.port()));
    }

    fn accepted(&self, peer: Peer) {
        print(words::seed::accepted(peer.descriptor, peer.address));
    }

    fn closed(&self, peer: Peer, _reason: &CloseReason) {
        print(words::seed::closed(peer.descriptor));
    }

    fn accept_waits(&self, error: &io::Error, wait: Duration) {
        logging::log(Level::Warn, DOOR, &words::accept_waits(error, wait));
    }
}

/// A server goes on when nobody reads what it prints.
fn print(text: impl Shown) {
    let _ = line(text);
}
