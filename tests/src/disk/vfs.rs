//! The simulated disk as SQLite sees it: a file system registered under a name of its own.
//!
//! All `unsafe` of these crates' tests is here, and nothing else: what SQLite asks is handed to the safe [`Disk`], and
//! its answer handed back. There is one process, so locks are always granted; there is no shared memory, so a
//! database with a write-ahead log needs `locking_mode=EXCLUSIVE` before anything else is done with it.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fmt;
use std::mem;
use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rusqlite::ffi;

use super::{Disk, Fault, Handle, SECTOR};
use crate::sim::rng::Rng;

/// A file system that SQLite knows by [`name`](Drive::name), and the disk that is in it.
///
/// What a connection opens while a disk is in stays on that disk, whatever is put in later.
pub struct Drive {
    name: String,
    slot: &'static Slot,
    vfs: *mut ffi::sqlite3_vfs,
}

// SAFETY: `vfs` is only handed to SQLite, which guards its list of file systems by a mutex of its own; the slot has one.
unsafe impl Send for Drive {}
// SAFETY: as above; nothing is changed through `&Drive` but inside the slot's mutex.
unsafe impl Sync for Drive {}

struct Slot {
    disk: Mutex<Option<Disk>>,
    random: Mutex<Rng>,
}

/// What SQLite makes room for, for each file: its own part first.
#[repr(C)]
struct OpenFile {
    base: ffi::sqlite3_file,
    handle: *mut Handle,
}

impl Drive {
    /// A drive with `disk` in it.
    ///
    /// # Panics
    ///
    /// SQLite refused it, which it does only without memory.
    #[must_use]
    pub fn new(disk: Disk) -> Drive {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("parlance-disk-{number}");
        // A connection may outlive the drive and still asks its file system, so neither is ever given back: a few
        // hundred bytes for each test.
        let slot: &'static Slot = Box::leak(Box::new(Slot {
            disk: Mutex::new(Some(disk)),
            random: Mutex::new(Rng::new(number)),
        }));
        let c_name = CString::new(name.clone()).expect("no NUL in it").into_raw();
        let vfs = Box::into_raw(Box::new(file_system(c_name, slot)));
        // SAFETY: all that `vfs` points to lives for ever, and its methods are those below.
        let result = unsafe { ffi::sqlite3_vfs_register(vfs, 0) };
        assert_eq!(result, ffi::SQLITE_OK, "SQLite takes the file system");
        Drive { name, slot, vfs }
    }

    /// The name to open a connection with.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts another disk in.
    pub fn insert(&self, disk: Disk) {
        *lock(&self.slot.disk) = Some(disk);
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        *lock(&self.slot.disk) = None;
        // SAFETY: it was registered; SQLite only takes it out of its list.
        unsafe { ffi::sqlite3_vfs_unregister(self.vfs) };
    }
}

impl fmt::Debug for Drive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Drive").field(&self.name).finish()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn file_system(name: *const c_char, slot: &'static Slot) -> ffi::sqlite3_vfs {
    // SAFETY: a struct of numbers, pointers and optional functions: all zeroes is one without methods.
    let empty: ffi::sqlite3_vfs = unsafe { mem::zeroed() };
    ffi::sqlite3_vfs {
        iVersion: 1,
        szOsFile: size_of::<OpenFile>() as c_int,
        mxPathname: 512,
        zName: name,
        pAppData: ptr::from_ref(slot).cast_mut().cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: Some(last_error),
        ..empty
    }
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(grant),
    xUnlock: Some(grant),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

// Every function below is called by SQLite alone, by the rules of its documentation of `sqlite3_vfs` and
// `sqlite3_io_methods`: that is what each of the reasons leans on. A panic in one ends the process, since it cannot
// unwind through C.

/// The disk that is in the drive of this file system.
///
/// # Safety
///
/// `vfs` is one that [`Drive::new`] registered.
unsafe fn disk_of(vfs: *mut ffi::sqlite3_vfs) -> Option<Disk> {
    // SAFETY: its data is the slot, which lives for ever.
    let slot = unsafe { &*(*vfs).pAppData.cast::<Slot>() };
    lock(&slot.disk).clone()
}

/// The handle of an open file.
///
/// # Safety
///
/// `file` was opened by [`open`] and is not closed, and no other reference to its handle is kept.
unsafe fn handle_of<'a>(file: *mut ffi::sqlite3_file) -> &'a Handle {
    // SAFETY: `open` put a boxed handle there, and only `close` takes it away.
    unsafe { &*(*file.cast::<OpenFile>()).handle }
}

