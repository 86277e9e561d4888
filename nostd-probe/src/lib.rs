//! A freestanding library around `parlance-proto`. It is built, never run: a crate below that needs
//! std would bring a second panic handler, and the build would fail (`.ci/nostd-control` shows it).
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

use parlance_proto::wire::{decode, encode};

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

/// Decodes a message and encodes it again; its length, or 0.
///
/// # Safety
/// `bytes` points to `len` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn probe_wire(bytes: *const u8, len: usize) -> usize {
    // SAFETY: the caller promises it.
    let body = unsafe { core::slice::from_raw_parts(bytes, len) };
    decode(body)
        .ok()
        .and_then(|message| encode(&message).ok())
        .map_or(0, |out| out.len())
}
