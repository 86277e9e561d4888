//! What a disk can be told to fail at.

use std::fmt;
use std::io;

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The device failed (`EIO`).
    Io,
    /// There is no space (`ENOSPC`): nothing was written. Only a write, and an open that makes a file, can meet it.
    Full,
    /// There is no space, and a part was written. Only a write can meet it.
    Short,
    /// The device failed, and what the sync was for is no longer to be written: it is read as if nothing had happened
    /// as long as the machine runs, a later sync says that all is well, and the power takes it all the same. So does
    /// Linux with the pages of a file whose write back failed. Only a sync can meet it.
    Lost,
}

/// What a program can ask of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Opening a file that is there, or looking whether it is.
    Open,
    /// Making a file.
    Create,
    /// Looking whether there is a file.
    Access,
    /// Reading.
    Read,
    /// Asking for the length of a file.
    Length,
    /// Writing.
    Write,
    /// Setting the length of a file.
    Truncate,
    /// Syncing a file.
    Sync,
    /// Deleting a file, and syncing the folder if that is asked for.
    Delete,
}

/// Which call is to fail, counted from the first after the plan was made, which is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The number of the call.
    pub call: u64,
    /// Whether all calls after it fail too.
    pub lasting: bool,
    /// How it fails, if it is one that can fail so.
    pub fault: Fault,
}

impl Fault {
    /// Whether this kind of call can fail so.
    #[must_use]
    pub fn can_meet(self, call: Call) -> bool {
        match self {
            Fault::Io => true,
            Fault::Full => matches!(call, Call::Write | Call::Create),
            Fault::Short => call == Call::Write,
            Fault::Lost => call == Call::Sync,
        }
    }
}

impl Plan {
    pub(super) fn fault(self, number: u64, call: Call) -> Option<Fault> {
        let is_its_turn = number == self.call || (self.lasting && number > self.call);
        (is_its_turn && self.fault.can_meet(call)).then_some(self.fault)
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Io | Fault::Lost => "the simulated disk failed",
            Fault::Full | Fault::Short => "the simulated disk is full",
        })
    }
}

impl From<Fault> for io::Error {
    fn from(fault: Fault) -> Self {
        let kind = match fault {
            Fault::Io | Fault::Lost => io::ErrorKind::Other,
            Fault::Full | Fault::Short => io::ErrorKind::StorageFull,
        };
        io::Error::new(kind, fault)
    }
}
