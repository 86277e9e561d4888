//! The protocol as the load generator needs it.

use parlance_proto::time::Instant;

use super::LoadError;
use super::ledger::Ledger;

/// How to join, to say something, and to find in the bytes of a member what was said.
pub trait Dialect {
    /// What a member sends first.
    fn hello(&mut self, member: usize) -> Vec<u8>;

    /// How many members have been let in.
    fn joined(&self) -> usize;

    /// Appends to `out` the next message of `sender`.
    fn say(&mut self, sender: usize, text: &[u8], out: &mut Vec<u8>);

    /// Takes whole frames from what a member has got, tells the ledger of each that was said, and gives how many bytes
    /// they were. What it has to answer is appended to `out`.
    ///
    /// # Errors
    ///
    /// The bytes are not this protocol, or the server refuses.
    fn take(
        &mut self,
        member: usize,
        bytes: &[u8],
        now: Instant,
        ledger: &mut Ledger,
        out: &mut Vec<u8>,
    ) -> Result<usize, LoadError>;

    /// All that was sent should have arrived: tells the ledger what a member lacks by the protocol's own numbers.
    fn finish(&mut self, ledger: &mut Ledger);
}