/// The last part of a path: the disk has one folder.
///
/// # Safety
///
/// `path` is a C string that lives as long as `'a`.
unsafe fn name_of<'a>(path: *const c_char) -> Option<&'a str> {
    // SAFETY: as asked for.
    let path = unsafe { CStr::from_ptr(path) }.to_str().ok()?;
    path.rsplit('/').next()
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let file = file.cast::<OpenFile>();
    // SAFETY: SQLite gives room for one `OpenFile`; without methods it does not call `close` for a failed open.
    unsafe { (*file).base.pMethods = ptr::null() };
    if path.is_null() {
        // A temporary file: the log keeps these in memory.
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: `vfs` is ours, and `path` a C string for the time of this call.
    let (disk, name) = unsafe { (disk_of(vfs), name_of(path)) };
    let (Some(disk), Some(name)) = (disk, name) else {
        return ffi::SQLITE_CANTOPEN;
    };
    match disk.open(name, flags & ffi::SQLITE_OPEN_CREATE != 0) {
        Ok(Some(handle)) => {
            // SAFETY: as above; `out_flags` is null or points to a number.
            unsafe {
                (*file).handle = Box::into_raw(Box::new(handle));
                (*file).base.pMethods = &raw const METHODS;
                if !out_flags.is_null() {
                    *out_flags = flags;
                }
            }
            ffi::SQLITE_OK
        }
        Ok(None) | Err(_) => ffi::SQLITE_CANTOPEN,
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `open` boxed the handle, and SQLite closes a file once.
    drop(unsafe { Box::from_raw((*file.cast::<OpenFile>()).handle) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: the file is open, and there is room for `amount` bytes, which SQLite has initialised or we do now.
    let (handle, into) = unsafe {
        ptr::write_bytes(into.cast::<u8>(), 0, amount as usize);
        (
            handle_of(file),
            slice::from_raw_parts_mut(into.cast::<u8>(), amount as usize),
        )
    };
    match handle.read(into, offset.cast_unsigned()) {
        Ok(count) if count == into.len() => ffi::SQLITE_OK,
        // The rest is to be zeroes, and is.
        Ok(_) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(_) => ffi::SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: the file is open, and `amount` bytes are there to be read.
    let (handle, bytes) = unsafe {
        (
            handle_of(file),
            slice::from_raw_parts(from.cast::<u8>(), amount as usize),
        )
    };
    match handle.write(bytes, offset.cast_unsigned()) {
        Ok(()) => ffi::SQLITE_OK,
        Err(Fault::Full | Fault::Short) => ffi::SQLITE_FULL,
        Err(Fault::Io | Fault::Lost) => ffi::SQLITE_IOERR_WRITE,
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: the file is open.
    let done = unsafe { handle_of(file) }.truncate(length.cast_unsigned());
    code(done, ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: the file is open.
    let done = unsafe { handle_of(file) }.sync();
    code(done, ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: the file is open, and `size` points to a number.
    unsafe {
        match handle_of(file).length() {
            Ok(length) => {
                *size = length.cast_signed();
                ffi::SQLITE_OK
            }
            Err(_) => ffi::SQLITE_IOERR_FSTAT,
        }
    }
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, path: *const c_char, sync: c_int) -> c_int {
    // SAFETY: `vfs` is ours, and `path` a C string for the time of this call.
    let (disk, name) = unsafe { (disk_of(vfs), name_of(path)) };
    let (Some(disk), Some(name)) = (disk, name) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    match disk.delete(name, sync != 0) {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_DELETE_NOENT,
        Err(_) => ffi::SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    _flags: c_int,
    result: *mut c_int,
) -> c_int {
    // SAFETY: `vfs` is ours, and `path` a C string for the time of this call.
    let (disk, name) = unsafe { (disk_of(vfs), name_of(path)) };
    let (Some(disk), Some(name)) = (disk, name) else {
        return ffi::SQLITE_IOERR_ACCESS;
    };
    match disk.exists(name) {
        Ok(there) => {
            // SAFETY: it points to a number.
            unsafe { *result = there.into() };
            ffi::SQLITE_OK
        }
        Err(_) => ffi::SQLITE_IOERR_ACCESS,
    }
}

unsafe extern "C" fn full_pathname(
    _vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: `path` is a C string for the time of this call.
    let path = unsafe { CStr::from_ptr(path) }.to_bytes_with_nul();
    if path.len() > room as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: there is room for `room` bytes at `out`, which is SQLite's own and no part of `path`.
    unsafe { ptr::copy_nonoverlapping(path.as_ptr(), out.cast::<u8>(), path.len()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(
    vfs: *mut ffi::sqlite3_vfs,
    amount: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: `vfs` is ours and its slot lives for ever; there is room for `amount` bytes, initialised here.
    let (slot, out) = unsafe {
        ptr::write_bytes(out.cast::<u8>(), 0, amount as usize);
        let slot = &*(*vfs).pAppData.cast::<Slot>();
        (
            slot,
            slice::from_raw_parts_mut(out.cast::<u8>(), amount as usize),
        )
    };
    let mut random = lock(&slot.random);
    for piece in out.chunks_mut(8) {
        piece.copy_from_slice(&random.word().to_le_bytes()[..piece.len()]);
    }
    amount
}

unsafe extern "C" fn sleep(_vfs: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn current_time(_vfs: *mut ffi::sqlite3_vfs, days: *mut f64) -> c_int {
    // SAFETY: it points to a number.
    unsafe { *days = 2_461_000.5 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn last_error(
    _vfs: *mut ffi::sqlite3_vfs,
    _room: c_int,
    _out: *mut c_char,
) -> c_int {
    0
}

unsafe extern "C" fn grant(_file: *mut ffi::sqlite3_file, _level: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(
    _file: *mut ffi::sqlite3_file,
    result: *mut c_int,
) -> c_int {
    // SAFETY: it points to a number.
    unsafe { *result = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(
    _file: *mut ffi::sqlite3_file,
    _operation: c_int,
    _argument: *mut c_void,
) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_file: *mut ffi::sqlite3_file) -> c_int {
    SECTOR as c_int
}

unsafe extern "C" fn characteristics(_file: *mut ffi::sqlite3_file) -> c_int {
    // A sector that is written leaves its neighbours alone, as SQLite assumes of any disk of today.
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

fn code(done: Result<(), Fault>, failed: c_int) -> c_int {
    if done.is_ok() { ffi::SQLITE_OK } else { failed }
}
