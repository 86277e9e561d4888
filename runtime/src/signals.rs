//! The signals that ask for an end, SIGINT and SIGTERM, and the one that asks to read files again, SIGHUP.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Which signal came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// SIGINT: the person pressed Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// Hears them. From its making on they no longer end the program by themselves.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// To be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// The system does not let us.
    pub fn new() -> io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one. Safe to cancel.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.terminate.recv() => Asked::Terminate,
        }
    }
}

/// Hears SIGHUP, which from its making on no longer ends the program.
#[derive(Debug)]
pub struct Hangups(Signal);

impl Hangups {
    /// To be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// The system does not let us.
    pub fn new() -> io::Result<Hangups> {
        signal(SignalKind::hangup()).map(Hangups)
    }

    /// Waits for the next one. Safe to cancel.
    pub async fn next(&mut self) {
        self.0.recv().await;
    }
}
