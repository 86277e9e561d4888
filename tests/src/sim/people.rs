//! The driver of the clients, and the people before them: they talk, rename, whisper, leave and come back.

use std::collections::{BTreeMap, BTreeSet};

use parlance_proto::client::{Action, Client, EndReason, LineId, LineState, State, Transmit};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::text::{Text, Topic, Why};
use parlance_proto::time::Instant;
use parlance_proto::wire::SayKind;

use super::pipe::{End, Got, Piece};
use super::script::{Plan, Role};
use super::world::{Far, Job, Side, World, trace};

const MOST_ACTIONS: usize = 20_000;

/// Names that people fight for.
const NICKS: [&str; 3] = ["ada", "bob", "eve"];

/// What a line was to put into the room, as far as the log can be asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A text that nobody else says.
    Said(String),
    /// A topic that nobody else sets.
    Titled(String),
    /// A name, which others may want too.
    Renamed(String),
    /// An act of moderation, for a reason that nobody else has.
    Modded(String),
}

/// One line that somebody typed.
#[derive(Clone, Debug)]
pub struct Typed {
    /// What it was to do.
    pub wish: Wish,
    /// How it stands.
    pub state: LineState,
    /// Under which epoch it was settled.
    pub epoch: u64,
}

/// One client and who sits before it.
#[derive(Debug)]
pub struct Person {
    /// The part played.
    pub role: Role,
    /// The machine.
    pub client: Client,
    /// The link it holds.
    pub link: Option<usize>,
    /// Its next deadline.
    pub wake: Option<Instant>,
    /// All that was typed, in order, over all lives of the client.
    pub typed: BTreeMap<u64, Typed>,
    /// Which of these a line of the living client is.
    pub lines: BTreeMap<LineId, u64>,
    /// What was kept last, and which lines are in it.
    pub kept: Option<(Vec<u8>, Vec<u64>)>,
    /// How often the client was killed; a wish of an earlier life is void.
    pub life: u64,
    /// It was killed and has not been started again.
    pub down: bool,
    /// The number of the newest event that was shown.
    pub cursor: Option<u64>,
    /// The epoch it was shown under.
    pub epoch: u64,
    /// The event that the last welcome began at.
    pub start: u64,
    /// The numbers of its sessions, with their epochs.
    pub sessions: BTreeSet<(u64, u64)>,
    /// Why the client ended, if it has.
    pub ended: Option<EndReason>,
    /// It was asked to quit.
    pub quitting: bool,
    /// Private texts that arrived.
    pub told: BTreeSet<String>,
    /// How many sessions were forgotten or lost under it: lines may be unknown then.
    pub doubts: u64,
    /// It has been let in, and knows that cursor to be good.
    pub welcomed: u64,
    /// It heard that the server ends.
    pub told_shutdown: bool,
    /// The welcome began elsewhere than the cursor: the person must be told.
    pub owed_restart: bool,
    /// Somebody took the place when this one had ended.
    pub succeeded: bool,
    pub(super) count: u64,
}

impl Person {
    /// Whether the client was let in on this link.
    #[must_use]
    pub fn is_welcome(&self, link: usize) -> bool {
        self.link == Some(link) && self.client.state() == State::Live
    }

    /// Whether it is in the room.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.down && self.ended.is_none() && self.client.state() == State::Live
    }

    /// The room's name.
    #[must_use]
    pub fn room(&self) -> RoomName {
        RoomName::parse(Plan::room_name(self.role.room)).expect("a room's name is legal")
    }
}

impl World {
    /// Somebody takes a part.
    pub(super) fn enter(&mut self, role: Role) {
        let at = self.people.len();
        trace!(self, "p{at}: enters as {role:?}");
        self.people.push(Person {
            client: Client::kept(self.config(&role), None, self.rng.word(), self.now),
            role,
            link: None,
            wake: None,
            typed: BTreeMap::new(),
            lines: BTreeMap::new(),
            kept: None,
            life: 0,
            down: false,
            cursor: None,
            epoch: 0,
            start: 0,
            sessions: BTreeSet::new(),
            ended: None,
            quitting: false,
            told: BTreeSet::new(),
            doubts: 0,
            welcomed: 0,
            told_shutdown: false,
            owed_restart: false,
            succeeded: false,
            count: 0,
        });
        self.drain_person(at);
        self.soon(self.plan.pace, Job::Deed { person: at });
    }

