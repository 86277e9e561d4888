//! Values of flags: spans of time, sizes, rates, and where a server is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use parlance_proto::name::{Name, NameError, RoomName, RoomNameError};
use parlance_proto::wire::limits;

use crate::link::LinkError;
use crate::load::mark;
use crate::server::Network;
use crate::tls::pin::{NotAPin, Pin};

/// The port where none is said.
pub const DEFAULT_PORT: u16 = 8800;
/// The host where none is said.
pub const DEFAULT_HOST: &str = "127.0.0.1";

/// A value that cannot be read. `Display` (in `words`) says what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// Not a span of time.
    Span,
    /// A span of time that is zero or above a day.
    SpanRange,
    /// Not a time for which something is kept.
    Age,
    /// One that is below a second or above a hundred years.
    AgeRange,
    /// Not a size.
    Size,
    /// A size that a log on disk cannot keep to.
    Keep,
    /// A rate that is not above zero, or above a million.
    Rate,
    /// A text that has no room for a mark, or more bytes than a text has.
    TextSize,
    /// A size that is too small for what it is to hold.
    Ring,
    /// A host or port that cannot be.
    Place,
    /// Not an address, or not so many bits of one.
    Network,
    /// Neither of the two widths of the seed's header.
    SeedWidth,
    /// A link that cannot be followed.
    Link(LinkError),
    /// A name that breaks the rules.
    Name(NameError),
    /// The name of a room that does.
    Room(RoomNameError),
    /// Not the pin of a key.
    Pin(NotAPin),
}

impl std::error::Error for ValueError {}

/// A span of time: `500ms`, `30s`, `2m`, `1h`; a plain number is seconds. Above zero, at most a day.
///
/// # Errors
///
/// Anything else.
pub fn span(text: &str) -> Result<Duration, ValueError> {
    let span = any_span(text)?;
    match span {
        Duration::ZERO => Err(ValueError::SpanRange),
        span => Ok(span),
    }
}

/// The same, and zero.
///
/// # Errors
///
/// Anything else.
pub fn any_span(text: &str) -> Result<Duration, ValueError> {
    let (number, unit) = split_unit(text).ok_or(ValueError::Span)?;
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(ValueError::Span),
    };
    let millis = number.checked_mul(millis).ok_or(ValueError::SpanRange)?;
    if millis > 86_400_000 {
        return Err(ValueError::SpanRange);
    }
    Ok(Duration::from_millis(millis))
}

/// How long something is kept: `30d`, `12h`, `90m`; from a second to a hundred years.
///
/// # Errors
///
/// Anything else.
pub fn age(text: &str) -> Result<Duration, ValueError> {
    let (number, unit) = split_unit(text).ok_or(ValueError::Age)?;
    let seconds = match unit {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "y" => 365 * 86_400,
        _ => return Err(ValueError::Age),
    };
    let seconds = number.checked_mul(seconds).ok_or(ValueError::AgeRange)?;
    if !(1..=100 * 365 * 86_400).contains(&seconds) {
        return Err(ValueError::AgeRange);
    }
    Ok(Duration::from_secs(seconds))
}

/// How much a log on disk keeps, as [`size`] is written; from 1 MiB on, which holds what must not go.
///
/// # Errors
///
/// Anything else.
pub fn keep(text: &str) -> Result<u64, ValueError> {
    let bytes = size(text)?;
    if bytes < 1 << 20 {
        return Err(ValueError::Keep);
    }
    Ok(bytes as u64)
}

/// A size in bytes: `65536`, `64KiB`, `4MiB`, `1GiB`.
///
/// # Errors
///
/// Anything else, or more than an address space has.
pub fn size(text: &str) -> Result<usize, ValueError> {
    let (number, unit) = split_unit(text).ok_or(ValueError::Size)?;
    let factor = match unit {
        "" | "B" => 1,
        "KiB" | "K" => 1 << 10,
        "MiB" | "M" => 1 << 20,
        "GiB" | "G" => 1 << 30,
        _ => return Err(ValueError::Size),
    };
    let bytes = number.checked_mul(factor).ok_or(ValueError::Size)?;
    usize::try_from(bytes).map_err(|_| ValueError::Size)
}

