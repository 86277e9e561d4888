//! A server over a log on disk, in a process of its own.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

/// A server that runs; it is killed with its value.
#[derive(Debug)]
pub struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    /// Starts the program at `parlance` and waits until it listens: at `address`, or at a free port.
    ///
    /// # Errors
    ///
    /// It does not, and says why.
    pub fn start(
        parlance: &Path,
        folder: &Path,
        address: Option<SocketAddr>,
    ) -> io::Result<Running> {
        let listen = address.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let mut child = Command::new(parlance)
            .args([
                "serve",
                "--listen",
                &listen.to_string(),
                "--rate",
                "0",
                "--byte-rate",
                "0",
            ])
            .args(["--grace", "10m", "--data"])
            .arg(folder)
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut stderr = BufReader::new(stderr);
        let mut said = String::new();
        stderr.read_line(&mut said)?;
        let told = said
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .next();
        let Some(address) = told else {
            stderr.read_to_string(&mut said)?;
            child.wait()?;
            return Err(io::Error::other(format!(
                "the server did not start: {said}"
            )));
        };
        // A server whose stderr is full stands still.
        thread::spawn(move || io::copy(&mut stderr, &mut io::sink()));
        Ok(Running { child, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it without a word.
    ///
    /// # Errors
    ///
    /// It has ended before.
    pub fn kill(&mut self) -> io::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            return Err(io::Error::other(format!(
                "the server ended by itself: {status}"
            )));
        }
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    ///
    /// It ended with another status than 0.
    pub fn end(mut self) -> io::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.child.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other(format!("the server ended with {status}")))
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
