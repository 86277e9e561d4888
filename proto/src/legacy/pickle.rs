//! The few ways in which Pythons write one string in a tuple. `[LG-3]`
//!
//! ```text
//! [PROTO v] [FRAME] [MARK] TEXT [FRAME] [memo] (TUPLE | TUPLE1) [memo] STOP
//! ```
//!
//! There is no stack and no memo, and nothing is ever called: what is not on this line is refused.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// As what a text was written; it is answered in the same. `[LG-5]`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Python 2's `str`.
    Str,
    /// `unicode`, or Python 3's `str`.
    Unicode,
    /// Python 3's `bytes`, which is answered in unicode.
    Bytes,
}

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyRefused {
    /// Not one string in a tuple.
    Shape,
    /// Not UTF-8, or a surrogate without its other half.
    Characters,
    /// The text is over the limit.
    TooLong,
}

use BodyRefused::{Characters, Shape, TooLong};

/// Reads a body: the text, of at most `limit` bytes, and as what it was written.
///
/// # Errors
///
/// Where it is anything else than one string in a tuple, or has anything before or after.
pub fn read(body: &[u8], limit: usize) -> Result<(Kind, String), BodyRefused> {
    let mut rest = Rest(body);
    let version = if rest.eat(0x80) {
        rest.byte().filter(|v| (2..=5).contains(v)).ok_or(Shape)?
    } else {
        0
    };
    rest.skip_frame(version)?;
    let mark = rest.eat(b'(');
    let (kind, text) = rest.text(version, limit)?;
    rest.skip_frame(version)?;
    rest.skip_memo(version)?;
    match rest.byte() {
        Some(b't') if mark => {}
        Some(0x85) if !mark && version >= 2 => {}
        _ => return Err(Shape),
    }
    rest.skip_memo(version)?;
    if rest.0 != b"." {
        return Err(Shape);
    }
    Ok((kind, text))
}

/// Writes a text: for `Str` byte for byte what Python 2's `cPickle.dumps((text,))` gives. `[LG-6]`
#[must_use]
pub fn write(text: &str, kind: Kind) -> Vec<u8> {
    match kind {
        Kind::Str => write_str(text.as_bytes()),
        Kind::Unicode | Kind::Bytes => {
            let mut out = alloc::vec![0x80, 2, b'X'];
            let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&len.to_le_bytes());
            out.extend_from_slice(text.as_bytes());
            out.extend_from_slice(&[0x85, b'.']);
            out
        }
    }
}

fn write_str(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len().saturating_add(16));
    out.extend_from_slice(b"(S");
    let quote = match text.contains(&b'\'') && !text.contains(&b'"') {
        true => b'"',
        false => b'\'',
    };
    out.push(quote);
    for &byte in text {
        match byte {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            _ if byte == quote || byte == b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x20..=0x7e => out.push(byte),
            _ => out.extend_from_slice(&[b'\\', b'x', hex(byte >> 4), hex(byte & 15)]),
        }
    }
    out.push(quote);
    // An object of fewer than two bytes is Python's own and gets no memo.
    out.extend_from_slice(match text.len() {
        0 | 1 => b"\ntp1\n.".as_slice(),
        _ => b"\np1\ntp2\n.",
    });
    out
}

const fn hex(digit: u8) -> u8 {
    match digit {
        0..=9 => digit.saturating_add(b'0'),
        _ => digit.saturating_add(b'a' - 10),
    }
}

/// What is left of a body.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn byte(&mut self) -> Option<u8> {
        self.take(1).and_then(|taken| taken.first().copied())
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is = self.0.first() == Some(&byte);
        if is {
            self.byte();
        }
        is
    }

    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A line without its end.
    fn line(&mut self) -> Option<&'b [u8]> {
        let end = self.0.iter().position(|byte| *byte == b'\n')?;
        let line = self.take(end);
        self.byte();
        line
    }

    /// A length of `bytes` bytes, little-endian.
    fn length(&mut self, bytes: usize) -> Result<usize, BodyRefused> {
        let taken = self.take(bytes).ok_or(Shape)?;
        let mut wide = [0; 8];
        for (slot, byte) in wide.iter_mut().zip(taken) {
            *slot = *byte;
        }
        usize::try_from(u64::from_le_bytes(wide)).map_err(|_| Shape)
    }

    /// The bytes that a length is followed by: the length is judged before anything is copied.
    fn counted(&mut self, bytes: usize, limit: usize) -> Result<&'b [u8], BodyRefused> {
        let length = self.length(bytes)?;
        let taken = self.take(length).ok_or(Shape)?;
        if length > limit {
            return Err(TooLong);
        }
        Ok(taken)
    }

    fn skip_frame(&mut self, version: u8) -> Result<(), BodyRefused> {
        if version >= 4 && self.eat(0x95) {
            let length = self.length(8)?;
            if length > self.0.len() {
                return Err(Shape);
            }
        }
        Ok(())
    }

    fn skip_memo(&mut self, version: u8) -> Result<(), BodyRefused> {
        match self.0.first() {
            Some(b'p') => {
                self.byte();
                let line = self.line().ok_or(Shape)?;
                if !(1..=10).contains(&line.len()) || !line.iter().all(u8::is_ascii_digit) {
                    return Err(Shape);
                }
            }
            Some(b'q') => drop(self.take(2).ok_or(Shape)?),
            Some(b'r') => drop(self.take(5).ok_or(Shape)?),
            Some(0x94) if version >= 4 => drop(self.byte()),
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, version: u8, limit: usize) -> Result<(Kind, String), BodyRefused> {
        let (kind, bytes) = match (self.byte().ok_or(Shape)?, version) {
            (b'S', _) => {
                let line = self.line().ok_or(Shape)?;
                return Ok((Kind::Str, utf8(&unquoted(line, limit)?)?));
            }
            (b'V', _) => {
                let line = self.line().ok_or(Shape)?;
                return Ok((Kind::Unicode, raw_unicode(line, limit)?));
            }
            (b'U', _) => (Kind::Str, self.counted(1, limit)?),
            (b'T', _) => (Kind::Str, self.counted(4, limit)?),
            (b'X', _) => (Kind::Unicode, self.counted(4, limit)?),
            (0x8c, 4..) => (Kind::Unicode, self.counted(1, limit)?),
            (0x8d, 4..) => (Kind::Unicode, self.counted(8, limit)?),
            (b'C', 3..) => (Kind::Bytes, self.counted(1, limit)?),
            (b'B', 3..) => (Kind::Bytes, self.counted(4, limit)?),
            (0x8e, 4..) => (Kind::Bytes, self.counted(8, limit)?),
            _ => return Err(Shape),
        };
        Ok((kind, utf8(bytes)?))
    }
}

