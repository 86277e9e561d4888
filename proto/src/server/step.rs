//! The one transition match of the server: phase x message. SPEC.md, "Transitions of the server".

use super::Server;
use super::action::ConnId;
use super::peer::PhaseKind;
use crate::close::{CloseReason, Violation};
use crate::time::Instant;
use crate::wire::{Kind, Message, Pong};

impl Server {
    /// Takes one message of a peer.
    pub(super) fn step(&mut self, conn: ConnId, message: Message, now: Instant) {
        let Some(phase) = self.peers.get(&conn).map(|peer| peer.kind()) else {
            return;
        };
        let kind = message.kind();
        match (phase, message) {
            // [HS-4]
            (PhaseKind::AwaitName, Message::Name(login)) => self.log_in(conn, &login, now),
            // [HS-2]
            (
                PhaseKind::AwaitName,
                Message::Say(_)
                | Message::Nick(_)
                | Message::Topic(_)
                | Message::Mod(_)
                | Message::Tell(_)
                | Message::Who(_)
                | Message::Ping(_)
                | Message::Pong(_)
                | Message::Quit(_)
                | Message::Client(_)
                | Message::Said(_)
                | Message::Joined(_)
                | Message::Left(_)
                | Message::Renamed(_)
                | Message::Titled(_)
                | Message::Modded(_)
                | Message::Told(_)
                | Message::Members(_)
                | Message::Gap(_)
                | Message::Error(_)
                | Message::Bye(_),
            ) => self.unexpected(conn, kind, phase, now),

            // [DL-5]
            (PhaseKind::Live, Message::Say(say)) => self.say(conn, say, now),
            // [RM-14]
            (PhaseKind::Live, Message::Nick(nick)) => self.nick(conn, nick, now),
            // [RM-14]
            (PhaseKind::Live, Message::Topic(topic)) => self.set_topic(conn, topic, now),
            // [RM-20]
            (PhaseKind::Live, Message::Mod(asked)) => self.moderate(conn, asked, now),
            // [DL-18]
            (PhaseKind::Live, Message::Tell(tell)) => self.tell(conn, tell, now),
            // [RM-12]
            (PhaseKind::Live, Message::Who(who)) => self.who(conn, &who, now),
            // [LV-1]
            (PhaseKind::Live, Message::Ping(ping)) => {
                self.answer(conn, &Message::Pong(Pong { nonce: ping.nonce }), now);
            }
            // [LV-1]
            (PhaseKind::Live, Message::Pong(_)) => {}
            // [ER-4]
            (PhaseKind::Live, Message::Quit(quit)) => self.quit(conn, quit, now),
            // [HS-2]
            (
                PhaseKind::Live,
                Message::Name(_)
                | Message::Client(_)
                | Message::Said(_)
                | Message::Joined(_)
                | Message::Left(_)
                | Message::Renamed(_)
                | Message::Titled(_)
                | Message::Modded(_)
                | Message::Told(_)
                | Message::Members(_)
                | Message::Gap(_)
                | Message::Error(_)
                | Message::Bye(_),
            ) => self.unexpected(conn, kind, phase, now),

            // Nothing is taken in these: while a login is under way what was sent waits [HS-20];
            // after QUIT and after the last words it is thrown away [ER-2] [ER-4].
            (
                PhaseKind::Joining | PhaseKind::Leaving | PhaseKind::Closing,
                Message::Name(_)
                | Message::Say(_)
                | Message::Nick(_)
                | Message::Topic(_)
                | Message::Mod(_)
                | Message::Tell(_)
                | Message::Who(_)
                | Message::Ping(_)
                | Message::Pong(_)
                | Message::Quit(_)
                | Message::Client(_)
                | Message::Said(_)
                | Message::Joined(_)
                | Message::Left(_)
                | Message::Renamed(_)
                | Message::Titled(_)
                | Message::Modded(_)
                | Message::Told(_)
                | Message::Members(_)
                | Message::Gap(_)
                | Message::Error(_)
                | Message::Bye(_),
            ) => {}
        }
    }

    fn unexpected(&mut self, conn: ConnId, kind: Kind, phase: PhaseKind, now: Instant) {
        let phase = phase.name();
        let violation = Violation::Unexpected { kind, phase };
        self.close(conn, CloseReason::Violated(violation), now);
    }
}
