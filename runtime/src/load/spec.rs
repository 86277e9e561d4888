//! SPEC.md as the load generator speaks it: guests, and no more of a frame than its number and its text.

use bytes::BytesMut;
use parlance_proto::name::RoomName;
use parlance_proto::time::Instant;
use parlance_proto::wire::{Login, Message, Pong, VERSION, decode, encode_frame};

use super::ledger::Ledger;
use super::mark::Mark;
use super::{Dialect, LoadError};

/// Bytes of a length.
const LENGTH: usize = 4;
/// Where an event's number stands in its frame, behind the tag: the length, the array's head, the text's head.
const TAG: usize = LENGTH + 2;
/// The beginning of the body of a `SAID`.
const SAID: &[u8] = b"\x8a\x64SAID";
/// The tags of other events, and of what is no event but may come in between.
const EVENTS: [&[u8]; 5] = [b"JOINED", b"LEFT", b"RENAMED", b"TITLED", b"MODDED"];

/// See the module.
#[derive(Debug)]
pub struct Spec {
    room: RoomName,
    /// Distinguishes the names of one run from those of another in the same room.
    run: u32,
    /// The newest event of each member, once it is in.
    cursors: Vec<Option<u64>>,
    joined: usize,
    /// The newest line of each sender.
    lines: Vec<u64>,
}

impl Spec {
    /// A run with `clients` members in `room`; `run` stands in their names.
    #[must_use]
    pub fn new(room: RoomName, run: u32, clients: usize) -> Spec {
        Spec {
            room,
            run,
            cursors: vec![None; clients],
            joined: 0,
            lines: vec![0; clients],
        }
    }

    /// An event: its number is the next one, or something is amiss.
    fn number(&mut self, member: usize, seq: u64, ledger: &mut Ledger) -> Result<bool, LoadError> {
        let cursor = self.cursors[member].as_mut().ok_or(LoadError::Foreign)?;
        if seq != *cursor + 1 {
            if seq <= *cursor {
                ledger.again();
                return Ok(false);
            }
            ledger.leapt(seq - *cursor - 1);
        }
        *cursor = seq;
        Ok(true)
    }

    fn other(
        &mut self,
        member: usize,
        body: &[u8],
        ledger: &mut Ledger,
        out: &mut Vec<u8>,
    ) -> Result<(), LoadError> {
        if let Some(rest) = EVENTS.iter().find_map(|tag| body[2..].strip_prefix(*tag)) {
            let seq = uint(rest).ok_or(LoadError::Foreign)?;
            return self.number(member, seq, ledger).map(|_| ());
        }
        match decode(body).map_err(|_| LoadError::Foreign)? {
            Message::Client(welcome) if self.cursors[member].is_none() => {
                self.cursors[member] = Some(welcome.start);
                self.joined += 1;
                Ok(())
            }
            Message::Gap(gap) => {
                ledger.leapt(gap.to + 1 - gap.from);
                self.cursors[member] = Some(gap.to);
                Ok(())
            }
            Message::Ping(ping) => {
                out.extend(frame(&Message::Pong(Pong { nonce: ping.nonce })));
                Ok(())
            }
            Message::Error(refused) => Err(LoadError::Refused(refused.text)),
            Message::Bye(bye) => Err(LoadError::Sent(bye)),
            _ => Err(LoadError::Foreign),
        }
    }
}

impl Dialect for Spec {
    fn hello(&mut self, member: usize) -> Vec<u8> {
        frame(&Message::Name(Login {
            versions: vec![VERSION],
            // As long as names are.
            name: format!("{member}-{:x}", self.run),
            room: self.room.to_string(),
            history: 0,
            identity: None,
            resume: None,
            proof: None,
            agent: Some(concat!("parlance load ", env!("CARGO_PKG_VERSION")).to_owned()),
        }))
    }

    fn joined(&self) -> usize {
        self.joined
    }

    fn say(&mut self, sender: usize, text: &[u8], out: &mut Vec<u8>) {
        let after = self.lines[sender];
        self.lines[sender] += 1;
        let start = out.len();
        out.extend_from_slice(b"\0\0\0\0\x86\x63SAY");
        put_head(0, self.lines[sender], out);
        put_head(0, after, out);
        out.extend_from_slice(b"\x63say\xf6");
        put_head(3, text.len() as u64, out);
        out.extend_from_slice(text);
        // A text is at most 16 KiB.
        let length = (out.len() - start - LENGTH) as u32;
        out[start..start + LENGTH].copy_from_slice(&length.to_be_bytes());
    }

