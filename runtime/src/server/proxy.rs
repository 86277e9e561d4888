//! What a proxy says before a connection that it hands on: the header of the PROXY protocol, version 1 or 2.
//!
//! Exactly the header's bytes are taken from the socket, so that whatever follows, which may be TLS, is there for who
//! comes next. What is ready is looked at first: all of it is the header's as long as that is not whole.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};

use proxy_header::{Error, ParseConfig, ProxyHeader};
use tokio::io::ReadBuf;
use tokio::net::TcpStream;

use super::worker::Worker;

/// What a header of version 1 begins with, and the most that it has with its end of line.
const FIRST: &[u8] = b"PROXY ";
/// See [`FIRST`].
const FIRST_LENGTH: usize = 107;
/// What a header of version 2 begins with; two bytes and the length of the rest follow.
const SECOND: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// So long is a header of version 2 before that rest.
const SECOND_HEAD: usize = SECOND.len() + 4;

/// Why there is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// It was not whole in time.
    Late,
    /// The connection ended before.
    Ended,
    /// What came is none.
    Garbage,
}

/// Takes a header from the socket; the address that it names, or none where the proxy speaks for itself or does not
/// know it.
///
/// # Errors
///
/// No header comes. This waits for ever for one: the time is the caller's.
pub(super) async fn take_header(
    worker: &Worker,
    stream: &TcpStream,
) -> Result<Option<SocketAddr>, HeaderFault> {
    let mut header = Vec::new();
    loop {
        let looked =
            poll_fn(|cx| worker.with_buffer(|buffer| look(stream, &mut header, buffer, cx))).await;
        if let Some(Whole { source }) = looked? {
            return Ok(source);
        }
    }
}

/// A whole header.
#[derive(Debug, PartialEq, Eq)]
struct Whole {
    source: Option<SocketAddr>,
}

/// Looks at what is ready, and takes of it what is the header's; the header, once it is whole.
fn look(
    stream: &TcpStream,
    header: &mut Vec<u8>,
    buffer: &mut [u8],
    cx: &mut Context<'_>,
) -> Poll<Result<Option<Whole>, HeaderFault>> {
    let mut seen = ReadBuf::new(buffer);
    let count = match ready!(stream.poll_peek(cx, &mut seen)) {
        Ok(0) | Err(_) => return Poll::Ready(Err(HeaderFault::Ended)),
        Ok(count) => count,
    };
    let before = header.len();
    header.extend_from_slice(&seen.filled()[..count]);
    let judged = judge(header);
    let (length, whole) = match judged {
        Verdict::More => (header.len(), None),
        Verdict::Whole { length, source } => (length, Some(Whole { source })),
        Verdict::Garbage => return Poll::Ready(Err(HeaderFault::Garbage)),
    };
    header.truncate(length);
    Poll::Ready(match take(stream, &mut buffer[..length - before]) {
        Ok(()) => Ok(whole),
        Err(_) => Err(HeaderFault::Ended),
    })
}

