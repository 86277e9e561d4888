//! The commands that log in: `join`, `send`, `tail`, and a member in the seed's form.

use std::io::{self, IsTerminal};
use std::net::Ipv4Addr;

use parlance_proto::client::SeedWire;
use parlance_proto::legacy::{Kind, Width};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::text::Text;
use parlance_proto::wire::{Resume, SayKind};

use super::args::{
    AskArgs, JoinArgs, KeyArgs, ModArgs, ModTask, SeedText, SendArgs, TailArgs, WhereArgs, WhoArgs,
};
use super::target::Target;
use super::value::Place;
use super::{block_on, identity, login_name};
use crate::client::connector::Connector;
use crate::client::moderate::{self, Task};
use crate::client::output::complain;
use crate::client::stdin::StdinLines;
use crate::client::{Login, ask, lines, moderating, pipe, seed, tail, who};
use crate::exit::Exit;
use crate::printable::{Printable, Shown, printable};
use crate::signals::Signals;
use crate::trust::{self, TrustError, Way};
use crate::words;

/// How much a moderator's program looks back for names: all that a server gives.
const HISTORY: u64 = 1_000;

pub(super) fn join(args: JoinArgs) -> Exit {
    if args.seed.seed_wire {
        return join_seed(args);
    }
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    start(
        login(args.host, args.place, args.history),
        async move |login| {
            let signals = Signals::new().map_err(broken)?;
            let name = Printable::name(login.name.as_str());
            let (connector, start) = Connector::kept(login).map_err(fault)?;
            if let Some(told) = words::start(&start, &name) {
                complain(&told);
            }
            let stdin = StdinLines::start(Text::MAX_BYTES).map_err(broken)?;
            Ok(lines::talk(connector, stdin, args.timeout, terminal, signals).await)
        },
    )
}

/// Joins a server of the seed. Nothing is kept of it: it has no history, and knows nobody again.
fn join_seed(args: JoinArgs) -> Exit {
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let login = login(args.host, args.place, 0).and_then(|login| match login.way {
        Way::Clear => Ok(Login {
            reconnect: false,
            ..login
        }),
        Way::Tls { .. } => {
            complain(words::SEED_SERVER_IS_CLEAR);
            Err(Exit::Usage)
        }
    });
    let (wide, text) = (args.seed.seed_width == 8, args.seed.seed_text);
    start(login, async move |login| {
        let (mut connector, signals) = begin(login)?;
        speak_seed(&mut connector, wide, text);
        let stdin = StdinLines::start(Text::MAX_BYTES).map_err(broken)?;
        Ok(lines::talk(connector, stdin, args.timeout, terminal, signals).await)
    })
}

fn speak_seed(connector: &mut Connector, wide: bool, text: SeedText) {
    let clock = connector.clock();
    let wire = SeedWire {
        width: if wide { Width::Wide } else { Width::Narrow },
        kind: match text {
            SeedText::Bytes => Kind::Str,
            SeedText::Unicode => Kind::Unicode,
        },
        origin_ms: clock.wall_ms().saturating_sub(clock.now().as_millis()),
    };
    connector.with(|client, _| client.set_seed_wire(wire));
}

pub(super) fn send(args: SendArgs) -> Exit {
    let text = (!args.text.is_empty()).then(|| args.text.join(" "));
    let options = pipe::Options {
        timeout: args.timeout,
        retry: args.retry,
        kind: match args.notice {
            true => SayKind::Notice,
            false => SayKind::Say,
        },
        re: args.re,
    };
    let login = login(args.host, args.place, 0).and_then(|login| with_key(login, &args.key));
    start(login, async move |login| {
        let (connector, signals) = begin(login)?;
        let source = match text {
            Some(text) => pipe::Source::Text(text),
            None => pipe::Source::Stdin(StdinLines::start(Text::MAX_BYTES).map_err(broken)?),
        };
        Ok(pipe::send(connector, source, options, signals).await)
    })
}

pub(super) fn tail(args: TailArgs) -> Exit {
    let options = tail::Options {
        json: args.json,
        bot: args.bot,
        follow: !args.no_follow,
        timeout: args.timeout,
    };
    // A bot has nothing to answer in what was said before it came.
    let history = if args.bot { 0 } else { args.history };
    let login = login(args.host, args.place, history).map(|login| Login {
        resume: args.since.map(|since| Resume { epoch: 0, since }),
        ..login
    });
    let login = login.and_then(|login| with_key(login, &args.key));
    start(login, async move |login| {
        let (connector, signals) = begin(login)?;
        Ok(tail::tail(connector, options, signals).await)
    })
}

pub(super) fn ask(args: AskArgs) -> Exit {
    if args.text.is_empty() {
        complain(words::usage(&printable![words::NO_QUESTION]));
        return Exit::Usage;
    }
    let text = match Text::parse(&args.text.join(" ")) {
        Ok(text) => text,
        Err(error) => {
            complain(words::text_error(&error));
            return Exit::Usage;
        }
    };
    let login = login(args.host, args.place, 0).and_then(|login| with_key(login, &args.key));
    start(login, async move |login| {
        let (connector, signals) = begin(login)?;
        Ok(ask::ask(connector, text, args.json, args.timeout, signals).await)
    })
}

