//! From how a client ended to how its command ends.

use parlance_proto::client::{EndReason, LostWhy};
use parlance_proto::wire::ByeCode;

use super::connector::Connector;
use super::output::complain;
use super::reach::ConnectError;
use crate::exit::Exit;
use crate::words;

/// Tells the person of the first of several lost links, and keeps why.
pub fn lost(connector: &Connector, why: LostWhy, last: &mut Option<LostWhy>) {
    if last.is_none() {
        complain(words::lost(&why, connector.place(), connector.failure()));
    }
    *last = Some(why);
}

/// The exit status after this end; the person is told where it is not a clean one. To one who was leaving it does not
/// matter how the goodbye went.
pub fn ended(connector: &Connector, reason: &EndReason, leaving: bool) -> Exit {
    let distrust = connector.failure().is_some_and(ConnectError::is_distrust);
    let exit = match reason {
        _ if leaving => Exit::Clean,
        _ if distrust => Exit::Trust,
        reason => after_end(reason),
    };
    if exit != Exit::Clean {
        complain(words::ended(reason, connector.place(), connector.failure()));
    }
    exit
}

/// The exit status after these last words, where nothing else is the matter.
#[must_use]
pub fn after_bye(code: &ByeCode) -> Exit {
    const REFUSED: [ByeCode; 10] = [
        ByeCode::BAD_NAME,
        ByeCode::BAD_ROOM,
        ByeCode::TAKEN,
        ByeCode::FULL,
        ByeCode::FORBIDDEN,
        ByeCode::BANNED,
        ByeCode::KICKED,
        ByeCode::STALE,
        ByeCode::SESSION,
        ByeCode::REPLACED,
    ];
    const UNREACHABLE: [ByeCode; 5] = [
        ByeCode::TIMEOUT,
        ByeCode::IDLE,
        ByeCode::STALLED,
        ByeCode::BUSY,
        ByeCode::SHUTDOWN,
    ];
    if *code == ByeCode::QUIT {
        Exit::Clean
    } else if REFUSED.contains(code) {
        Exit::Refused
    } else if UNREACHABLE.contains(code) {
        Exit::Unreachable
    } else {
        Exit::Fault
    }
}

/// The exit status after this end.
#[must_use]
pub fn after_end(reason: &EndReason) -> Exit {
    match reason {
        EndReason::Quit => Exit::Clean,
        EndReason::Bye(bye) => after_bye(&bye.code),
        EndReason::Lost(why) => after_loss(why),
        // A violation, and what a later version may add.
        _ => Exit::Fault,
    }
}

/// Nobody let us in in time: tells the person, and gives the exit status.
pub fn not_reached(connector: &Connector, lost: Option<&LostWhy>) -> Exit {
    complain(words::not_reached(connector.place(), connector.failure()));
    lost.map_or(Exit::Unreachable, after_loss)
}

/// The exit status of one who gave up waiting after this.
#[must_use]
pub fn after_loss(why: &LostWhy) -> Exit {
    match why {
        LostWhy::Bye(bye) => after_bye(&bye.code),
        _ => Exit::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_code_has_the_status_of_the_vocabulary() {
        for code in ByeCode::ALL {
            let status = match code.as_str() {
                "quit" => 0,
                "too-big" | "malformed" | "unexpected" | "version" => 1,
                "timeout" | "idle" | "stalled" | "busy" | "shutdown" => 6,
                _ => 5,
            };
            assert_eq!(after_bye(code) as u8, status, "{code}");
        }
    }
}