/// Reads as many bytes as there is room for: they have been seen, so they are there.
fn take(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<()> {
    match stream.try_read(buffer)? {
        count if count == buffer.len() => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// What bytes are.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// The beginning of a header.
    More,
    /// A header, and what follows it.
    Whole {
        length: usize,
        source: Option<SocketAddr>,
    },
    /// Neither, whatever follows.
    Garbage,
}

fn judge(bytes: &[u8]) -> Verdict {
    // The crate waits for a whole head, and does not look at each of its bytes.
    let begins = |head: &[u8]| head.starts_with(bytes) || bytes.starts_with(head);
    let most = if begins(FIRST) {
        FIRST_LENGTH
    } else if begins(SECOND) {
        match bytes.get(SECOND.len() + 2..SECOND_HEAD) {
            Some(&[high, low]) => SECOND_HEAD + usize::from(u16::from_be_bytes([high, low])),
            _ => return Verdict::More,
        }
    } else {
        return Verdict::Garbage;
    };
    let config = ParseConfig {
        include_tlvs: false,
        ..ParseConfig::default()
    };
    let is_cut = bytes.len() < most;
    match ProxyHeader::parse(&bytes[..bytes.len().min(most)], config) {
        Ok((header, length)) => Verdict::Whole {
            length,
            source: header.proxied_address().map(|addresses| addresses.source),
        },
        Err(Error::BufferTooShort) if is_cut => Verdict::More,
        Err(_) => Verdict::Garbage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [SECOND, &[command, family], &length, body].concat()
    }

    fn headers() -> Vec<(Vec<u8>, Option<&'static str>)> {
        let v4 = [203, 0, 113, 9, 192, 0, 2, 1, 0x9c, 0x40, 0x22, 0x60];
        let mut v6 = [0; 36];
        v6[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        v6[15] = 7;
        v6[32..].copy_from_slice(&[0, 80, 1, 1]);
        let with_more = [&v4[..], &[4, 0, 3, 0, 0, 0], &[0xea, 0, 200], &[9; 200]].concat();
        let longest = "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff \
                       ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
        assert_eq!(longest.len(), FIRST_LENGTH);
        vec![
            (
                b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 8800\r\n".to_vec(),
                Some("203.0.113.9:40000"),
            ),
            (
                b"PROXY TCP6 2001:db8::7 2001:db8::1 80 8800\r\n".to_vec(),
                Some("[2001:db8::7]:80"),
            ),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (longest.as_bytes().to_vec(), None),
            (second(0x21, 0x11, &v4), Some("203.0.113.9:40000")),
            (second(0x21, 0x21, &v6), Some("[2001:db8::7]:80")),
            (second(0x21, 0x11, &with_more), Some("203.0.113.9:40000")),
            (second(0x20, 0x00, &[]), None),
            (second(0x20, 0x11, &v4), None),
            (second(0x21, 0x00, &[]), None),
            (second(0x21, 0x31, &[0; 216]), None),
            (second(0x20, 0x00, &[0; 65_535]), None),
        ]
    }

    #[test]
    fn a_header_is_whole_at_its_last_byte_and_not_before_or_after() {
        for (header, source) in headers() {
            let source = source.map(|source| source.parse().unwrap());
            let step = header.len().div_ceil(300);
            for cut in (0..header.len()).step_by(step) {
                assert_eq!(judge(&header[..cut]), Verdict::More, "{cut} of {header:?}");
            }
            let length = header.len();
            let whole = Verdict::Whole { length, source };
            assert_eq!(judge(&header), whole, "{header:?}");
            let more = [&header[..], b"PROXY UNKNOWN\r\n\0\0\0\x1a"].concat();
            assert_eq!(judge(&more), whole, "{header:?} and more");
        }
    }

    #[test]
    fn what_is_no_header_is_found_out_at_its_first_wrong_byte() {
        for (bytes, wrong) in [
            (&b"GET / HTTP/1.1\r\n"[..], 1),
            (b"\0\0\0\x1a", 1),
            (b"\x16\x03\x01\x02", 1),
            (b"PROXI UNKNOWN\r\n", 5),
            (b"PROXY\tUNKNOWN\r\n", 6),
            (b"\r\n\r\n\0\r\nQUIT\r", 12),
            (b"\r\n\r\n\0\r\nEXIT\n", 8),
        ] {
            for length in 1..=bytes.len() {
                let garbage = judge(&bytes[..length]) == Verdict::Garbage;
                assert_eq!(garbage, length >= wrong, "{length} of {bytes:?}");
            }
        }
    }

    #[test]
    fn a_header_that_contradicts_itself_is_none() {
        for bytes in [
            b"PROXY TCP4 2001:db8::7 2001:db8::1 80 8800\r\n".to_vec(),
            b"PROXY TCP4 203.0.113.9 192.0.2.1 400000 8800\r\n".to_vec(),
            b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 8800\r\r".to_vec(),
            b"PROXY UDP4 203.0.113.9 192.0.2.1 40000 8800\r\n".to_vec(),
            second(0x31, 0x11, &[0; 12]),
            second(0x22, 0x11, &[0; 12]),
            second(0x21, 0x41, &[0; 12]),
            second(0x21, 0x11, &[0; 11]),
            second(0x21, 0x21, &[0; 35]),
        ] {
            assert_eq!(judge(&bytes), Verdict::Garbage, "{bytes:?}");
        }
        // One that would be a byte too long, and one that never ends.
        let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(FIRST_LENGTH - 15));
        assert_eq!(long.len(), FIRST_LENGTH + 1);
        assert_eq!(judge(long.as_bytes()), Verdict::Garbage);
        let endless = [FIRST, &[b'x'; FIRST_LENGTH]].concat();
        assert_eq!(judge(&endless), Verdict::Garbage);
    }

    #[test]
    fn no_bytes_make_it_panic_or_take_more_than_came() {
        let mut random = 0x5eed_2026_u64;
        let mut draw = |below: usize| {
            // xorshift64: a run can be had again from the seed.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random >> 33).unwrap() % below
        };
        let mut whole = 0;
        for _ in 0..50_000 {
            let (mut bytes, _) = headers().swap_remove(draw(11));
            for _ in 0..=draw(3) {
                let at = draw(bytes.len());
                bytes[at] = u8::try_from(draw(256)).unwrap();
            }
            bytes.truncate(1 + draw(2 * bytes.len()));
            if let Verdict::Whole { length, .. } = judge(&bytes) {
                assert!(length <= bytes.len(), "{bytes:?}");
                whole += 1;
            }
        }
        assert!((5_000..45_000).contains(&whole), "{whole}");
    }
}