pub(super) fn who(args: WhoArgs) -> Exit {
    let login = login(args.host, args.place, 0).and_then(|login| with_key(login, &args.key));
    start(login, async move |login| {
        let (connector, signals) = begin(login)?;
        Ok(who::who(connector, args.json, args.timeout, signals).await)
    })
}

/// As the member of an exported identity, if one was given.
fn with_key(login: Login, args: &KeyArgs) -> Result<Login, Exit> {
    let Some(file) = &args.file else {
        return Ok(login);
    };
    let key = identity::read_private(file)?;
    Ok(Login {
        key: Some(key),
        ..login
    })
}

/// An act of moderation, by as much of the history as tells who is who.
pub(super) fn moderate(args: ModArgs) -> Exit {
    let task = match moderation(&args) {
        Ok(task) => task,
        Err(what) => {
            complain(words::usage(&what));
            return Exit::Usage;
        }
    };
    start(login(args.host, args.place, HISTORY), async move |login| {
        let (connector, signals) = begin(login)?;
        Ok(moderate::moderate(connector, task, args.timeout, signals).await)
    })
}

fn moderation(args: &ModArgs) -> Result<Task, Printable> {
    let rest = args.rest.join(" ");
    let word = match args.act {
        ModTask::Bans if rest.is_empty() && !args.address => {
            return Ok(Task::Bans { json: args.json });
        }
        ModTask::Bans => return Err(printable![words::moderation::BANS_ALONE]),
        ModTask::Kick => "kick",
        ModTask::Ban => "ban",
        ModTask::Unban => "unban",
        ModTask::Mute => "mute",
        ModTask::Unmute => "unmute",
        ModTask::Op => "op",
        ModTask::Deop => "deop",
        ModTask::Redact => "redact",
        ModTask::Slow => "slow",
    };
    if args.address && args.act != ModTask::Ban || args.json {
        return Err(printable![words::moderation::FLAGS_OF_OTHERS]);
    }
    let rest = if args.address {
        format!("--address {rest}")
    } else {
        rest
    };
    match moderating::parse(word, &rest) {
        Some(Ok(typed)) => Ok(Task::Act(typed)),
        Some(Err(error)) => Err(printable![error]),
        None => Err(printable![words::moderation::FLAGS_OF_OTHERS]),
    }
}

/// A member in the seed's form: on this machine, in the lobby, without history, and gone with the link.
pub(super) fn seed(name: Name, port: u16, seed_wire: bool) -> Exit {
    let login = Login {
        place: Place {
            host: Ipv4Addr::LOCALHOST.to_string(),
            port,
        },
        name,
        room: RoomName::lobby(),
        history: 0,
        resume: None,
        invite: None,
        key: None,
        reconnect: false,
        way: Way::Clear,
    };
    start(Ok(login), async move |login| {
        let (mut connector, signals) = begin(login)?;
        if seed_wire {
            speak_seed(&mut connector, true, SeedText::Bytes);
        }
        let stdin = StdinLines::start(Text::MAX_BYTES).map_err(broken)?;
        Ok(seed::talk(connector, stdin, signals).await)
    })
}

fn start(login: Result<Login, Exit>, run: impl AsyncFnOnce(Login) -> Result<Exit, Exit>) -> Exit {
    match login {
        Ok(login) => block_on(async { run(login).await.unwrap_or_else(|exit| exit) }),
        Err(exit) => exit,
    }
}

fn begin(login: Login) -> Result<(Connector, Signals), Exit> {
    let signals = Signals::new().map_err(broken)?;
    let connector = Connector::new(login).map_err(fault)?;
    Ok((connector, signals))
}

fn fault(error: impl Shown) -> Exit {
    complain(error);
    Exit::Fault
}

fn broken(error: io::Error) -> Exit {
    fault(words::cause(&error))
}

fn login(target: Target, args: WhereArgs, history: u64) -> Result<Login, Exit> {
    let name = match args.name {
        Some(name) => name,
        None => login_name()?,
    };
    if args.pin.is_some() && target.pin.is_some() && args.pin != target.pin {
        complain(words::invites::TWO_PINS);
        return Err(Exit::Usage);
    }
    let given = args.pin.or(target.pin);
    let way = trust::way(&target.place, given, args.insecure).map_err(|error| {
        complain(&error);
        match error {
            TrustError::State(_) | TrustError::BadLine { .. } => Exit::Fault,
            _ => Exit::Trust,
        }
    })?;
    let room = match (target.room, args.room) {
        (Some(link), Some(flag)) if link != flag => {
            complain(words::invites::two_rooms(&link, &flag));
            return Err(Exit::Usage);
        }
        (link, flag) => link.or(flag).unwrap_or_else(RoomName::lobby),
    };
    let login = Login {
        way,
        place: target.place,
        name,
        room,
        history,
        resume: None,
        invite: target.invite,
        key: None,
        reconnect: true,
    };
    if login.invite.is_some() && !login.is_private() {
        complain(words::invites::NOT_OVER_CLEAR_TEXT);
    }
    Ok(login)
}

/// The name that the person has on this system.
fn login_name() -> Result<Name, Exit> {
    let usage = |text: Printable| {
        complain(text);
        Exit::Usage
    };
    let name = login_name::find().ok_or_else(|| usage(printable![words::NO_NAME]))?;
    Name::parse(&name).map_err(|error| {
        let name = Printable::field(&name);
        usage(words::login_name_refused(&name, &error))
    })
}
