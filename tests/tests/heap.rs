//! What an idle member costs: at most 2 KiB of heap, with its task, its socket's state and its line in the roster.
#![cfg(feature = "load")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use parlance::load::{self, Options, Pace, Progress, Spec};
use parlance::server::{self, Access, DoorOptions, LogOptions, Peer, Watch};
use parlance_proto::close::CloseReason;
use parlance_proto::name::RoomName;
use parlance_proto::server::Config;

const MEMBERS: usize = 5_000;
const ALLOWED: isize = 2_048;

/// Counts what the server's thread holds: what it allocates, less what it frees.
struct Counting;

static HELD: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

fn count(bytes: isize) {
    if COUNTED.try_with(Cell::get).unwrap_or(false) {
        HELD.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[allow(unsafe_code, reason = "an allocator is unsafe to write")]
// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn an_idle_member_takes_at_most_two_kibibytes() {
    parlance::files::raise_limit();
    let (told, address) = mpsc::channel();
    thread::spawn(move || serve(told));
    let server = address.recv_timeout(Duration::from_secs(10)).unwrap();
    let before = HELD.load(Ordering::Relaxed);
    let options = Options {
        server,
        clients: MEMBERS,
        senders: 1,
        // Nothing is said but at the very beginning.
        pace: Pace::Rate(1.0),
        size: 64,
        duration: Duration::from_millis(100),
        warm_up: Duration::ZERO,
        patience: load::PATIENCE,
        server_pid: None,
    };
    let spec = Spec::new(RoomName::lobby(), 1, MEMBERS);
    let mut held = 0;
    let figures = load::run(&options, spec, &mut |progress| {
        if let Progress::Joining(MEMBERS) = progress {
            held = HELD.load(Ordering::Relaxed) - before;
        }
    })
    .unwrap();
    assert!(figures.is_right());
    let each = held / MEMBERS.cast_signed();
    println!("{each} bytes a member");
    assert!((100..=ALLOWED).contains(&each), "{each} bytes a member");
}

fn serve(told: mpsc::Sender<SocketAddr>) {
    COUNTED.set(true);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let options = server::Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        config: Config::default(),
        log: LogOptions::Memory { bound: 1 << 20 },
        door: DoorOptions::default(),
        key: None,
        admins: None,
        seed_wire: false,
        access: Access::Open,
    };
    let watch = Rc::new(Quiet(RefCell::new(told)));
    let never = async || std::future::pending().await;
    runtime
        .block_on(server::serve(options, watch, never, never))
        .unwrap();
}

struct Quiet(RefCell<mpsc::Sender<SocketAddr>>);

impl Watch for Quiet {
    fn listening(&self, address: SocketAddr) {
        self.0.borrow().send(address).unwrap();
    }
    fn accepted(&self, _peer: Peer) {}
    fn closed(&self, _peer: Peer, _reason: &CloseReason) {}
    fn accept_waits(&self, _error: &io::Error, _wait: Duration) {}
}
