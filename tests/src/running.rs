//! A server in a process of its own that ends with its value.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use parlance::clock::Clock;
use parlance_proto::time::Instant;
use rustix::process::{Pid, Signal, kill_process};

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    /// Starts `parlance serve`, without a rate, and waits until it listens: at `listen`, with `flags` beside.
    ///
    /// # Errors
    ///
    /// It does not, and says why.
    pub fn parlance(parlance: &Path, listen: SocketAddr, flags: &[&str]) -> io::Result<Running> {
        let mut child = serve(parlance, listen, flags)?;
        let output = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Running::announced(child, output)
    }

    /// The same on a free port of this machine, and what it says while it runs, with the time by `clock`.
    ///
    /// # Errors
    ///
    /// As [`Running::parlance`].
    pub fn overheard(
        parlance: &Path,
        flags: &[&str],
        clock: Clock,
    ) -> io::Result<(Running, Receiver<(Instant, String)>)> {
        let mut child = serve(parlance, (Ipv4Addr::LOCALHOST, 0).into(), flags)?;
        let output = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (running, lines) = Running::begun(child, output)?;
        let (heard, overheard) = mpsc::channel();
        // It goes on reading when nobody listens any more, so that the server never waits.
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let _ = heard.send((clock.now(), line));
            }
        });
        Ok((running, overheard))
    }

    /// A server that prints where it listens as the last word of its first line.
    ///
    /// # Errors
    ///
    /// It prints something else.
    pub fn announced(child: Child, output: impl Read + Send + 'static) -> io::Result<Running> {
        let (running, mut lines) = Running::begun(child, output)?;
        // Whatever else it says is let through, so that it never waits for a reader.
        thread::spawn(move || io::copy(&mut lines, &mut io::stderr()));
        Ok(running)
    }

    fn begun<O: Read>(mut child: Child, output: O) -> io::Result<(Running, BufReader<O>)> {
        let mut lines = BufReader::new(output);
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
        Ok((Running::at(child, address), lines))
    }

    /// A server that is known to listen there.
    #[must_use]
    pub fn at(child: Child, address: SocketAddr) -> Running {
        Running { child, address }
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

    /// Ends it without a word.
    ///
    /// # Errors
    ///
    /// It has ended before.
    pub fn kill(&mut self) -> io::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            return Err(io::Error::other(format!("the server ended: {status}")));
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
            Err(io::Error::other(format!("the server ended: {status}")))
        }
    }
}

fn serve(parlance: &Path, listen: SocketAddr, flags: &[&str]) -> io::Result<Child> {
    let mut command = Command::new(parlance);
    command.args(["serve", "--listen", &listen.to_string()]);
    command.args(["--rate", "0", "--byte-rate", "0"]);
    command.args(flags).stderr(Stdio::piped()).spawn()
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
