//! The servers that are compared.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::running::Running;

/// Which server.
#[derive(Clone, Debug)]
pub enum Kind {
    /// The bare loop: this program again, told to be it.
    Bare(PathBuf),
    /// The program at this path.
    Parlance(PathBuf),
    /// The `redis-server` that is installed.
    Redis,
}

impl Kind {
    /// As the tables call it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Kind::Bare(_) => "limit".to_owned(),
            // Several builds can be compared.
            Kind::Parlance(path) => path.file_stem().unwrap_or_default().display().to_string(),
            Kind::Redis => "redis".to_owned(),
        }
    }
}

/// Starts it, on a free port of this machine, and waits until it listens.
///
/// # Errors
///
/// It does not.
pub fn start(kind: &Kind) -> io::Result<Running> {
    match kind {
        Kind::Bare(path) => {
            let mut child = Command::new(path)
                .arg("bare")
                .stdout(Stdio::piped())
                .spawn()?;
            let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
            Running::announced(child, output)
        }
        Kind::Parlance(path) => Running::parlance(path, (Ipv4Addr::LOCALHOST, 0).into(), &[]),
        Kind::Redis => redis(),
    }
}

fn redis() -> io::Result<Running> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = free.local_addr()?;
    drop(free);
    let port = address.port().to_string();
    let child = Command::new("redis-server")
        .args(["--port", &port, "--bind", "127.0.0.1", "--io-threads", "1"])
        .args([
            "--save",
            "",
            "--appendonly",
            "no",
            "--maxclients",
            "20000",
            "--loglevel",
            "warning",
        ])
        .args(["--client-output-buffer-limit", "pubsub", "0", "0", "0"])
        .stdout(Stdio::null())
        .spawn()?;
    let running = Running::at(child, address);
    for _ in 0..100 {
        if TcpStream::connect(address).is_ok() {
            return Ok(running);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(io::Error::other("redis-server does not listen"))
}
