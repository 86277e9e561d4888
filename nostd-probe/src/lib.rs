//! A freestanding library around `parlance-proto`. It is built, never run: a crate below that needs
//! std would bring a second panic handler, and the build would fail (`.ci/nostd-control` shows it).
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

use parlance_proto::client::{self, Client, ClientConfig};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::server::{Action, Config, Origin, Server, Transmit};
use parlance_proto::time::Instant;
use parlance_proto::wire::{Decoder, decode, encode};

struct NoMemory;

// SAFETY: it never hands out memory, so there is nothing to misuse.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Takes frames apart, decodes each message and encodes it again: the bytes that came out.
///
/// # Safety
/// `bytes` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn probe_wire(bytes: *const u8, len: usize) -> usize {
    // SAFETY: the caller promises it.
    let mut input = unsafe { core::slice::from_raw_parts(bytes, len) };
    let mut decoder = Decoder::default();
    let mut out = 0;
    while let Ok(Some(body)) = decoder.next(&mut input, 1024) {
        let again = decode(body).ok().and_then(|message| encode(&message).ok());
        out += again.map_or(0, |body| body.len());
    }
    out
}

/// Gives the bytes to a server as one connection's, with a log that keeps at once whatever is
/// proposed: how many bytes it answers.
///
/// # Safety
/// `bytes` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn probe_server(bytes: *const u8, len: usize) -> usize {
    // SAFETY: the caller promises it.
    let input = unsafe { core::slice::from_raw_parts(bytes, len) };
    let now = Instant::from_millis(1);
    let mut server = Server::new(Config::default(), 1);
    let conn = server.accept(Origin::default(), now);
    server.receive(conn, input, now);
    let mut pos = 0;
    while let Some(action) = server.poll() {
        if let Action::Append {
            room,
            ticket,
            entry,
        } = action
        {
            pos += 1;
            server.appended(&room, pos, 0, &entry, Some(ticket), now);
        }
    }
    let mut answered = 0;
    while let Some(Transmit::Data(piece)) = server.poll_transmit(conn, now) {
        answered += piece.len();
    }
    if let Some(wake) = server.poll_timeout() {
        server.handle_timeout(wake.at);
    }
    answered
}

/// Gives the bytes to a client as its server's: how many bytes it sends.
///
/// # Safety
/// `bytes` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn probe_client(bytes: *const u8, len: usize) -> usize {
    // SAFETY: the caller promises it.
    let input = unsafe { core::slice::from_raw_parts(bytes, len) };
    let (Ok(name), Ok(room)) = (Name::parse("alice"), RoomName::parse("lobby")) else {
        return 0;
    };
    let config = ClientConfig {
        name,
        room,
        identity: None,
        history: 0,
        resume: None,
        proof: None,
        agent: None,
        reconnect: true,
    };
    let now = Instant::from_millis(1);
    let mut client = Client::new(config, 1, now);
    client.connected(now);
    client.receive(input, now);
    while client.poll().is_some() {}
    let mut sent = 0;
    while let Some(client::Transmit::Data(piece)) = client.poll_transmit(now) {
        sent += piece.len();
    }
    if let Some(wake) = client.poll_timeout() {
        client.handle_timeout(wake.at);
    }
    sent
}
