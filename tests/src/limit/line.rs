//! What the bare loop is spoken to in: a text and a newline.

use parlance::load::ledger::Ledger;
use parlance::load::mark::Mark;
use parlance::load::{Dialect, LoadError};
use parlance_proto::time::Instant;

use super::bare::GREETING;

/// See the module.
#[derive(Debug)]
pub struct Lines {
    greeted: Vec<bool>,
    joined: usize,
}

impl Lines {
    /// For so many members.
    #[must_use]
    pub fn new(clients: usize) -> Lines {
        Lines {
            greeted: vec![false; clients],
            joined: 0,
        }
    }
}

impl Dialect for Lines {
    fn hello(&mut self, _member: usize) -> Vec<u8> {
        Vec::new()
    }

    fn joined(&self) -> usize {
        self.joined
    }

    fn say(&mut self, _sender: usize, text: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(text);
        out.push(b'\n');
    }

    fn take(
        &mut self,
        member: usize,
        bytes: &[u8],
        now: Instant,
        ledger: &mut Ledger,
        _out: &mut Vec<u8>,
    ) -> Result<usize, LoadError> {
        let mut rest = bytes;
        if !self.greeted[member] {
            let Some(behind) = rest.strip_prefix(GREETING) else {
                return Ok(0);
            };
            self.greeted[member] = true;
            self.joined += 1;
            rest = behind;
        }
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let mark = Mark::read(&rest[..end]).ok_or(LoadError::Foreign)?;
            ledger.heard(member, mark, now);
            rest = &rest[end + 1..];
        }
        Ok(bytes.len() - rest.len())
    }

    fn finish(&mut self, _ledger: &mut Ledger) {}
}
