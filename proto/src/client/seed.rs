//! A server of the seed: the same machine and the same transitions, another wire. What the machine would write is put
//! into the seed's frames, what the server says into messages; what that wire has no word for is answered here. `[LG-10]`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bytes::BytesMut;

use super::ending::Violation;
use super::{Client, Phase, State};
use crate::legacy::{self, Kind, Reader, Width, pickle, words, write_frame};
use crate::time::Instant;
use crate::wire::{
    Bye, ByeCode, DecodeError, ErrorCode, FrameError, Granted, Joined, Left, Listed, Members,
    Message, Pong, Refused, Said, Say, SayKind, VERSION, Welcome, You, limits,
};

/// The longest text that such a server is sent: its clients' terminals cut at this.
const LONGEST: u64 = 4_095;
/// The longest text that is taken of it: a text with what it puts before.
const HEARD: usize = legacy::TEXT + 1024;
/// The longest body of it: each byte may be written as four.
const BODY: u32 = 4 * (16_384 + 1024) + 64;
/// How many names are remembered at once.
const NAMES: usize = 10_000;
/// The numbers of those who are there: the server itself, whose notices are shown, and us.
const SERVER: u64 = 1;
const ME: u64 = 2;

/// How a server of the seed is spoken to. It cannot be found out: a wrong guess ends that server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeedWire {
    /// How many bytes stand before a body.
    pub width: Width,
    /// As what a text is written.
    pub kind: Kind,
    /// Milliseconds from 1970 to [`Instant::ZERO`]: there is no time on that wire, and what comes is shown with ours.
    pub origin_ms: u64,
}

/// What is known of such a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SeedLink {
    wire: SeedWire,
    reader: Reader,
    seq: u64,
    /// Who came while we were there.
    names: BTreeMap<String, u64>,
    newest: u64,
    count: u64,
}

impl Client {
    /// Speaks the seed's wire, from the next connection on. `[LG-10]`
    pub fn set_seed_wire(&mut self, wire: SeedWire) {
        self.seed = Some(Box::new(SeedLink {
            wire,
            reader: Reader::of_width(wire.width),
            seq: 0,
            names: BTreeMap::new(),
            newest: ME,
            count: 1,
        }));
    }

    /// The end of the stream is the goodbye of such a server.
    pub(super) fn is_seed_goodbye(&self) -> bool {
        self.seed.is_some() && self.state() == State::Quitting
    }

    /// Cuts what came into frames and acts on each.
    pub(super) fn take_seed_frames(&mut self, mut bytes: &[u8], now: Instant) {
        while self.state().is_linked() {
            let greeting = self.state() == State::Greeting;
            let Some(seed) = &mut self.seed else { return };
            let body = match seed.reader.next(&mut bytes, BODY) {
                Ok(None) => return,
                Ok(Some(body)) => body,
                Err(legacy::FrameRefused::Length { len: length, limit }) => {
                    let error = FrameError::TooBig { length, limit };
                    return self.violated(Violation::Frame(error));
                }
                Err(refused) => return self.violated(invalid(refused.to_string())),
            };
            let text = match pickle::read(&body, HEARD) {
                Ok((_, text)) => text,
                Err(refused) => return self.violated(invalid(refused.to_string())),
            };
            let message = match greeting {
                true => seed.greeted(
                    &text,
                    self.config.name.to_string(),
                    self.config.room.to_string(),
                ),
                false => seed.shown(&text, now),
            };
            self.step(message, now);
        }
    }

    /// Writes a message as the frames that it stands for.
    pub(super) fn put_for_seed(&mut self, message: Message, out: &mut BytesMut, now: Instant) {
        let Some(seed) = &mut self.seed else { return };
        let unsupported = |id, reference| {
            Message::Error(Refused {
                id,
                reference,
                code: ErrorCode::Unsupported,
                text: String::from("the seed's wire has no such thing"),
            })
        };
        let answer = match message {
            Message::Name(login) => {
                // Another connection, of which nothing is known yet.
                let wire = seed.wire;
                self.set_seed_wire(wire);
                return self.write_seed(&alloc::format!("{}{}", words::LOGIN, login.name), out);
            }
            Message::Say(say) => {
                let own = seed.own(&say, self.config.name.as_str(), now);
                self.write_seed(&say.text, out);
                own
            }
            Message::Nick(nick) => unsupported(Some(nick.id), None),
            Message::Topic(topic) => unsupported(Some(topic.id), None),
            Message::Mod(act) => unsupported(Some(act.id), None),
            Message::Tell(tell) => unsupported(None, Some(tell.reference)),
            Message::Who(who) => Message::Members(Members {
                reference: who.reference,
                list: alloc::vec![Listed {
                    member: ME,
                    name: self.config.name.to_string(),
                    host: None,
                    flags: Listed::ANNOUNCED,
                }],
                next: None,
            }),
            // There is no ping on that wire: the link is taken to stand until it ends.
            Message::Ping(ping) => {
                if let Phase::Live(pulse) | Phase::Quitting { pulse, .. } = &mut self.phase {
                    pulse.heard(now);
                }
                Message::Pong(Pong { nonce: ping.nonce })
            }
            Message::Quit(_) => {
                self.link.owes_shutdown = true;
                return;
            }
            Message::Pong(_)
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
            | Message::Bye(_) => return,
        };
        self.step(answer, now);
    }

