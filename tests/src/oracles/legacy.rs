//! The reader of the seed's wire: whatever comes, however it is cut.

use parlance_proto::legacy::{BODY, Kind, Reader, TEXT, pickle, write_frame};

use super::Bytes;

/// The first byte says how the rest is cut. It never panics, holds no more than came [LG-2], reads the same whatever
/// the cuts, and what it reads is a text that it writes and reads again [LG-3] [LG-6].
pub fn check(data: &[u8]) {
    let mut data = Bytes(data);
    let step = usize::from(data.byte()).max(1);
    let stream = data.0;
    let whole = read(&[stream]);
    let cut: Vec<&[u8]> = stream.chunks(step).collect();
    assert_eq!(read(&cut), whole, "cut into {step}");
    for body in &whole {
        let Ok((_, text)) = pickle::read(body, TEXT) else {
            continue;
        };
        assert!(text.len() <= TEXT);
        for kind in [Kind::Str, Kind::Unicode] {
            let again = pickle::write(&text, kind);
            assert_eq!(pickle::read(&again, TEXT), Ok((kind, text.clone())));
        }
    }
    // The bytes as a body of their own reach further into the grammar.
    if let Ok((_, text)) = pickle::read(stream, TEXT) {
        assert!(
            pickle::read(&stream[..stream.len() - 1], TEXT).is_err(),
            "{text}"
        );
    }
}

fn read(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let (mut reader, mut bodies, mut came) = (Reader::default(), Vec::new(), 0);
    let mut left = Vec::new();
    for piece in pieces {
        came += piece.len();
        left.extend_from_slice(piece);
        let mut input = &left[..];
        loop {
            match reader.next(&mut input, BODY) {
                Ok(Some(body)) => bodies.push(body),
                Ok(None) => break,
                Err(_) => return bodies,
            }
        }
        assert!(reader.buffered() <= came, "more than came");
        left = input.to_vec();
    }
    bodies
}

/// Streams and bodies for the corpus, a byte of every other one changed.
pub(super) fn sample(seed: &[u8], n: usize) -> Vec<u8> {
    let mut seed = Bytes(seed);
    let width = match n % 4 {
        0 | 1 => parlance_proto::legacy::Width::Wide,
        _ => parlance_proto::legacy::Width::Narrow,
    };
    let mut bytes = vec![seed.byte()];
    for text in ["NAME: 小明", "it's", "\"both\" isn't \\n", "a", ""] {
        let kind = if n.is_multiple_of(3) {
            Kind::Unicode
        } else {
            Kind::Str
        };
        match n % 5 {
            4 => {
                bytes.extend(pickle::write(text, kind));
                break;
            }
            _ => write_frame(text, width, kind, &mut bytes),
        }
    }
    if n % 2 == 1 {
        let at = 1 + usize::from(seed.byte()) % (bytes.len() - 1);
        bytes[at] ^= 1 << seed.below(8);
    }
    bytes
}
