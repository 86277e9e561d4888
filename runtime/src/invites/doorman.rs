//! Who answers the machine's questions whom to let in: on a thread of its own, since it waits for the disk.
//!
//! A use of an invitation is taken before the answer, and given back if nobody came in by it; a server that ends in
//! between has used it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use parlance_proto::name::RoomName;
use parlance_proto::room::KeyHash;
use parlance_proto::server::{Ticket, Verdict};
use parlance_proto::time::Instant;
use parlance_proto::wire::Proof;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::error::AccessError;
use super::store::{Checked, Store};
use super::throttle::Throttle;
use crate::clock::Clock;

/// How many answers may be held back at once. Beyond that an invitation is not looked at, and whoever showed it is told
/// that the server is busy when its login has taken too long.
const WAITING: usize = 1_024;
/// How long the thread sleeps at most.
const NAP: Duration = Duration::from_secs(3_600);

/// Somebody wants to come in.
#[derive(Clone, Debug)]
pub struct Question {
    /// The machine's.
    pub ticket: Ticket,
    /// The room.
    pub room: RoomName,
    /// Who; none: a guest.
    pub key: Option<KeyHash>,
    /// What was shown.
    pub proof: Option<Proof>,
    /// From where.
    pub address: IpAddr,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Whether that one may come in.
    Verdict {
        /// The question's.
        ticket: Ticket,
        /// Whether.
        verdict: Verdict,
    },
    /// It could not be looked up or stored: that one is not answered, and is told that the server is busy.
    Failed {
        /// Why.
        why: String,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Doorman {
    orders: Option<Sender<Order>>,
    answers: UnboundedReceiver<Answer>,
    thread: Option<JoinHandle<()>>,
    /// Held as long as this server runs: which uses may have to be given back, only it knows.
    _lock: File,
}

#[derive(Debug)]
enum Order {
    Ask(Question),
    Used(Ticket),
    Unused(Ticket),
}

impl Doorman {
    /// Opens the database in `folder`, and starts the thread.
    ///
    /// # Errors
    ///
    /// It cannot be opened, or another server has it.
    pub fn open(folder: &Path, clock: Clock) -> Result<Doorman, AccessError> {
        let lock = take(folder)?;
        let store = Store::open(folder)?;
        let (orders, asked) = mpsc::channel();
        let (answering, answers) = unbounded_channel();
        let mut door = Door::new(store, clock, answering);
        let thread = std::thread::Builder::new()
            .name("door".to_owned())
            .spawn(move || door.keep(&asked))
            .map_err(AccessError::io(folder))?;
        Ok(Doorman {
            orders: Some(orders),
            answers,
            thread: Some(thread),
            _lock: lock,
        })
    }

    /// Asks; the answer comes by [`poll`](Self::poll).
    pub fn ask(&self, question: Question) {
        self.tell(Order::Ask(question));
    }

    /// Who was admitted by this ticket has come in.
    pub fn used(&self, ticket: Ticket) {
        self.tell(Order::Used(ticket));
    }

    /// Who was admitted by this ticket has not come in.
    pub fn unused(&self, ticket: Ticket) {
        self.tell(Order::Unused(ticket));
    }

    /// The next answer.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Answer> {
        match self.answers.poll_recv(cx) {
            Poll::Ready(Some(answer)) => Poll::Ready(answer),
            // The thread has ended by a panic, which it has printed: nobody is let in any more.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn tell(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // See `poll`.
            let _ = orders.send(order);
        }
    }
}

impl Drop for Doorman {
    /// Waits until all that it was told is done.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic there is a bug, and was printed there.
            let _ = thread.join();
        }
    }
}