    fn write_seed(&self, text: &str, out: &mut BytesMut) {
        if let Some(seed) = &self.seed {
            let mut frame = Vec::new();
            write_frame(text, seed.wire.width, seed.wire.kind, &mut frame);
            out.extend_from_slice(&frame);
        }
    }
}

impl SeedLink {
    /// The first frame: a welcome, or we are refused.
    fn greeted(&self, text: &str, name: String, room: String) -> Message {
        let Some(address) = text.strip_prefix(words::WELCOME) else {
            return Message::Bye(Bye {
                code: ByeCode::FORBIDDEN,
                text: shortened(text, limits::WHY),
                retry: None,
            });
        };
        let address = address.split(words::WELCOME).next().unwrap_or_default();
        Message::Client(Welcome {
            version: VERSION,
            you: You {
                member: ME,
                session: ME,
                name,
                addr: Some(shortened(address, limits::HOST)),
            },
            room,
            topic: None,
            members: 1,
            epoch: 1,
            start: 0,
            head: 0,
            acked: 0,
            limits: Granted {
                frame: BODY.into(),
                text: LONGEST,
                window: 64,
                rate: 0,
                burst: 0,
            },
            keepalive: 3_600,
        })
    }

    /// What is said to be displayed, as the event that it looks like: for a nicer view, and never for trust.
    fn shown(&mut self, text: &str, now: Instant) -> Message {
        let text = text.strip_prefix('\n').unwrap_or(text);
        if let Some((speaker, said)) = text
            .strip_prefix("#[")
            .and_then(|rest| rest.split_once("]>>"))
        {
            let (name, host) = apart(speaker);
            // Who was there before us is in no roster, which would give his host.
            let (member, name) = match self.names.get(name) {
                Some(member) if host.is_some() => (*member, name),
                _ => (self.number(speaker), speaker),
            };
            return self.said(member, name, SayKind::Say, said, now);
        }
        if let Some(who) =
            within(text, "(客户端离开: ").or_else(|| within(text, "(Now hung up: Client from "))
        {
            let (name, host) = apart(who);
            self.count = self.count.saturating_sub(1).max(1);
            if let Some(member) = self.names.remove(name) {
                self.seq = self.seq.saturating_add(1);
                return Message::Left(Left {
                    seq: self.seq,
                    at: self.at(now),
                    member,
                    session: member,
                    id: 0,
                    name: name.into(),
                    host: host.map(String::from),
                    members: self.count,
                    why: None,
                });
            }
        }
        let joined =
            within(text, "(新客户端连接: (").or_else(|| within(text, "(Connected: New client ("));
        if let Some((count, who)) = joined.and_then(|joined| joined.split_once(") from "))
            && let Ok(members) = count.parse::<u32>()
        {
            let (name, host) = apart(who);
            self.count = members.into();
            let member = self.newcomer(name);
            self.seq = self.seq.saturating_add(1);
            return Message::Joined(Joined {
                seq: self.seq,
                at: self.at(now),
                member,
                session: member,
                id: 0,
                name: name.into(),
                host: host.map(String::from),
                members: self.count,
            });
        }
        self.said(SERVER, "server", SayKind::Notice, text, now)
    }

    /// There is no echo: what was written is what was said.
    fn own(&mut self, say: &Say, name: &str, now: Instant) -> Message {
        let mut own = self.said(ME, name, say.kind, &say.text, now);
        if let Message::Said(said) = &mut own {
            said.id = say.id;
        }
        own
    }

    fn said(
        &mut self,
        member: u64,
        name: &str,
        kind: SayKind,
        text: &str,
        now: Instant,
    ) -> Message {
        self.seq = self.seq.saturating_add(1);
        Message::Said(Said {
            seq: self.seq,
            at: self.at(now),
            member,
            session: member,
            id: 0,
            name: name.into(),
            kind,
            re: None,
            text: Some(text.into()),
        })
    }

    fn at(&self, now: Instant) -> u64 {
        self.wire.origin_ms.saturating_add(now.as_millis())
    }

    /// Gives a name its number, a new one.
    fn newcomer(&mut self, name: &str) -> u64 {
        if self.names.len() >= NAMES {
            self.names.clear();
        }
        self.newest = self.newest.saturating_add(1);
        self.names.insert(name.into(), self.newest);
        self.newest
    }

    /// The number of one who was there before us.
    fn number(&mut self, speaker: &str) -> u64 {
        match self.names.get(speaker) {
            Some(member) => *member,
            None => self.newcomer(speaker),
        }
    }
}

/// `NAME@HOST`, split at the last `@`.
fn apart(who: &str) -> (&str, Option<&str>) {
    who.rsplit_once('@')
        .map_or((who, None), |(name, host)| (name, Some(host)))
}

fn within<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    text.strip_prefix(before)?.strip_suffix(')')
}

fn shortened(text: &str, most: usize) -> String {
    let mut text = String::from(text);
    while text.len() > most {
        text.pop();
    }
    text
}

fn invalid(reason: String) -> Violation {
    Violation::Decode(DecodeError::Invalid { reason })
}