    pub(super) fn piece_of_person(&mut self, link: usize) -> Option<Piece> {
        let now = self.now;
        let Far::Person(person) = self.links[link].far else {
            return None;
        };
        if self.people[person].link != Some(link) {
            return None;
        }
        self.keep(person);
        if self.is_fatal(1) {
            self.kill(person);
            return None;
        }
        let piece = self.people[person].client.poll_transmit(now);
        self.drain_person(person);
        if self.people[person].link == Some(link) && self.is_fatal(1) {
            // The socket has it, and whatever of it still gets through does.
            let piece = piece.and_then(|piece| match piece {
                Transmit::Data(bytes) => Some(Piece::Bytes(bytes)),
                _ => None,
            });
            self.kill_after(person, piece);
            return None;
        }
        Some(match piece? {
            Transmit::Data(bytes) => Piece::Bytes(bytes),
            _ => Piece::Shutdown,
        })
    }

    pub(super) fn person_receives(&mut self, at: usize, link: usize, got: Got, now: Instant) {
        if self.people[at].link != Some(link) {
            return;
        }
        let client = &mut self.people[at].client;
        match got {
            Got::Bytes(bytes) => client.receive(&bytes, now),
            Got::End(End::Eof) => client.receive_eof(now),
            Got::End(End::Reset) => client.receive_reset(now),
            Got::Nothing => {}
        }
        self.drain_person(at);
    }

    pub(super) fn wake_person(&mut self, at: usize) {
        let now = self.now;
        self.people[at].client.handle_timeout(now);
        self.drain_person(at);
        if self.people[at].wake.is_some_and(|wake| wake <= now) {
            let reason = self.people[at].client.poll_timeout();
            self.fault(format!(
                "p{at}: a handled deadline is still due: {reason:?}"
            ));
        }
        if self.rng.chance(5) {
            let client = &self.people[at].client;
            let mut twin = client.clone();
            twin.handle_timeout(now);
            let said = twin.poll();
            if said.is_some() || twin != *client {
                self.fault(format!("p{at}: waking twice is not waking once: {said:?}"));
            }
        }
    }

    /// An attempt to open a link comes to its end.
    pub(super) fn open(&mut self, at: usize, life: u64) {
        let now = self.now;
        if self.people[at].life != life || self.people[at].down {
            return;
        }
        if self.people[at].ended.is_some() || self.people[at].link.is_some() {
            return;
        }
        let worker = self.rng.index(self.workers.len());
        let fails = self.ending || (self.trouble && self.rng.chance(3));
        let link = if fails {
            None
        } else {
            let from = if self.plan.acts > 0 { at % 3 } else { 0 };
            self.accept(
                worker,
                Far::Person(at),
                ["10.0.0.7", "10.0.0.8", "10.0.0.9"][from],
            )
        };
        trace!(self, "p{at}: link {link:?} to worker {worker}");
        self.people[at].link = link;
        match link {
            Some(_) => self.people[at].client.connected(now),
            None => self.people[at].client.connect_failed(now),
        }
        self.drain_person(at);
    }

    /// Carries out all that a client wants.
    pub(super) fn drain_person(&mut self, at: usize) {
        for _ in 0..MOST_ACTIONS {
            self.keep(at);
            let Some(action) = self.people[at].client.poll() else {
                self.people[at].wake = self.people[at].client.poll_timeout().map(|wake| wake.at);
                return;
            };
            if self.people[at].ended.is_some() {
                self.fault(format!("p{at}: {action:?} after the end"));
            }
            self.obey_person(at, action);
        }
        self.fault(format!("p{at}: live-lock of actions"));
    }

    fn obey_person(&mut self, at: usize, action: Action) {
        match action {
            Action::Connect => {
                let life = self.people[at].life;
                self.soon(40, Job::Open { person: at, life });
            }
            Action::Writable => {
                if let Some(link) = self.people[at].link {
                    self.links[link].up.more = true;
                    self.soon(
                        2,
                        Job::Write {
                            link,
                            side: Side::Up,
                        },
                    );
                }
            }
            Action::Close => {
                if let Some(link) = self.people[at].link.take() {
                    let how = if self.rng.chance(70) {
                        End::Eof
                    } else {
                        End::Reset
                    };
                    self.hang_up(link, how);
                }
            }
            Action::Ended { reason } => self.ended(at, reason),
            other => self.hear(at, other),
        }
    }

    fn ended(&mut self, at: usize, reason: EndReason) {
        trace!(self, "p{at}: ended, {reason:?}");
        if let Some(link) = self.people[at].link.take() {
            self.hang_up(link, End::Eof);
        }
        self.people[at].ended = Some(reason);
        if !self.ending {
            // Somebody takes the place, after a while.
            self.soon(4000, Job::Deed { person: at });
        }
    }