/// The name of a member.
///
/// # Errors
///
/// It breaks the rules.
pub fn name(text: &str) -> Result<Name, ValueError> {
    Name::parse(text).map_err(ValueError::Name)
}

/// The name of a room.
///
/// # Errors
///
/// It breaks the rules.
pub fn room(text: &str) -> Result<RoomName, ValueError> {
    RoomName::parse(text).map_err(ValueError::Room)
}

/// The pin of a server's key.
///
/// # Errors
///
/// It is none.
pub fn pin(text: &str) -> Result<Pin, ValueError> {
    text.parse().map_err(ValueError::Pin)
}

/// A size of at least 64 KiB, the largest frame.
///
/// # Errors
///
/// Anything else.
pub fn ring(text: &str) -> Result<usize, ValueError> {
    match size(text)? {
        small if small < 64 << 10 => Err(ValueError::Ring),
        bytes => Ok(bytes),
    }
}

/// A rate in messages a second: a number above 0 and at most a million, whole or not.
///
/// # Errors
///
/// Anything else.
pub fn rate(text: &str) -> Result<f64, ValueError> {
    let rate = text.parse().map_err(|_| ValueError::Rate)?;
    (0.001..=1e6)
        .contains(&rate)
        .then_some(rate)
        .ok_or(ValueError::Rate)
}

/// The size of a text that bears a mark of the load generator.
///
/// # Errors
///
/// No size, or another.
pub fn text_size(text: &str) -> Result<usize, ValueError> {
    let size = size(text)?;
    (mark::LENGTH..=limits::TEXT)
        .contains(&size)
        .then_some(size)
        .ok_or(ValueError::TextSize)
}

/// A range of addresses: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`.
///
/// # Errors
///
/// Anything else.
pub fn network(text: &str) -> Result<Network, ValueError> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (
            address,
            Some(bits.parse().map_err(|_| ValueError::Network)?),
        ),
        None => (text, None),
    };
    let address = address.parse().map_err(|_| ValueError::Network)?;
    Network::new(address, bits).ok_or(ValueError::Network)
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim_start()))
}

/// Where a server is: `HOST`, `HOST:PORT`, `[IPV6]`, `[IPV6]:PORT`, or an IPv6 address alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A name or an address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl Place {
    /// Whether it is certain before any look-up that no other machine is reached. A name other than `localhost` is
    /// not, whatever it resolves to today.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self
                .host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.to_canonical().is_loopback())
    }
}

impl Default for Place {
    fn default() -> Place {
        Place {
            host: DEFAULT_HOST.to_owned(),
            port: DEFAULT_PORT,
        }
    }
}

