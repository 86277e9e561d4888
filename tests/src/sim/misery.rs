//! What goes wrong: links, readers, workers, logs, clocks, and strangers.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use parlance_proto::name::RoomName;
use parlance_proto::room::Entry;
use parlance_proto::wire::{
    Login, Message, Nick, Ping, Pong, Quit, Say, SayKind, SetTopic, Tell, Who, encode_frame,
};

use super::pipe::End;
use super::script::Plan;
use super::world::{Far, Job, Side, World, trace};

impl World {
    /// Something goes wrong, and the next thing is thought of.
    pub(super) fn misery(&mut self) {
        if !self.trouble {
            return;
        }
        self.soon(self.plan.misery * 2, Job::Misery);
        let o = &self.plan.odds;
        let weights = [
            o.cut,
            o.blackhole,
            o.stall,
            o.crash,
            o.trim,
            o.sleep,
            o.stranger,
            o.settings,
            o.checkpoint,
            o.kill,
        ];
        let mut roll = self.rng.below(weights.iter().sum::<u64>().max(1));
        let mut what = 0;
        for weight in weights {
            if roll < weight {
                break;
            }
            roll -= weight;
            what += 1;
        }
        match what {
            0 => self.on_some_link(World::cut),
            1 => self.on_some_link(World::darken),
            2 => self.on_some_link(World::stall),
            3 => self.crash_one(),
            4 => self.trim(),
            5 => self.sleep(),
            6 => self.stranger(),
            7 => self.new_settings(),
            8 => self.checkpoint(),
            9 => {
                let at = self.rng.index(self.people.len());
                self.kill(at);
            }
            _ => {}
        }
    }

    fn on_some_link(&mut self, deed: fn(&mut World, usize)) {
        let living = self.living_links();
        if !living.is_empty() {
            let link = self.rng.pick(&living);
            deed(self, link);
        }
    }

    /// From here on nothing goes through, and nobody is told.
    fn darken(&mut self, link: usize) {
        trace!(self, "link {link}: goes dark");
        self.links[link].dark = true;
        self.stats.dark += 1;
    }

    /// One end does not read for a while.
    fn stall(&mut self, link: usize) {
        let ms = self.rng.pick(&[100, 600, 1500, 3000, 4500]);
        let until = self.now.saturating_add(Duration::from_millis(ms));
        let side = if self.rng.chance(80) {
            Side::Down
        } else {
            Side::Up
        };
        trace!(self, "link {link}: {side:?} is not read for {ms} ms");
        self.links[link].pipe(side).stalled = Some(until);
        self.stats.stalls += 1;
    }

    fn crash_one(&mut self) {
        let at = self.rng.index(self.workers.len());
        if self.workers[at].server.is_none() {
            return;
        }
        self.crash(at);
        if self.plan.amnesia {
            trace!(self, "the log is gone");
            self.stats.amnesias += 1;
            self.log.lose_all();
        } else if self.rng.chance(50) {
            let lost: usize = self.log.rooms.values_mut().map(|log| log.lose_tail()).sum();
            trace!(self, "the log loses {lost} entries that nobody was shown");
            self.stats.tails += usize::from(lost > 0) as u64;
        }
    }

    fn trim(&mut self) {
        let rooms: Vec<_> = self.log.rooms.keys().cloned().collect();
        for room in rooms {
            self.trim_room(&room);
        }
    }

    /// The log of a room forgets what it need not keep, and every worker hears of it.
    pub(super) fn trim_room(&mut self, room: &RoomName) {
        let keep = self.plan.keep;
        let log = self.log.room(room);
        let before = log.first;
        let first = log.trim(keep);
        if first == before {
            return;
        }
        trace!(self, "{room}: events are kept from {first} on");
        for worker in 0..self.workers.len() {
            let life = self.workers[worker].life;
            let room = room.clone();
            self.soon(self.plan.lag, Job::Trimmed { worker, life, room });
        }
    }

    /// A client sleeps; when it wakes, its clock has jumped. Its link is often dead, and the worker does not know.
    fn sleep(&mut self) {
        let at = self.rng.index(self.people.len());
        let Some(link) = self.people[at].link else {
            return;
        };
        if self.people[at].ended.is_some() || self.people[at].down {
            return;
        }
        trace!(self, "p{at}: slept");
        self.links[link].dark |= self.rng.chance(70);
        self.stats.sleeps += 1;
        let now = self.now;
        self.people[at].client.clock_jumped(now);
        self.drain_person(at);
    }

