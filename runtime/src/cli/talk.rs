//! The commands that log in: `join`, `send`, `tail`, and a member in the seed's form.

use std::fmt::Display;
use std::io::{self, IsTerminal};
use std::net::Ipv4Addr;

use parlance_proto::name::{Name, RoomName};
use parlance_proto::text::Text;
use parlance_proto::wire::Resume;

use super::args::{JoinArgs, SendArgs, TailArgs, WhereArgs};
use super::value::Place;
use super::{block_on, login_name};
use crate::client::connector::Connector;
use crate::client::output::complain;
use crate::client::stdin::StdinLines;
use crate::client::{Login, lines, pipe, seed, tail};
use crate::exit::Exit;
use crate::signals::Signals;
use crate::trust::{self, TrustError, Way};
use crate::words;

pub(super) fn join(args: JoinArgs) -> Exit {
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    start(
        login(args.host, args.place, args.history),
        async move |login| {
            let signals = Signals::new().map_err(fault)?;
            let name = login.name.to_string();
            let (connector, start) = Connector::kept(login).map_err(fault)?;
            if let Some(told) = words::start(&start, &name) {
                complain(&told);
            }
            let stdin = StdinLines::start(Text::MAX_BYTES).map_err(fault)?;
            Ok(lines::talk(connector, stdin, args.timeout, terminal, signals).await)
        },
    )
}

pub(super) fn send(args: SendArgs) -> Exit {
    let text = (!args.text.is_empty()).then(|| args.text.join(" "));
    start(login(args.host, args.place, 0), async move |login| {
        let (connector, signals) = begin(login)?;
        let source = match text {
            Some(text) => pipe::Source::Text(text),
            None => pipe::Source::Stdin(StdinLines::start(Text::MAX_BYTES).map_err(fault)?),
        };
        Ok(pipe::send(connector, source, args.timeout, signals).await)
    })
}

pub(super) fn tail(args: TailArgs) -> Exit {
    let options = tail::Options {
        json: args.json,
        follow: !args.no_follow,
        timeout: args.timeout,
    };
    let login = login(args.host, args.place, args.history).map(|login| Login {
        resume: args.since.map(|since| Resume { epoch: 0, since }),
        ..login
    });
    start(login, async move |login| {
        let (connector, signals) = begin(login)?;
        Ok(tail::tail(connector, options, signals).await)
    })
}

/// A member in the seed's form: on this machine, in the lobby, without history, and gone with the link.
pub(super) fn seed(name: Name, port: u16) -> Exit {
    let login = Login {
        place: Place {
            host: Ipv4Addr::LOCALHOST.to_string(),
            port,
        },
        name,
        room: RoomName::lobby(),
        history: 0,
        resume: None,
        reconnect: false,
        way: Way::Clear,
    };
    start(Ok(login), async |login| {
        let (connector, signals) = begin(login)?;
        let stdin = StdinLines::start(Text::MAX_BYTES).map_err(fault)?;
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
    let signals = Signals::new().map_err(fault)?;
    let connector = Connector::new(login).map_err(fault)?;
    Ok((connector, signals))
}

fn fault(error: impl Display) -> Exit {
    complain(&error.to_string());
    Exit::Fault
}

fn login(place: Place, args: WhereArgs, history: u64) -> Result<Login, Exit> {
    let name = match args.name {
        Some(name) => name,
        None => login_name()?,
    };
    let way = trust::way(&place, args.pin, args.insecure).map_err(|error| {
        complain(&error.to_string());
        match error {
            TrustError::State(_) | TrustError::BadLine { .. } => Exit::Fault,
            _ => Exit::Trust,
        }
    })?;
    Ok(Login {
        way,
        place,
        name,
        room: args.room,
        history,
        resume: None,
        reconnect: true,
    })
}

/// The name that the person has on this system.
fn login_name() -> Result<Name, Exit> {
    let usage = |text: &str| {
        complain(text);
        Exit::Usage
    };
    let name = login_name::find().ok_or_else(|| usage(words::NO_NAME))?;
    Name::parse(&name).map_err(|error| usage(&words::login_name_refused(&name, &error)))
}
