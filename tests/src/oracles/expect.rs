//! What the reference room says that must follow from a message.

use parlance_proto::name::{Name, RoomName};
use parlance_proto::server::ConnId;
use parlance_proto::text::{Text, Topic, Why};
use parlance_proto::wire::{Act, Login, Message, Mod};

use super::session::{Answer, Peer, Run, Seat};
use crate::refroom::{Asked, Fate, RefRoom, Session, Who};

impl Run {
    pub(super) fn expect(&mut self, conn: ConnId, message: Message) {
        match message {
            Message::Name(login) if self.peers[&conn].seat.is_none() => {
                self.expect_login(conn, &login)
            }
            _ if self.peers[&conn].seat.is_none() => self.expect_end(conn, "unexpected"),
            Message::Ping(ping) => self.answer(conn, Answer::Pong(ping.nonce)),
            Message::Pong(_) => {}
            Message::Quit(quit) => match quit.why.as_deref().map(Why::parse).transpose() {
                Ok(_) => {
                    let seat = self.peers.get_mut(&conn).and_then(|peer| peer.seat.take());
                    if let Some(Seat { room, session, .. }) = seat {
                        self.room(&room).log_out(session);
                    }
                    self.expect_end(conn, "quit");
                }
                Err(_) => self.answer(conn, Answer::Error(None, None)),
            },
            Message::Say(say) => {
                let good = Text::parse(&say.text).is_ok();
                self.expect_line(conn, say.id, say.after, good, |room, session| {
                    room.say(session, say.id, say.after, say.kind, say.re, &say.text)
                });
            }
            Message::Nick(nick) => {
                let name = Name::parse(&nick.name);
                self.expect_line(conn, nick.id, nick.after, name.is_ok(), |room, session| {
                    name.map_or(Fate::Refused, |name| {
                        room.nick(session, nick.id, nick.after, &name)
                    })
                });
            }
            Message::Topic(set) => {
                let good = set
                    .topic
                    .as_deref()
                    .is_none_or(|topic| Topic::parse(topic).is_ok());
                self.expect_line(conn, set.id, set.after, good, |room, session| {
                    room.title(session, set.id, set.after, set.topic.as_deref())
                });
            }
            Message::Mod(asked) => self.expect_act(conn, &asked),
            Message::Tell(tell) => {
                let (room, from) = self.seat(conn);
                let to: Vec<ConnId> = self.seated(&room, tell.to);
                let session = self.peers[&conn]
                    .seat
                    .as_ref()
                    .expect("it is seated")
                    .session;
                let is_muted = self.room(&room).is_muted(session);
                if Text::parse(&tell.text).is_err() || to.is_empty() || is_muted {
                    return self.answer(conn, Answer::Error(None, Some(tell.reference)));
                }
                for other in to {
                    self.answer(other, Answer::Told(from, tell.to, tell.text.clone(), None));
                }
                self.answer(
                    conn,
                    Answer::Told(from, tell.to, tell.text, Some(tell.reference)),
                );
            }
            Message::Who(who) => {
                let (room, _) = self.seat(conn);
                let session = self.peers[&conn]
                    .seat
                    .as_ref()
                    .expect("it is seated")
                    .session;
                let list = self
                    .room(&room)
                    .listed(session)
                    .into_iter()
                    .filter(|(number, _)| *number > who.from)
                    .collect();
                self.answer(conn, Answer::Members(who.reference, list));
            }
            _ => self.expect_end(conn, "unexpected"),
        }
    }

