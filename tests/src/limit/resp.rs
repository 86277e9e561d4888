//! Redis's protocol, version 3: one connection subscribes and publishes.

use parlance::load::ledger::Ledger;
use parlance::load::mark::Mark;
use parlance::load::{Dialect, LoadError};
use parlance_proto::time::Instant;

const HELLO: &[u8] = b"HELLO 3\r\nSUBSCRIBE load\r\n";
const SUBSCRIBED: &[u8] = b">3\r\n$9\r\nsubscribe\r\n$4\r\nload\r\n:1\r\n";

/// See the module.
#[derive(Debug)]
pub struct Resp {
    subscribed: Vec<bool>,
    joined: usize,
    /// What stands before each text that is pushed.
    push: Vec<u8>,
    size: usize,
}

impl Resp {
    /// For so many members and texts of so many bytes.
    #[must_use]
    pub fn new(clients: usize, size: usize) -> Resp {
        Resp {
            subscribed: vec![false; clients],
            joined: 0,
            push: format!(">3\r\n$7\r\nmessage\r\n$4\r\nload\r\n${size}\r\n").into_bytes(),
            size,
        }
    }
}

impl Dialect for Resp {
    fn hello(&mut self, _member: usize) -> Vec<u8> {
        HELLO.to_vec()
    }

    fn joined(&self) -> usize {
        self.joined
    }

    fn say(&mut self, _sender: usize, text: &[u8], out: &mut Vec<u8>) {
        let size = self.size.to_string();
        out.extend_from_slice(b"*3\r\n$7\r\nPUBLISH\r\n$4\r\nload\r\n$");
        out.extend_from_slice(size.as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(text);
        out.extend_from_slice(b"\r\n");
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
        if !self.subscribed[member] {
            let Some(place) = find(rest, SUBSCRIBED) else {
                return Ok(0);
            };
            self.subscribed[member] = true;
            self.joined += 1;
            rest = &rest[place + SUBSCRIBED.len()..];
        }
        loop {
            if let Some(text) = rest.strip_prefix(self.push.as_slice()) {
                let Some((text, behind)) = text.split_at_checked(self.size + 2) else {
                    break;
                };
                let mark = Mark::read(&text[..self.size]).ok_or(LoadError::Foreign)?;
                ledger.heard(member, mark, now);
                rest = behind;
            } else if rest.first() == Some(&b':') {
                // How many have got what this one has published.
                let Some(end) = find(rest, b"\r\n") else {
                    break;
                };
                rest = &rest[end + 2..];
            } else if rest.len() < self.push.len() && self.push.starts_with(rest) {
                break;
            } else {
                return Err(LoadError::Foreign);
            }
        }
        Ok(bytes.len() - rest.len())
    }

    fn finish(&mut self, _ledger: &mut Ledger) {}
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
