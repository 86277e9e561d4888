//! The limit: reads all there is, and sends it to everybody in one call.
//!
//! It knows nothing of members or messages but that a line is not to be torn, keeps nothing, checks nothing and
//! refuses nothing. What a server does beyond this is what it costs.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};

/// What is said to each who comes, so that he knows when he will hear everything.
pub const GREETING: &[u8] = b"+\n";

const LISTENER: u64 = u64::MAX;
const BUFFER: usize = 256 * 1024;
/// What is gathered before it is sent, whatever else there is to read.
const MOST: usize = 64 * 1024;

struct Conn {
    socket: TcpStream,
    /// A line whose end has not come.
    torn: Vec<u8>,
    /// What the socket did not take.
    left: Vec<u8>,
}

/// Serves for ever on a free port of this machine, which it prints.
///
/// # Errors
///
/// A system call failed.
pub fn serve() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    println!("{}", listener.local_addr()?);
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(
        &epoll,
        &listener,
        EventData::new_u64(LISTENER),
        EventFlags::IN,
    )?;
    let mut conns: Vec<Option<Conn>> = Vec::new();
    let mut events = Vec::with_capacity(1024);
    let mut buffer = vec![0; BUFFER];
    let mut batch = Vec::new();
    let at_once = Timespec::default();
    loop {
        // All there is: also what has come while that was read.
        let wait = (!batch.is_empty()).then_some(&at_once);
        events.clear();
        epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut events), wait)?;
        for event in &events {
            if event.data.u64() == LISTENER {
                accept(&listener, &epoll, &mut conns)?;
                continue;
            }
            let index = event.data.u64() as usize;
            let Some(conn) = conns[index].as_mut() else {
                continue;
            };
            let flags = event.flags;
            let done = (flags.contains(EventFlags::OUT))
                .then(|| flush(conn, &epoll, index))
                .transpose()
                .and_then(|_| read(conn, &mut buffer, &mut batch));
            if done.is_err() {
                conns[index] = None;
            }
        }
        if batch.is_empty() || (!events.is_empty() && batch.len() < MOST) {
            continue;
        }
        for (index, slot) in conns.iter_mut().enumerate() {
            if let Some(conn) = slot
                && send(conn, &batch, &epoll, index).is_err()
            {
                *slot = None;
            }
        }
        batch.clear();
    }
}

fn accept(
    listener: &TcpListener,
    epoll: &OwnedFd,
    conns: &mut Vec<Option<Conn>>,
) -> io::Result<()> {
    loop {
        let mut socket = match listener.accept() {
            Ok((socket, _)) => socket,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let data = EventData::new_u64(conns.len() as u64);
        epoll::add(epoll, &socket, data, EventFlags::IN)?;
        socket.write_all(GREETING)?;
        conns.push(Some(Conn {
            socket,
            torn: Vec::new(),
            left: Vec::new(),
        }));
    }
}

fn read(conn: &mut Conn, buffer: &mut [u8], batch: &mut Vec<u8>) -> io::Result<()> {
    loop {
        match conn.socket.read(buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                let bytes = &buffer[..count];
                let lines = bytes
                    .iter()
                    .rposition(|&byte| byte == b'\n')
                    .map_or(0, |end| end + 1);
                if lines > 0 {
                    batch.append(&mut conn.torn);
                }
                batch.extend_from_slice(&bytes[..lines]);
                conn.torn.extend_from_slice(&bytes[lines..]);
                if count < buffer.len() {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn send(conn: &mut Conn, batch: &[u8], epoll: &OwnedFd, index: usize) -> io::Result<()> {
    let sent = if conn.left.is_empty() {
        write(conn, batch)?
    } else {
        0
    };
    if sent < batch.len() {
        if conn.left.is_empty() {
            watch(conn, epoll, index, EventFlags::IN | EventFlags::OUT)?;
        }
        conn.left.extend_from_slice(&batch[sent..]);
    }
    Ok(())
}

fn flush(conn: &mut Conn, epoll: &OwnedFd, index: usize) -> io::Result<()> {
    let mut left = std::mem::take(&mut conn.left);
    let sent = write(conn, &left)?;
    left.drain(..sent);
    conn.left = left;
    if conn.left.is_empty() {
        watch(conn, epoll, index, EventFlags::IN)?;
    }
    Ok(())
}

fn watch(conn: &Conn, epoll: &OwnedFd, index: usize, flags: EventFlags) -> io::Result<()> {
    Ok(epoll::modify(
        epoll,
        &conn.socket,
        EventData::new_u64(index as u64),
        flags,
    )?)
}

fn write(conn: &mut Conn, bytes: &[u8]) -> io::Result<usize> {
    match conn.socket.write(bytes) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        written => written,
    }
}
