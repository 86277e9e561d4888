//! The client machine as WASM, without bindings: numbers go in and out, and bytes through one buffer
//! of the module's memory. `chat.mjs` beside it is the driver.
//!
//! Every call but `buffer` takes the time in milliseconds. Where a call takes or gives bytes, they
//! are in the buffer: the caller asks for it with `buffer(length)`, writes there, and says how many.

use std::sync::{Mutex, MutexGuard, PoisonError};

use parlance_proto::client::{Action, Client, ClientConfig};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::{Transmit, wire::SayKind};

static STATE: Mutex<(Option<Client>, Vec<u8>)> = Mutex::new((None, Vec::new()));

fn state() -> MutexGuard<'static, (Option<Client>, Vec<u8>)> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has `feed` done to the client with what is in the buffer; whether it went well.
fn with(now: f64, feed: impl FnOnce(&mut Client, &[u8], Instant) -> Option<()>) -> bool {
    let (client, buffer) = &mut *state();
    let client = client.as_mut();
    client.is_some_and(|client| feed(client, buffer, Instant::from_millis(now as u64)).is_some())
}

/// Makes room in the buffer for so many bytes, and says where it is.
#[unsafe(no_mangle)]
pub extern "C" fn buffer(length: usize) -> *const u8 {
    let (_, buffer) = &mut *state();
    buffer.resize(length, 0);
    buffer.as_ptr()
}

/// Makes the client; its name is in the buffer. `seed` is drawn anew for each.
#[unsafe(no_mangle)]
pub extern "C" fn begin(seed: u64, now: f64) -> bool {
    let (client, buffer) = &mut *state();
    *client = str::from_utf8(buffer).ok().and_then(|name| Name::parse(name).ok()).map(|name| {
        let config = ClientConfig { history: 100, ..ClientConfig::new(name, RoomName::lobby()) };
        Client::new(config, seed, Instant::from_millis(now as u64))
    });
    client.is_some()
}

/// The link: 0, it is open; 1, it could not be opened; 2, it has ended; 3, bytes came.
#[unsafe(no_mangle)]
pub extern "C" fn link(what: u32, now: f64) {
    with(now, |client, bytes, now| {
        match what {
            0 => client.connected(now),
            1 => client.connect_failed(now),
            2 => client.receive_eof(now),
            _ => client.receive(bytes, now),
        }
        Some(())
    });
}

/// A line was typed: what is said, `/nick NAME` or `/quit`. Whether it was taken.
#[unsafe(no_mangle)]
pub extern "C" fn typed(now: f64) -> bool {
    with(now, |client, line, now| {
        let line = str::from_utf8(line).ok()?;
        match (line, line.strip_prefix("/nick ")) {
            ("/quit", _) => client.quit(None, now),
            (_, Some(name)) => _ = client.nick(Name::parse(name).ok()?, now).ok()?,
            (text, None) => _ = client.say(SayKind::Say, None, Text::parse(text).ok()?, now).ok()?,
        }
        Some(())
    })
}

/// Does what is due.
#[unsafe(no_mangle)]
pub extern "C" fn timeout(now: f64) {
    with(now, |client, _, now| {
        client.handle_timeout(now);
        Some(())
    });
}

/// When `timeout` is wanted, in milliseconds; negative: never.
#[unsafe(no_mangle)]
pub extern "C" fn deadline() -> f64 {
    let wake = state().0.as_ref().and_then(Client::poll_timeout);
    wake.map_or(-1.0, |wake| wake.at.as_millis() as f64)
}

/// The next thing to do: 0, nothing; 1, open a link; 2, drop the link; 3, print what is in the buffer;
/// 4, the same, and it is over; 5, nothing to be done. The length is in the upper half.
#[unsafe(no_mangle)]
pub extern "C" fn poll() -> u64 {
    let (client, buffer) = &mut *state();
    let (kind, line) = match client.as_mut().and_then(Client::poll) {
        None => (0, String::new()),
        Some(Action::Connect) => (1, String::new()),
        Some(Action::Close) => (2, String::new()),
        Some(Action::Event(event)) => (3, format!("{event:?}")),
        Some(Action::Ended { reason }) => (4, format!("ended: {reason}")),
        Some(_) => (5, String::new()),
    };
    *buffer = line.into_bytes();
    (buffer.len() as u64) << 32 | kind
}

/// Puts what is to be written into the buffer, and says how much that is; none: nothing.
#[unsafe(no_mangle)]
pub extern "C" fn transmit(now: f64) -> usize {
    let (client, buffer) = &mut *state();
    let now = Instant::from_millis(now as u64);
    match client.as_mut().and_then(|client| client.poll_transmit(now)) {
        Some(Transmit::Data(bytes)) => *buffer = bytes.to_vec(),
        // The socket is about to be dropped, which does as well.
        Some(Transmit::Shutdown) | None => buffer.clear(),
    }
    buffer.len()
}
