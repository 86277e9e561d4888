//! The vectors of section 16.

/// Bytes that are accepted, and the one form of their value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Golden {
    /// What it shows.
    pub name: &'static str,
    /// One whole frame, its length included.
    pub frame: Vec<u8>,
    /// The body in diagnostic notation.
    pub diagnostic: &'static str,
}

impl Golden {
    /// The frame without its length.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.frame[4..]
    }
}

/// Bytes that are refused, dropped, or not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negative {
    /// What it shows.
    pub name: &'static str,
    /// What arrives.
    pub bytes: Vec<u8>,
    /// Where it arrives.
    pub phase: Phase,
    /// What must happen.
    pub outcome: Outcome,
}

/// Where the bytes of a negative vector arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// A server's new connection.
    AwaitName,
    /// A server's connection whose client is in the room.
    Live,
    /// A server's connection whose client is the operator of the room.
    Operator,
    /// The same of a member who is muted.
    Muted,
    /// The same of a member who has spoken in slow mode.
    Slow,
    /// A client that has sent `NAME`.
    ClientGreeting,
    /// A client that is welcomed.
    ClientLive,
}

impl Phase {
    /// The longest body allowed there, in bytes: the constants of section 12.
    #[must_use]
    pub fn frame_limit(self) -> u32 {
        match self {
            Phase::AwaitName => 1024,
            Phase::Live | Phase::Operator | Phase::Muted | Phase::Slow => 20_480,
            Phase::ClientGreeting | Phase::ClientLive => 65_536,
        }
    }
}

/// What must happen to the bytes of a negative vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// `BYE` with this code, and the end.
    Bye(&'static str),
    /// `ERROR` with this code; the connection stands.
    Error(&'static str),
    /// The client ends: `too-big`, `malformed`, `unexpected`, `version` or `jump`.
    Violated(&'static str),
    /// The answer is `MODDED`; the connection stands.
    Done,
    /// No answer; the connection stands.
    Ignored,
    /// No whole frame yet.
    Waits,
}

pub(super) fn golden(line: &'static str) -> Golden {
    let columns: Vec<&'static str> = line.split(" | ").collect();
    let [name, hex, diagnostic] = columns[..] else {
        panic!("three columns: {line}")
    };
    Golden {
        name,
        frame: bytes(hex),
        diagnostic,
    }
}

pub(super) fn negative(line: &'static str) -> Negative {
    let columns: Vec<&'static str> = line.split(" | ").collect();
    let [name, hex, phase, what] = columns[..] else {
        panic!("four columns: {line}")
    };
    Negative {
        name,
        bytes: bytes(hex),
        phase: self::phase(phase),
        outcome: outcome(what),
    }
}

fn phase(text: &str) -> Phase {
    match text {
        "AwaitName" => Phase::AwaitName,
        "Live" => Phase::Live,
        "Operator" => Phase::Operator,
        "Muted" => Phase::Muted,
        "Slow" => Phase::Slow,
        "client:Greeting" => Phase::ClientGreeting,
        "client:Live" => Phase::ClientLive,
        other => panic!("unknown phase {other}"),
    }
}

fn outcome(text: &'static str) -> Outcome {
    let violated = text
        .strip_prefix("ends: violated (")
        .and_then(|text| text.strip_suffix(')'));
    match (text.split_once(' '), violated) {
        (_, Some(fault @ ("too-big" | "malformed" | "unexpected" | "jump" | "version"))) => {
            Outcome::Violated(fault)
        }
        (Some(("BYE", code)), _) => Outcome::Bye(code),
        (Some(("ERROR", code)), _) => Outcome::Error(code),
        (None, _) if text == "ignored" => Outcome::Ignored,
        (None, _) if text == "done" => Outcome::Done,
        (None, _) if text == "waits" => Outcome::Waits,
        _ => panic!("unknown outcome {text}"),
    }
}

/// The hex column: tokens of hex digits, each with an optional `*times`.
fn bytes(column: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for token in column.split(' ') {
        let (digits, times) = match token.split_once('*') {
            Some((digits, times)) => (
                digits,
                times.parse().unwrap_or_else(|_| panic!("times: {token}")),
            ),
            None => (token, 1),
        };
        out.extend(unhex(digits).repeat(times));
    }
    out
}

fn unhex(digits: &str) -> Vec<u8> {
    assert!(
        digits.len().is_multiple_of(2),
        "two digits a byte: {digits}"
    );
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| {
            u8::from_str_radix(&digits[at..at + 2], 16).unwrap_or_else(|_| panic!("hex: {digits}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_unfolded() {
        assert_eq!(bytes("00 6162*3 ff"), b"\x00ababab\xff");
    }

    #[test]
    fn a_line_is_read() {
        let vector = negative("x | 00 | client:Live | ends: violated (jump)");
        assert_eq!(vector.phase, Phase::ClientLive);
        assert_eq!(vector.outcome, Outcome::Violated("jump"));
        assert_eq!(
            negative("x | 00 | Live | BYE too-big").outcome,
            Outcome::Bye("too-big")
        );
    }
}
