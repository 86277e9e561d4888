//! base64url without padding (RFC 4648, section 5), in the one form that each value has: what is read is what would
//! have been written.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The text of these bytes.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut bits = 0_u32;
        for place in 0..3 {
            bits = bits << 8 | group.get(place).copied().map_or(0, u32::from);
        }
        for place in 0..=group.len() {
            let six = bits >> (18 - 6 * place) & 63;
            text.push(char::from(ALPHABET[six as usize]));
        }
    }
    text
}

/// The bytes of this text; none if they are not exactly so many, or it is not how they are written.
pub(super) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != (N * 8).div_ceil(6) {
        return None;
    }
    let mut bytes = [0; N];
    let (mut bits, mut have, mut at) = (0_u32, 0, 0);
    for letter in text.bytes() {
        let six = ALPHABET.iter().position(|other| *other == letter)?;
        bits = bits << 6 | six as u32;
        have += 6;
        if have >= 8 {
            have -= 8;
            *bytes.get_mut(at)? = (bits >> have & 255) as u8;
            at += 1;
        }
    }
    // What is left over is nothing, or it would be another text for the same bytes.
    (bits & ((1 << have) - 1) == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_rfc_has_it() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
        }
        assert_eq!(encode(&[0xfb, 0xff, 0xbf]), "-_-_");
        assert_eq!(decode("-_-_"), Some([0xfb, 0xff, 0xbf]));
    }

    #[test]
    fn every_value_has_one_text() {
        for byte in 0..=255 {
            assert_eq!(decode(&encode(&[byte])), Some([byte]));
            assert_eq!(decode(&encode(&[byte, 7])), Some([byte, 7]));
        }
        let readable = |text: &str| decode::<1>(text).is_some();
        let mut texts = 0;
        for a in ALPHABET {
            for b in ALPHABET {
                texts += usize::from(readable(&String::from_utf8_lossy(&[*a, *b])));
            }
        }
        assert_eq!(texts, 256);
        for text in ["Zg==", "Zg=", "Z", "Zg ", " Zg", "Z+", "Z/", "Zé", "Zh"] {
            assert!(!readable(text), "{text}");
        }
    }
}
