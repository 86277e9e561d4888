//! What is accepted is canonical, and a frame is a frame however it comes.

use bytes::BytesMut;
use parlance_proto::wire::{Decoder, decode, encode, encode_frame};

/// The body of a message: decoding never panics, and what it accepts is what encoding gives [FR-6] [FR-7].
pub fn check(data: &[u8]) {
    let Ok(message) = decode(data) else { return };
    let again = encode(&message).expect("what was decoded can be encoded [FR-11]");
    assert_eq!(again, data, "accepted, and not the one form of {message:?}");
    assert_eq!(decode(&again).as_ref(), Ok(&message));
    for cut in 0..data.len() {
        assert!(
            decode(&data[..cut]).is_err(),
            "accepted when cut at {cut}: {message:?}"
        );
    }
    let mut longer = data.to_vec();
    longer.push(0);
    assert!(
        decode(&longer).is_err(),
        "accepted with a byte too many: {message:?}"
    );
    let mut frame = BytesMut::new();
    encode_frame(&message, &mut frame).expect("what was decoded can be framed");
    let (mut decoder, mut input) = (Decoder::default(), &frame[..]);
    let limit = u32::try_from(data.len()).unwrap_or(u32::MAX);
    assert_eq!(decoder.next(&mut input, limit), Ok(Some(data)));
    assert!(input.is_empty() && !decoder.is_mid_frame());
}