    /// Somebody does something, if the time of trouble is not over, and thinks of the next thing.
    pub(super) fn deed(&mut self, at: usize) {
        if self.people[at].ended.is_some() {
            self.succeed(at);
            return;
        }
        if !self.trouble {
            return;
        }
        if self.people[at].down {
            return self.soon(self.plan.pace, Job::Deed { person: at });
        }
        self.soon(self.plan.pace * 2, Job::Deed { person: at });
        // Only asked where it may be, so that the others' seeds go on meaning what they did.
        if self.plan.acts > 0 && self.rng.chance(self.plan.acts) {
            self.moderate(at);
            return self.drain_person(at);
        }
        let antic = self.rng.chance(self.plan.antics);
        match self.rng.below(20) {
            0..5 if antic => self.nick(at),
            5..8 if antic => self.title(at),
            8..12 if antic => self.whisper(at),
            12..15 if antic => self.say(at, Some(1 << 40)),
            15..18 if antic => {
                for _ in 0..self.rng.between(2, 12) {
                    self.say(at, None);
                }
            }
            18 if antic => self.quit(at),
            _ => self.say(at, None),
        }
        if self.is_fatal(2) {
            return self.kill(at);
        }
        self.drain_person(at);
    }

    /// After the end of a client somebody of the same role comes, unless it is all over.
    fn succeed(&mut self, at: usize) {
        if self.people[at].succeeded || self.ending {
            return;
        }
        self.people[at].succeeded = true;
        let mut role = self.people[at].role.clone();
        if role.key.is_none() {
            role.name = format!("g{}", self.people.len());
        }
        self.enter(role);
    }

    fn say(&mut self, at: usize, re: Option<u64>) {
        let person = &mut self.people[at];
        person.count += 1;
        let mut words = format!("{at}.{}", person.count);
        if self.rng.chance(15) {
            let more = self.rng.between(10, self.plan.texts) as usize;
            words.push_str(&".".repeat(more));
        }
        let re = re.or_else(|| {
            self.rng
                .chance(10)
                .then(|| self.people[at].client.head().max(1))
        });
        let kind = self
            .rng
            .pick(&[SayKind::Say, SayKind::Action, SayKind::Notice]);
        let text = Text::parse(&words).expect("words are legal");
        let said = self.people[at].client.say(kind, re, text, self.now);
        trace!(
            self,
            "p{at}: says {} as {said:?}",
            &words[..words.len().min(20)]
        );
        if let Ok(line) = said {
            self.typed(at, line, Wish::Said(words));
        }
    }

    fn nick(&mut self, at: usize) {
        let name = self.rng.pick(&NICKS[..self.plan.nicks]);
        let name = Name::parse(name).expect("a nick is legal");
        let line = self.people[at].client.nick(name.clone(), self.now);
        trace!(self, "p{at}: wants to be {name} as {line:?}");
        if let Ok(line) = line {
            self.typed(at, line, Wish::Renamed(name.to_string()));
        }
    }

    fn title(&mut self, at: usize) {
        self.people[at].count += 1;
        let words = format!("topic {at}.{}", self.people[at].count);
        let topic = Topic::parse(&words).expect("a topic is legal");
        if let Ok(line) = self.people[at].client.set_topic(Some(topic), self.now) {
            self.typed(at, line, Wish::Titled(words));
        }
    }

    pub(super) fn typed(&mut self, at: usize, line: LineId, wish: Wish) {
        self.stats.typed += 1;
        let typed = Typed {
            wish,
            state: LineState::Pending,
            epoch: 0,
        };
        let person = &mut self.people[at];
        let number = person.typed.len() as u64;
        person.typed.insert(number, typed);
        if person.lines.insert(line, number).is_some() {
            self.fault(format!("p{at}: {line:?} is given twice"));
        }
    }

    fn whisper(&mut self, at: usize) {
        self.people[at].count += 1;
        let words = format!("psst {at}.{}", self.people[at].count);
        let to = self.rng.between(1, 6);
        let text = Text::parse(&words).expect("words are legal");
        let told = self.people[at].client.tell(to, text, self.now);
        trace!(self, "p{at}: tells {to} {words}: {told:?}");
    }

    fn quit(&mut self, at: usize) {
        trace!(self, "p{at}: quits");
        let why = if self.rng.chance(50) {
            Why::parse("bye").ok()
        } else {
            None
        };
        self.people[at].quitting = true;
        self.stats.quits += 1;
        let now = self.now;
        self.people[at].client.quit(why, now);
    }
}