/// Takes the invitations of the folder for this server alone; the command line need not ask.
fn take(folder: &Path) -> Result<File, AccessError> {
    let path = folder.join("access.lock");
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(AccessError::io(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(AccessError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(AccessError::io(&path)(error)),
    }
}

/// What the thread has.
struct Door {
    store: Store,
    clock: Clock,
    answers: UnboundedSender<Answer>,
    throttle: Throttle,
    /// Whose answers are held back, by when they are due.
    waiting: BTreeMap<(Instant, Ticket), Question>,
    /// Who was let in by an invitation, and is not certain to have come in yet.
    places: BTreeMap<Ticket, Place>,
}

/// A use of an invitation that may have to be given back. Several connections of one key may stand on the same: it is
/// used as soon as one of them has come in, and given back when none has.
#[derive(Clone, Debug)]
struct Place {
    invitation: i64,
    room: RoomName,
    key: Option<KeyHash>,
}

impl Place {
    fn is_of(&self, room: &RoomName, key: Option<&KeyHash>) -> bool {
        key.is_some() && self.key.as_ref() == key && self.room == *room
    }
}

impl Door {
    fn new(store: Store, clock: Clock, answers: UnboundedSender<Answer>) -> Door {
        Door {
            store,
            clock,
            answers,
            throttle: Throttle::default(),
            waiting: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }

    /// Does what it is told, until nobody can tell it anything any more.
    fn keep(&mut self, orders: &Receiver<Order>) {
        loop {
            let now = self.clock.now();
            let due = self.waiting.first_key_value().map(|((at, _), _)| *at);
            let nap = due.map_or(NAP, |at| at.saturating_duration_since(now));
            match orders.recv_timeout(nap) {
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.answer_due();
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Ask(question) => {
                let ticket = question.ticket;
                let answered = self.ask(question);
                self.answer(ticket, answered);
            }
            Order::Used(ticket) => self.used(ticket),
            Order::Unused(ticket) => {
                if let Err(error) = self.unused(ticket) {
                    self.fail(&error);
                }
            }
        }
    }

    /// Looks a question up; none where the answer is held back.
    fn ask(&mut self, question: Question) -> Result<Option<Verdict>, AccessError> {
        if self.is_known(&question)? {
            return Ok(Some(Verdict::Admitted));
        }
        if question.proof.is_none() {
            return Ok(Some(Verdict::Refused));
        }
        let now = self.clock.now();
        let delay = self.throttle.delay(question.address, now);
        if delay.is_zero() {
            return self.redeem(question).map(Some);
        }
        if self.waiting.len() < WAITING {
            self.throttle.waits(question.address);
            let due = now.saturating_add(delay);
            self.waiting.insert((due, question.ticket), question);
        }
        Ok(None)
    }

    fn answer_due(&mut self) {
        let now = self.clock.now();
        while let Some(first) = self.waiting.first_entry()
            && first.key().0 <= now
        {
            let question = first.remove();
            self.throttle.waited(question.address);
            let ticket = question.ticket;
            // Another connection of the same key may have come in meanwhile.
            let answered = match self.is_known(&question) {
                Ok(true) => Ok(Verdict::Admitted),
                Ok(false) => self.redeem(question),
                Err(error) => Err(error),
            };
            self.answer(ticket, answered.map(Some));
        }
    }

    /// Whether the key was let in before. Where that is not certain yet, this one stands on it too.
    fn is_known(&mut self, question: &Question) -> Result<bool, AccessError> {
        let Some(key) = &question.key else {
            return Ok(false);
        };
        let known = self
            .store
            .knows(&question.room, key, self.clock.wall_ms())?;
        let place = self
            .places
            .values()
            .find(|place| place.is_of(&question.room, Some(key)));
        if known && let Some(place) = place.cloned() {
            self.places.insert(question.ticket, place);
        }
        Ok(known)
    }

    fn redeem(&mut self, question: Question) -> Result<Verdict, AccessError> {
        let Question {
            ticket,
            room,
            key,
            proof,
            address,
        } = question;
        let proof = proof.as_ref().map(|proof| proof.as_bytes());
        let wall_ms = self.clock.wall_ms();
        match self.store.check(&room, key.as_ref(), proof, wall_ms)? {
            Checked::Known => Ok(Verdict::Admitted),
            Checked::Invited(invitation) => {
                let place = Place {
                    invitation,
                    room,
                    key,
                };
                self.places.insert(ticket, place);
                Ok(Verdict::Admitted)
            }
            Checked::Refused => {
                self.throttle.wrong(address, self.clock.now());
                Ok(Verdict::Refused)
            }
        }
    }

    fn used(&mut self, ticket: Ticket) {
        if let Some(Place { room, key, .. }) = self.places.remove(&ticket) {
            // The others of this key need it no more: it is known for good.
            self.places
                .retain(|_, place| !place.is_of(&room, key.as_ref()));
        }
    }

    fn unused(&mut self, ticket: Ticket) -> Result<(), AccessError> {
        let Some(Place {
            invitation,
            room,
            key,
        }) = self.places.remove(&ticket)
        else {
            return Ok(());
        };
        let others = |place: &Place| place.is_of(&room, key.as_ref());
        if self.places.values().any(others) {
            return Ok(());
        }
        self.store.give_back(invitation, &room, key.as_ref())
    }

    fn answer(&self, ticket: Ticket, answered: Result<Option<Verdict>, AccessError>) {
        match answered {
            Ok(Some(verdict)) => self.say(Answer::Verdict { ticket, verdict }),
            Ok(None) => {}
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&self, error: &AccessError) {
        self.say(Answer::Failed {
            why: error.to_string(),
        });
    }

    fn say(&self, answer: Answer) {
        // A server that has ended needs no answers.
        let _ = self.answers.send(answer);
    }
}

#[cfg(test)]
mod tests;