fn utf8(bytes: &[u8]) -> Result<String, BodyRefused> {
    core::str::from_utf8(bytes)
        .map(String::from)
        .map_err(|_| Characters)
}

/// A string as Python 2's `repr` writes it.
fn unquoted(line: &[u8], limit: usize) -> Result<Vec<u8>, BodyRefused> {
    let (quote, inner) = match line {
        [first @ (b'\'' | b'"'), inner @ .., last] if first == last => (*first, inner),
        _ => return Err(Shape),
    };
    let mut rest = Rest(inner);
    let mut out = Vec::new();
    while let Some(byte) = rest.byte() {
        let byte = match byte {
            b'\\' => rest.escape()?,
            byte if byte == quote => return Err(Shape),
            byte => byte,
        };
        if out.len() >= limit {
            return Err(TooLong);
        }
        out.push(byte);
    }
    Ok(out)
}

impl Rest<'_> {
    /// What follows a backslash in a `repr`.
    fn escape(&mut self) -> Result<u8, BodyRefused> {
        Ok(match self.byte().ok_or(Shape)? {
            byte @ (b'\\' | b'\'' | b'"') => byte,
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'x' => u8::try_from(self.number(2, 16)?).map_err(|_| Shape)?,
            digit @ b'0'..=b'7' => {
                let mut value = u32::from(digit & 7);
                for _ in 0..2 {
                    if let Some(digit @ b'0'..=b'7') = self.0.first().copied() {
                        self.byte();
                        value = value.saturating_mul(8).saturating_add(u32::from(digit & 7));
                    }
                }
                u8::try_from(value).map_err(|_| Shape)?
            }
            _ => return Err(Shape),
        })
    }

    /// A number of exactly so many digits.
    fn number(&mut self, digits: usize, radix: u32) -> Result<u32, BodyRefused> {
        let mut value = 0_u32;
        for byte in self.take(digits).ok_or(Shape)? {
            let digit = char::from(*byte).to_digit(radix).ok_or(Shape)?;
            value = value.saturating_mul(radix).saturating_add(digit);
        }
        Ok(value)
    }

    /// The code of the next character of a line of Python's raw unicode, if there is one.
    fn unit(&mut self) -> Result<Option<u32>, BodyRefused> {
        Ok(match self.byte() {
            None => None,
            Some(b'\\') => Some(match self.byte() {
                Some(b'u') => self.number(4, 16)?,
                Some(b'U') => self.number(8, 16)?,
                _ => return Err(Shape),
            }),
            Some(byte) => Some(u32::from(byte)),
        })
    }
}

/// A line of Latin-1 with escapes for all else.
fn raw_unicode(line: &[u8], limit: usize) -> Result<String, BodyRefused> {
    let mut rest = Rest(line);
    let mut out = String::new();
    while let Some(unit) = rest.unit()? {
        let code = match unit {
            0xd800..=0xdbff => {
                let low = rest.unit()?.filter(|low| (0xdc00..=0xdfff).contains(low));
                let low = low.ok_or(Characters)?;
                let high = (unit & 0x3ff) << 10;
                0x10000_u32.saturating_add(high | (low & 0x3ff))
            }
            unit => unit,
        };
        let character = char::from_u32(code).ok_or(Characters)?;
        if out.len().saturating_add(character.len_utf8()) > limit {
            return Err(TooLong);
        }
        out.push(character);
    }
    Ok(out)
}

impl fmt::Display for BodyRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shape => "not one string in a tuple",
            Characters => "the text is not UTF-8",
            TooLong => "the text is too long",
        })
    }
}

impl core::error::Error for BodyRefused {}
