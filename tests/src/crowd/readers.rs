//! Readers of every manner, each on a thread of its own until it is told to read on.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parlance::clock::Clock;
use parlance_proto::wire::{Resume, Welcome};

use super::Failure;
use super::guest::{Guest, Heard, login_of};

/// How often one who trickles reads.
const DROP: Duration = Duration::from_millis(25);
/// The least receive buffer of a bad reader, in bytes.
const NARROW: usize = 4096;
/// How many bytes one who reads well reads at once.
const GULP: usize = 1 << 16;
/// How long one may take to read on.
const PATIENCE: Duration = Duration::from_secs(60);

/// How somebody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// All there is, at once.
    Well,
    /// Nothing at all.
    Still,
    /// So many bytes a second.
    Trickle(usize),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Reader {
    name: &'static str,
    key: u64,
    welcome: Welcome,
    address: SocketAddr,
    server: SocketAddr,
    on: Sender<u64>,
    thread: JoinHandle<Result<Guest, Failure>>,
}

impl Reader {
    /// Somebody with a key of his own who joins and reads in this manner.
    pub(super) fn start(
        server: SocketAddr,
        name: &'static str,
        key: u64,
        manner: Manner,
    ) -> Result<Reader, Failure> {
        let buffer = match manner {
            Manner::Well => None,
            Manner::Still => Some(NARROW),
            // As much as it reads in a quarter of a second.
            Manner::Trickle(rate) => Some(NARROW.max(rate / 4)),
        };
        let (guest, welcome) = Guest::enter(server, login_of(name, key, 1, None), buffer)?;
        let address = guest.address()?;
        let (on, told) = mpsc::channel();
        let thread = thread::spawn(move || read(guest, manner, &told));
        Ok(Reader {
            name,
            key,
            welcome,
            address,
            server,
            on,
            thread,
        })
    }

    /// Where the server sees it.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// It reads on, up to the event `head`, coming back if the server has ended its connection. What it heard in all,
    /// and how many events there were to hear.
    pub(super) fn read_on(self, head: u64) -> Result<(Heard, u64), Failure> {
        // A thread that has failed is not there to be told.
        let _ = self.on.send(head);
        let guest = self
            .thread
            .join()
            .map_err(|_| Failure::Foreign(format!("the reader {} panicked", self.name)))??;
        let due = head - self.welcome.start;
        if guest.cursor() >= head {
            return Ok((guest.heard, due));
        }
        let resume = Resume {
            epoch: self.welcome.epoch,
            since: guest.cursor(),
        };
        let login = login_of(self.name, self.key, 2, Some(resume));
        let (mut again, welcome) = Guest::enter(self.server, login, None)?;
        if welcome.start != guest.cursor() {
            let told = format!(
                "{} was at {} and goes on at {}",
                self.name,
                guest.cursor(),
                welcome.start
            );
            return Err(Failure::Foreign(told));
        }
        again.read_up_to(head, PATIENCE)?;
        let heard = Heard {
            events: guest.heard.events + again.heard.events,
            skipped: guest.heard.skipped + again.heard.skipped,
            bye: guest.heard.bye,
        };
        Ok((heard, due))
    }
}

/// Reads in this manner until it is told where the end is, and then up to that.
fn read(mut guest: Guest, manner: Manner, told: &Receiver<u64>) -> Result<Guest, Failure> {
    let mut drops = Drops::new();
    loop {
        match told.try_recv() {
            Ok(head) => {
                guest.widen()?;
                guest.read_up_to(head, PATIENCE)?;
                return Ok(guest);
            }
            Err(TryRecvError::Disconnected) => return Ok(guest),
            Err(TryRecvError::Empty) => {}
        }
        let more = match manner {
            Manner::Well => guest.read(GULP)?,
            Manner::Still => {
                thread::sleep(DROP);
                Some(0)
            }
            Manner::Trickle(rate) => {
                thread::sleep(DROP);
                let due = drops.due(rate);
                let taken = guest.read(due.min(GULP))?;
                drops.taken(taken.unwrap_or(0), due);
                taken
            }
        };
        if more.is_none() {
            return Ok(guest);
        }
    }
}

/// Keeps a rate whatever the machine does to the sleeps between.
struct Drops {
    clock: Clock,
    /// What could have been read until now.
    all: usize,
}

impl Drops {
    fn new() -> Drops {
        Drops {
            clock: Clock::start(),
            all: 0,
        }
    }

    /// How many bytes may be read now; at least one, since to read none says nothing.
    fn due(&self, rate: usize) -> usize {
        let gone = self.clock.now().since_origin().as_secs_f64();
        ((gone * rate as f64) as usize)
            .saturating_sub(self.all)
            .max(1)
    }

    /// What was not there to be read is not read later in its place.
    fn taken(&mut self, taken: usize, due: usize) {
        self.all += if taken < due.min(GULP) { due } else { taken };
    }
}