    fn new_settings(&mut self) {
        let mut settings = self.plan.settings;
        settings.announce_below = self.rng.between(0, 6);
        self.plan.settings = settings;
        let rooms: Vec<_> = self.log.rooms.keys().cloned().collect();
        for room in rooms {
            let entry = Arc::new(Entry::Settings(settings));
            trace!(self, "{room}: {entry:?}");
            let life = self.workers[0].life;
            self.store(0, life, room, entry, None);
        }
    }

    fn checkpoint(&mut self) {
        let at = self.rng.index(self.workers.len());
        let Some(server) = &self.workers[at].server else {
            return;
        };
        for (room, log) in &mut self.log.rooms {
            if let Some(fold) = server.room(room) {
                log.checkpoint = Some((fold.pos(), fold.clone()));
            }
        }
    }

    /// Somebody connects who speaks nonsense, or nothing, or half of something.
    fn stranger(&mut self) {
        let at = self.rng.index(self.workers.len());
        self.serial += 1;
        let name = format!("s{}", self.serial);
        let Some(link) = self.accept(at, Far::Stranger, "10.6.6.6") else {
            return;
        };
        self.stats.strangers += 1;
        let bytes = self.nonsense(&name);
        trace!(
            self,
            "link {link}: stranger {name} with {} bytes",
            bytes.len()
        );
        let up = &mut self.links[link].up;
        if !bytes.is_empty() {
            up.write(bytes);
        }
        match self.rng.below(3) {
            0 => self.hang_up_later(link),
            1 => self.links[link].up.finish(End::Eof),
            _ => {}
        }
        self.plan_read(link, Side::Up);
    }

    fn hang_up_later(&mut self, link: usize) {
        // Its reader stalls for ever, as it were, and then the link breaks.
        self.links[link].down.stalled = Some(self.now.saturating_add(Duration::from_secs(3)));
        if self.rng.chance(50) {
            self.cut(link);
        }
    }

    fn nonsense(&mut self, name: &str) -> Bytes {
        let mut out = BytesMut::new();
        let room = Plan::room_name(self.rng.index(self.plan.rooms)).into();
        let login = Login {
            versions: vec![1],
            name: name.into(),
            room,
            history: self.rng.pick(&[0, 5, 1000]),
            identity: None,
            resume: None,
            proof: None,
            agent: None,
        };
        if self.rng.chance(85) {
            put(&mut out, &Message::Name(login));
        }
        for _ in 0..self.rng.between(0, 12) {
            let message = self.odd_message();
            put(&mut out, &message);
        }
        match self.rng.below(6) {
            0 => out.extend_from_slice(&[0, 0, 0, 9, 0x86, 0x63]),
            1 => out.extend_from_slice(&[0xff; 9]),
            2 => out.extend_from_slice(&[0, 0, 0, 2, 0x80, 0x00]),
            _ => {}
        }
        out.freeze()
    }

    fn odd_message(&mut self) -> Message {
        let id = self.rng.between(1, 9);
        let after = if self.rng.chance(60) {
            id - 1
        } else {
            self.rng.below(4)
        };
        let text = String::from(self.rng.pick(&["x", "a\u{202e}b", "e\u{301}", "tab\tbed"]));
        match self.rng.below(12) {
            0 => Message::Nick(Nick {
                id,
                after,
                name: self.rng.pick(&["ada", " x", "server", "q"]).into(),
            }),
            1 => Message::Topic(SetTopic {
                id,
                after,
                topic: Some(text),
            }),
            2 => Message::Tell(Tell {
                reference: id,
                to: after,
                text,
            }),
            3 => Message::Who(Who {
                reference: id,
                from: after,
            }),
            4 => Message::Ping(Ping { nonce: id }),
            5 => Message::Pong(Pong { nonce: id }),
            6 if self.rng.chance(30) => Message::Quit(Quit { why: Some(text) }),
            _ => {
                let re = self
                    .rng
                    .pick(&[None, None, Some(0), Some(1), Some(1 << 40)]);
                Message::Say(Say {
                    id,
                    after,
                    kind: SayKind::Say,
                    re,
                    text: format!("{text}{}", self.serial),
                })
            }
        }
    }
}

fn put(out: &mut BytesMut, message: &Message) {
    encode_frame(message, out).expect("a message within the limits");
}