    fn expect_login(&mut self, conn: ConnId, login: &Login) {
        if !login.versions.contains(&1) {
            return self.expect_end(conn, "version");
        }
        let Ok(name) = Name::parse(&login.name) else {
            return self.expect_end(conn, "bad-name");
        };
        if RoomName::parse(&login.room).is_err() {
            return self.expect_end(conn, "bad-room");
        }
        let (session, attempt) = login
            .identity
            .as_ref()
            .map_or(((Who::Guest(conn.get()), [0; 16]), 1), |identity| {
                ((Who::Key(identity.key), identity.session), identity.attempt)
            });
        let room = self.room(&login.room);
        let acked = room.newest(session);
        let number = match room.log_in(session, attempt, &name) {
            Ok(number) => number,
            Err(code) => return self.expect_end(conn, code),
        };
        let (head, members) = (room.shown.len() as u64, room.here().len() as u64);
        self.graces
            .retain(|(room, other, _)| *room != login.room || *other != session);
        let older = self.peers.iter_mut().find(|(_, peer)| {
            peer.seat
                .as_ref()
                .is_some_and(|seat| seat.session == session && seat.room == login.room)
        });
        if let Some(older) = older.map(|(conn, peer)| {
            peer.seat = None;
            *conn
        }) {
            self.expect_end(older, "replaced");
        }
        let epoch = RoomName::parse(&login.room)
            .ok()
            .and_then(|name| Some(self.server.room(&name)?.epoch()));
        let good = login.resume.as_ref().filter(|resume| {
            resume.since <= head && (resume.epoch == 0 || Some(resume.epoch) == epoch)
        });
        let start = good.map_or(head - head.min(login.history).min(1000), |resume| {
            resume.since
        });
        self.answer(
            conn,
            Answer::Welcome {
                member: number,
                start,
                head,
                acked,
                members,
            },
        );
        let peer = self.peers.get_mut(&conn).expect("it is open");
        peer.seat = Some(Seat {
            room: login.room.clone(),
            session,
            number,
        });
        peer.cursor = Some(start);
    }

    fn expect_line(
        &mut self,
        conn: ConnId,
        id: u64,
        after: u64,
        good: bool,
        deed: impl FnOnce(&mut RefRoom, Session) -> Fate,
    ) {
        let seat = self.peers[&conn].seat.as_ref().expect("it is seated");
        let (room, session) = (seat.room.clone(), seat.session);
        let room = self.room(&room);
        if !room.is_next(session, id, after) {
            return;
        }
        if !good || deed(room, session) == Fate::Refused {
            self.answer(conn, Answer::Error(Some(id), None));
        }
    }

    fn expect_act(&mut self, conn: ConnId, asked: &Mod) {
        let seat = self.peers[&conn].seat.as_ref().expect("it is seated");
        let name = seat.room.clone();
        let why = asked.why.as_deref();
        let act = Asked {
            act: asked.act,
            who: asked.who,
            secs: asked.secs,
        };
        let good = act.is_meant() && why.is_none_or(|why| Why::parse(why).is_ok());
        let mut put_out = None;
        self.expect_line(conn, asked.id, asked.after, good, |room, session| {
            let (fate, out) = room.moderate(session, asked.id, asked.after, act);
            put_out = out;
            fate
        });
        let Some(number) = put_out else { return };
        let code = if asked.act == Act::Ban {
            "banned"
        } else {
            "kicked"
        };
        for other in self.seated(&name, number) {
            if let Some(peer) = self.peers.get_mut(&other) {
                peer.seat = None;
            }
            self.expect_end(other, code);
        }
    }

    /// The connection ends with these last words; a member with a key has his time of grace.
    pub(super) fn expect_end(&mut self, conn: ConnId, code: &str) {
        self.answer(conn, Answer::Bye(code.into()));
        self.expect_gone(conn);
    }

    pub(super) fn expect_gone(&mut self, conn: ConnId) {
        let peer = self.peers.get_mut(&conn).expect("it is open");
        peer.over = true;
        let Some(Seat { room, session, .. }) = peer.seat.take() else {
            return;
        };
        match session.0 {
            Who::Guest(_) => self.room(&room).log_out(session),
            Who::Key(_) => self.graces.push((room, session, 0)),
        }
    }

    pub(super) fn room(&mut self, name: &str) -> &mut RefRoom {
        self.rooms.entry(name.into()).or_default()
    }

    fn seat(&self, conn: ConnId) -> (String, u64) {
        let seat = self.peers[&conn].seat.as_ref().expect("it is seated");
        (seat.room.clone(), seat.number)
    }

    fn seated(&self, room: &str, number: u64) -> Vec<ConnId> {
        let here = |peer: &Peer| {
            peer.seat
                .as_ref()
                .is_some_and(|seat| seat.room == room && seat.number == number)
        };
        self.peers
            .iter()
            .filter(|(_, peer)| here(peer))
            .map(|(conn, _)| *conn)
            .collect()
    }

    fn answer(&mut self, conn: ConnId, answer: Answer) {
        self.peers
            .get_mut(&conn)
            .expect("it is open")
            .expected
            .push_back(answer);
    }
}
