//! A bot: echoes what others say in the lobby of a server on this machine. Usage: echo NAME [HOST:PORT]

use parlance::client::{Login, bot};
use parlance::exit::Exit;
use parlance_proto::name::Name;

fn main() -> std::process::ExitCode {
    let mut args = std::env::args().skip(1);
    let name = args.next().and_then(|name| Name::parse(&name).ok());
    let place = args
        .next()
        .map_or(Some(Default::default()), |place| place.parse().ok());
    match (name, place) {
        (Some(name), Some(place)) => echo(Login::local(place, name)).into(),
        _ => Exit::Usage.into(),
    }
}

pub(crate) fn echo(login: Login) -> Exit {
    match bot::run(login, |said| said.text.clone()) {
        Ok(reason) => parlance::client::verdict::after_end(&reason),
        Err(exit) => exit,
    }
}
