//! A client that is told anything at all neither panics, grows nor says the wrong thing.

use bytes::BytesMut;
use parlance_proto::client::{Action, Client, ClientConfig, EndReason, Key, LineState, State};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::wire::{
    Bye, ByeCode, ErrorCode, Event, Gap, GapWhy, Granted, Joined, Left, Listed, Members, Message,
    Ping, Refused, Renamed, Said, SayKind, Titled, Told, Welcome, You, encode_frame,
};

use super::Bytes;

/// Operations: what the server says, what the person does, what the link does.
pub fn check(data: &[u8]) {
    let mut data = Bytes(data);
    let mut run = Run::new(data.byte());
    for _ in 0..400 {
        if data.is_empty() {
            break;
        }
        run.step(&mut data);
        run.drain();
    }
    run.finish();
}

struct Run {
    client: Client,
    now: u64,
    linked: bool,
    ended: bool,
    cursor: Option<u64>,
    open: usize,
    next: u64,
}

impl Run {
    fn new(kind: u8) -> Run {
        let config = ClientConfig {
            name: Name::parse("alice").expect("a name"),
            room: RoomName::lobby(),
            identity: (kind & 1 == 1).then(|| Key::new([7; 32])),
            history: 10,
            resume: None,
            proof: None,
            agent: None,
            reconnect: kind & 2 == 0,
        };
        let client = Client::new(config, u64::from(kind), Instant::ZERO);
        Run {
            client,
            now: 1,
            linked: false,
            ended: false,
            cursor: None,
            open: 0,
            next: 1,
        }
    }