    fn take(
        &mut self,
        member: usize,
        bytes: &[u8],
        now: Instant,
        ledger: &mut Ledger,
        out: &mut Vec<u8>,
    ) -> Result<usize, LoadError> {
        let mut rest = bytes;
        while let Some((length, behind)) = rest.split_first_chunk::<LENGTH>() {
            let length = u32::from_be_bytes(*length) as usize;
            if !(TAG..=parlance_proto::server::SERVER_FRAME as usize).contains(&length) {
                return Err(LoadError::Foreign);
            }
            let Some((body, behind)) = behind.split_at_checked(length) else {
                break;
            };
            if let Some(number) = body.strip_prefix(SAID) {
                let seq = uint(number).ok_or(LoadError::Foreign)?;
                if self.number(member, seq, ledger)? {
                    // Others may talk in the room: theirs bear no mark.
                    if let Some(mark) = Mark::read(body) {
                        ledger.heard(member, mark, now);
                    }
                }
            } else {
                self.other(member, body, ledger, out)?;
            }
            rest = behind;
        }
        Ok(bytes.len() - rest.len())
    }

    fn finish(&mut self, ledger: &mut Ledger) {
        let head = self.cursors.iter().flatten().max().copied().unwrap_or(0);
        for cursor in self.cursors.iter().flatten() {
            ledger.leapt(head - cursor);
        }
    }
}

fn frame(message: &Message) -> Vec<u8> {
    let mut out = BytesMut::new();
    // Only what keeps the limits is given here.
    let done = encode_frame(message, &mut out);
    debug_assert!(done.is_ok(), "{message:?}");
    out.into()
}

/// Appends the head of a CBOR item of the major type `major`.
fn put_head(major: u8, number: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    let bytes = number.to_be_bytes();
    match number {
        0..24 => out.push(major | bytes[7]),
        24..0x100 => out.extend_from_slice(&[major | 24, bytes[7]]),
        0x100..0x1_0000 => out.extend_from_slice(&[major | 25, bytes[6], bytes[7]]),
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 26);
            out.extend_from_slice(&bytes[4..]);
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&bytes);
        }
    }
}

/// The unsigned integer that `bytes` begin with.
fn uint(bytes: &[u8]) -> Option<u64> {
    let (&head, rest) = bytes.split_first()?;
    match head {
        0..24 => Some(u64::from(head)),
        24 => rest.first().map(|&byte| u64::from(byte)),
        25 => rest
            .first_chunk()
            .map(|bytes| u64::from(u16::from_be_bytes(*bytes))),
        26 => rest
            .first_chunk()
            .map(|bytes| u64::from(u32::from_be_bytes(*bytes))),
        27 => rest.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlance_proto::wire::{Say, SayKind};

    #[test]
    fn a_line_is_what_the_library_would_have_written() {
        let mut spec = Spec::new(RoomName::lobby(), 1, 1);
        for id in [1, 2, 23, 24, 25, 255, 256, 257, 65_535, 65_536, 1 << 32] {
            for size in [1, 23, 24, 255, 256, 16_384] {
                let text = "x".repeat(size);
                spec.lines[0] = id - 1;
                let mut out = Vec::new();
                spec.say(0, text.as_bytes(), &mut out);
                let say = Say {
                    id,
                    after: id - 1,
                    kind: SayKind::Say,
                    re: None,
                    text,
                };
                assert!(out == frame(&Message::Say(say)), "line {id}, {size} bytes");
            }
        }
    }

    #[test]
    fn a_number_is_read_as_it_was_written() {
        for number in [
            0,
            23,
            24,
            255,
            256,
            65_535,
            65_536,
            u64::from(u32::MAX),
            1 << 32,
            1 << 62,
        ] {
            let mut out = Vec::new();
            put_head(0, number, &mut out);
            assert_eq!(uint(&out), Some(number));
            for end in 0..out.len() {
                assert_eq!(uint(&out[..end]), None);
            }
        }
    }
}
