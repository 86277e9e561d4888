//! A server in a process of its own, on a free port of this machine, that ends with its value.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

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

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    ///
    /// It does not.
    pub fn start(kind: &Kind) -> io::Result<Running> {
        match kind {
            Kind::Bare(path) => {
                let child = Command::new(path)
                    .arg("bare")
                    .stdout(Stdio::piped())
                    .spawn()?;
                Running::announced(child, |child| {
                    Ok(Box::new(child.stdout.take().ok_or_else(none)?))
                })
            }
            Kind::Parlance(path) => {
                let serve = [
                    "serve",
                    "--listen",
                    "127.0.0.1:0",
                    "--rate",
                    "0",
                    "--byte-rate",
                    "0",
                ];
                let child = Command::new(path)
                    .args(serve)
                    .stderr(Stdio::piped())
                    .spawn()?;
                Running::announced(child, |child| {
                    Ok(Box::new(child.stderr.take().ok_or_else(none)?))
                })
            }
            Kind::Redis => redis(),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// It prints where it listens as the last word of its first line.
    fn announced(
        mut child: Child,
        output: impl FnOnce(&mut Child) -> io::Result<Box<dyn Read + Send>>,
    ) -> io::Result<Running> {
        let mut lines = BufReader::new(output(&mut child)?);
        let mut line = String::new();
        lines.read_line(&mut line)?;
        let address = line
            .split_whitespace()
            .last()
            .and_then(|word| word.parse().ok());
        let Some(address) = address else {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::other(line));
        };
        // Whatever else it says is let through, so that it never waits for a reader.
        thread::spawn(move || io::copy(&mut lines, &mut io::stderr()));
        Ok(Running { child, address })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn none() -> io::Error {
    io::Error::other("no output")
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
    let running = Running { child, address };
    for _ in 0..100 {
        if TcpStream::connect(address).is_ok() {
            return Ok(running);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(io::Error::other("redis-server does not listen"))
}