    fn at(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    fn step(&mut self, data: &mut Bytes<'_>) {
        let now = self.at();
        match data.below(16) {
            0 => self.client.connected(now),
            1 => self.client.connect_failed(now),
            2 => self.client.receive_eof(now),
            3 => self.client.receive_reset(now),
            4 => self.client.clock_jumped(now),
            5 => {
                self.now += u64::from(data.byte()) * 100;
                self.client.handle_timeout(self.at());
            }
            6 => {
                let text = Text::parse("hi").expect("a text");
                if self.client.say(SayKind::Say, None, text, now).is_ok() {
                    self.open += 1;
                }
            }
            7 if data.byte() < 16 => self.client.quit(None, now),
            8 => {
                let raw = data.below(32);
                self.client.receive(data.take(raw.into()), now);
            }
            9 => {
                // A true message with one byte changed.
                let mut frame = self.message(data);
                let at = usize::from(data.byte()) % frame.len().max(1);
                if let Some(byte) = frame.get_mut(at) {
                    *byte ^= data.byte();
                }
                self.client.receive(&frame, now);
            }
            _ => {
                let frame = self.message(data);
                self.client.receive(&frame, now);
            }
        }
        while self.linked && self.client.poll_transmit(now).is_some() {}
    }

    /// Something that a server says; mostly in its place.
    fn message(&mut self, data: &mut Bytes<'_>) -> BytesMut {
        let kind = data.below(16);
        let kind = if self.client.state() == State::Greeting && kind > 1 {
            0
        } else {
            kind
        };
        let (n, seq) = (u64::from(data.byte()), self.next);
        let (at, member, session, id) = (n, n % 5, n % 3, if n % 4 == 0 { n / 8 } else { 0 });
        let (name, host) = (format!("m{member}"), None);
        let message = match kind {
            0 => {
                self.next = n / 16 + 1;
                Message::Client(Welcome {
                    version: 1,
                    you: You {
                        member: 1,
                        session: 1,
                        name: "alice".into(),
                        addr: None,
                    },
                    room: "lobby".into(),
                    topic: None,
                    members: 1,
                    epoch: 1 + n % 2,
                    start: self.next - 1,
                    head: self.next + 2,
                    acked: n % 3,
                    limits: Granted {
                        frame: 20_480,
                        text: 16_384,
                        window: 1 + n % 4,
                        rate: 0,
                        burst: 0,
                    },
                    keepalive: 1 + n % 30,
                })
            }
            1 => {
                let code = ByeCode::ALL[n as usize % ByeCode::ALL.len()].clone();
                Message::Bye(Bye {
                    code,
                    text: "bye".into(),
                    retry: Some(n).filter(|n| n % 2 == 0),
                })
            }
            2 => Message::Gap(Gap {
                from: seq,
                to: seq + n,
                why: GapWhy::Trimmed,
                acked: id,
                topic: None,
                members: n,
            }),
            3 => Message::Members(Members {
                reference: n % 4,
                list: vec![Listed {
                    member,
                    name,
                    host,
                    flags: n % 32,
                }],
                next: Some(member).filter(|_| n % 7 == 0),
            }),
            4 => Message::Error(Refused {
                id: Some(n / 8),
                reference: None,
                code: ErrorCode::Storage,
                text: "no".into(),
            }),
            5 => Message::Told(Told {
                from: member,
                to: 1,
                name,
                text: "psst".into(),
                reference: Some(n % 3),
            }),
            6 => Message::Ping(Ping { nonce: n }),
            7 => Message::Joined(Joined {
                seq,
                at,
                member,
                session,
                id: 0,
                name,
                host,
                members: n,
            }),
            8 => Message::Left(Left {
                seq,
                at,
                member,
                session,
                id: 0,
                name,
                host,
                members: n,
                why: None,
            }),
            9 => Message::Renamed(Renamed {
                seq,
                at,
                member,
                session,
                id,
                old: name.clone(),
                new: name,
            }),
            10 => Message::Titled(Titled {
                seq,
                at,
                member,
                session,
                id,
                topic: Some(name),
            }),
            _ => {
                let text = Some("hello".into());
                Message::Said(Said {
                    seq,
                    at,
                    member,
                    session: 1,
                    id,
                    name,
                    kind: SayKind::Say,
                    re: None,
                    text,
                })
            }
        };
        if Event::try_from(message.clone()).is_ok() {
            self.next += 1;
        } else if let Message::Gap(gap) = &message {
            self.next = gap.to + 1;
        }
        let mut frame = BytesMut::new();
        encode_frame(&message, &mut frame).expect("within the limits");
        frame
    }

    fn drain(&mut self) {
        let mut said = 0;
        while let Some(action) = self.client.poll() {
            assert!(!self.ended, "{action:?} after the end");
            said += 1;
            assert!(said < 20_000, "endless actions");
            match action {
                Action::Close => self.linked = false,
                Action::Connect => self.linked = true,
                Action::Welcome { start, .. } => self.cursor = Some(start),
                Action::Event(event) => {
                    assert_eq!(
                        Some(event.seq()),
                        self.cursor.map(|cursor| cursor + 1),
                        "out of order [DL-18]"
                    );
                    self.cursor = Some(event.seq());
                }
                Action::Gap { from, to, .. } => {
                    assert_eq!(
                        Some(from),
                        self.cursor.map(|cursor| cursor + 1),
                        "a gap out of order [DL-17]"
                    );
                    self.cursor = Some(to);
                }
                Action::Line { state, .. } => {
                    assert_ne!(state, LineState::Pending);
                    self.open = self.open.checked_sub(1).expect("a line settled twice");
                }
                Action::Ended { reason } => {
                    self.ended = true;
                    if let EndReason::Violated(_) = reason {
                        assert_eq!(self.client.state(), State::Ended);
                    }
                }
                _ => {}
            }
        }
        assert_eq!(
            self.client.outbox().count(),
            self.open,
            "a line is lost or made up"
        );
    }

    fn finish(mut self) {
        if let Some(wake) = self.client.poll_timeout() {
            self.client.handle_timeout(wake.at);
            self.drain();
            let again = self.client.poll_timeout();
            assert!(
                again.is_none_or(|next| next.at > wake.at),
                "a handled deadline is still due: {again:?}"
            );
        }
        self.client.quit(None, self.at());
        self.client.quit(None, self.at());
        self.drain();
        assert!(self.ended && self.open == 0, "a line has no end");
    }
}