impl FromStr for Place {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Place, ValueError> {
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']').ok_or(ValueError::Place)?;
            match rest {
                "" => (host, None),
                rest => (host, Some(rest.strip_prefix(':').ok_or(ValueError::Place)?)),
            }
        } else {
            match text.split_once(':') {
                Some((host, port)) if !port.contains(':') => (host, Some(port)),
                _ => (text, None),
            }
        };
        let port = match port {
            None => DEFAULT_PORT,
            Some(port) => port.parse().map_err(|_| ValueError::Place)?,
        };
        let legal = |c: char| c.is_ascii_graphic() && !"[]/@?#".contains(c);
        if host.is_empty() || port == 0 || !host.chars().all(legal) {
            return Err(ValueError::Place);
        }
        Ok(Place {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The bytes of the seed's header.
///
/// # Errors
///
/// Anything else than 8 and 4.
pub fn seed_width(text: &str) -> Result<u8, ValueError> {
    match text {
        "8" => Ok(8),
        "4" => Ok(4),
        _ => Err(ValueError::SeedWidth),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("30", 30_000),
            ("2m", 120_000),
            ("24h", 86_400_000),
        ] {
            assert_eq!(span(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1s", "1.5s", "1d", "1 s x", "30S"] {
            assert_eq!(span(text), Err(ValueError::Span), "{text}");
        }
        for text in ["0", "0ms", "25h", "18446744073709551615h"] {
            assert_eq!(span(text), Err(ValueError::SpanRange), "{text}");
        }
        assert_eq!(any_span("0"), Ok(Duration::ZERO));
    }

    #[test]
    fn ages_and_what_is_kept() {
        for (text, seconds) in [
            ("1", 1),
            ("90m", 5_400),
            ("12h", 43_200),
            ("30d", 2_592_000),
        ] {
            assert_eq!(age(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(age("100y"), Ok(Duration::from_secs(100 * 365 * 86_400)));
        for text in ["", "d", "-1d", "1w", "500ms"] {
            assert_eq!(age(text), Err(ValueError::Age), "{text}");
        }
        for text in ["0", "0d", "101y", "18446744073709551615d"] {
            assert_eq!(age(text), Err(ValueError::AgeRange), "{text}");
        }
        assert_eq!(keep("1MiB"), Ok(1 << 20));
        assert_eq!(keep("1048575"), Err(ValueError::Keep));
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("65536", 65_536),
            ("64KiB", 65_536),
            ("4MiB", 4 << 20),
            ("1 GiB", 1 << 30),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        assert_eq!(ring("64KiB"), Ok(65_536));
        assert_eq!(ring("65535"), Err(ValueError::Ring));
        for text in ["", "KiB", "4kb", "4MB", "-4MiB", "99999999999GiB"] {
            assert_eq!(size(text), Err(ValueError::Size), "{text}");
        }
    }

    #[test]
    fn rates_and_sizes_of_texts() {
        assert_eq!(rate("20"), Ok(20.0));
        assert_eq!(rate("0.5"), Ok(0.5));
        for text in ["", "0", "-1", "NaN", "inf", "1000001", "x"] {
            assert_eq!(rate(text), Err(ValueError::Rate), "{text}");
        }
        assert_eq!(text_size("16"), Ok(16));
        assert_eq!(text_size("16KiB"), Ok(16_384));
        for text in ["0", "15", "16385"] {
            assert_eq!(text_size(text), Err(ValueError::TextSize), "{text}");
        }
    }

    #[test]
    fn places() {
        for (text, host, port) in [
            ("example.org", "example.org", 8800),
            ("example.org:99", "example.org", 99),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("::1", "::1", 8800),
            ("[::1]", "::1", 8800),
            ("[::1]:7", "::1", 7),
        ] {
            let place: Place = text.parse().unwrap();
            assert_eq!((place.host.as_str(), place.port), (host, port), "{text}");
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for text in [
            "",
            ":1",
            "host:",
            "host:0",
            "host:65536",
            "[::1",
            "[::1]7",
            "a b",
            "a@b",
            "ü.org",
        ] {
            assert_eq!(text.parse::<Place>(), Err(ValueError::Place), "{text}");
        }
    }

    #[test]
    fn only_what_cannot_lead_elsewhere_is_loopback() {
        for text in [
            "127.0.0.1",
            "127.9.9.9:1",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8800",
            "::ffff:127.0.0.1",
        ] {
            assert!(text.parse::<Place>().unwrap().is_loopback(), "{text}");
        }
        for text in [
            "0.0.0.0",
            "10.0.0.1",
            "localhost.example.org",
            "::2",
            "127.0.0.1.example.org",
        ] {
            assert!(!text.parse::<Place>().unwrap().is_loopback(), "{text}");
        }
    }

    #[test]
    fn networks() {
        let inside = |text, address: &str| {
            network(text).is_ok_and(|network| network.contains(address.parse().unwrap()))
        };
        assert!(inside("192.0.2.1", "192.0.2.1") && !inside("192.0.2.1", "192.0.2.2"));
        assert!(inside("192.0.2.0/24", "192.0.2.255") && !inside("192.0.2.0/24", "192.0.3.0"));
        assert!(inside("2001:db8::/32", "2001:db8:1::1") && inside("::/0", "::1"));
        for text in [
            "",
            "/",
            "192.0.2.1/",
            "192.0.2.1/33",
            "::1/129",
            "::1/-1",
            "localhost",
            "192.0.2.1:80",
        ] {
            assert_eq!(network(text), Err(ValueError::Network), "{text}");
        }
    }
}
