//! The golden and negative vectors of SPEC.md, section 16, against the codec.

use std::collections::BTreeSet;
use std::panic::catch_unwind;

use bytes::BytesMut;
use parlance_proto::wire::{
    Act, ByeCode, Decoder, ErrorCode, FrameError, GapWhy, Kind, Message, SayKind, decode,
    encode_frame,
};
use parlance_tests::requirement;
use parlance_tests::spec::{
    self, Golden, Negative, Outcome, Phase, diag::diagnostic, drive::drive,
};

const SERVER_FRAME: u32 = 65_536;

/// What the codec alone makes of some bytes.
#[derive(Debug, PartialEq, Eq)]
enum Codec {
    TooBig,
    Malformed,
    Waits,
    Decodes(Vec<Message>),
}

/// Reads `bytes`, given in pieces of `step`, to the first fault or to their end.
fn read(bytes: &[u8], step: usize, limit: u32) -> Codec {
    let mut decoder = Decoder::default();
    let mut messages = Vec::new();
    for mut piece in bytes.chunks(step) {
        loop {
            match decoder.next(&mut piece, limit) {
                Ok(None) => break,
                Ok(Some(body)) => match decode(body) {
                    Ok(message) => messages.push(message),
                    Err(_) => return Codec::Malformed,
                },
                Err(FrameError::TooBig { .. }) => return Codec::TooBig,
                Err(other) => panic!("{other}"),
            }
        }
    }
    if decoder.is_mid_frame() {
        Codec::Waits
    } else {
        Codec::Decodes(messages)
    }
}

fn message(vector: &Golden) -> Message {
    decode(vector.body()).unwrap_or_else(|error| panic!("{}: {error}", vector.name))
}

fn written(message: &Message) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode_frame(message, &mut out).expect("within its limits");
    out.to_vec()
}

#[test]
fn golden_vectors_are_read_however_they_are_cut() {
    requirement!("FR-1", "FR-5");
    for vector in spec::golden() {
        let one = Codec::Decodes(vec![message(&vector)]);
        for step in [vector.frame.len(), 1, 7] {
            assert_eq!(
                read(&vector.frame, step, SERVER_FRAME),
                one,
                "{} by {step}",
                vector.name
            );
        }
        let twice = [&vector.frame[..], &vector.frame[..]].concat();
        let two = Codec::Decodes(vec![message(&vector), message(&vector)]);
        assert_eq!(
            read(&twice, twice.len(), SERVER_FRAME),
            two,
            "{} twice",
            vector.name
        );
    }
}

#[test]
fn what_follows_a_golden_vector_is_left_alone() {
    for vector in spec::golden() {
        let bytes = [&vector.frame[..], &[0, 0, 0]].concat();
        let (mut decoder, mut input) = (Decoder::default(), &bytes[..]);
        let body = decoder
            .next(&mut input, SERVER_FRAME)
            .expect("a legal length")
            .expect("a whole frame");
        assert_eq!(body, vector.body(), "{}", vector.name);
        assert_eq!(input, [0, 0, 0], "{}", vector.name);
        assert_eq!(
            decoder.next(&mut input, SERVER_FRAME),
            Ok(None),
            "{}",
            vector.name
        );
        assert_eq!(decoder.buffered(), 3, "{}", vector.name);
    }
}

#[test]
fn a_byte_more_inside_the_frame_or_one_less_is_malformed() {
    requirement!("FR-7");
    for vector in spec::golden() {
        let body = vector.body();
        let more = [body, &[0xf6]].concat();
        assert!(decode(&more).is_err(), "{} with a byte more", vector.name);
        // Each cut of a short one; of a long one, those at its ends and some between.
        let cuts = (0..body.len())
            .filter(|cut| *cut < 64 || body.len() - cut < 64 || cut.is_multiple_of(997));
        for cut in cuts {
            assert!(
                decode(&body[..cut]).is_err(),
                "{} cut at {cut}",
                vector.name
            );
        }
    }
}

#[test]
fn golden_vectors_are_written_as_they_stand() {
    requirement!("FR-6", "FR-11");
    for vector in spec::golden() {
        assert_eq!(written(&message(&vector)), vector.frame, "{}", vector.name);
    }
}

#[test]
fn golden_vectors_mean_what_their_diagnostic_says() {
    for vector in spec::golden() {
        // Of our own bytes, so that the column is held against what we understood.
        let own = written(&message(&vector));
        assert_eq!(diagnostic(&own[4..]), vector.diagnostic, "{}", vector.name);
    }
}

#[test]
fn no_two_vectors_are_the_same() {
    let golden = spec::golden();
    let frames: BTreeSet<&[u8]> = golden.iter().map(|vector| &vector.frame[..]).collect();
    let names: BTreeSet<&str> = golden.iter().map(|vector| vector.name).collect();
    assert_eq!(names.len(), golden.len());
    assert!(
        golden.len() - frames.len() <= 1,
        "{} frames of {} vectors",
        frames.len(),
        golden.len()
    );
    let negative = spec::negative();
    let names: BTreeSet<&str> = negative.iter().map(|vector| vector.name).collect();
    assert_eq!(names.len(), negative.len());
    assert!(golden.len() >= 60 && negative.len() >= 60);
}

#[test]
fn every_message_code_and_word_has_a_golden_vector() {
    let messages: Vec<Message> = spec::golden().iter().map(message).collect();
    for kind in Kind::ALL {
        assert!(
            messages.iter().any(|message| message.kind() == *kind),
            "no golden vector of {}",
            kind.tag()
        );
    }
    for code in ByeCode::ALL {
        let found = messages
            .iter()
            .any(|message| matches!(message, Message::Bye(bye) if bye.code == *code));
        assert!(found, "no golden vector of BYE {}", code.as_str());
    }
    for code in ErrorCode::ALL {
        let found = messages
            .iter()
            .any(|message| matches!(message, Message::Error(error) if error.code == *code));
        assert!(found, "no golden vector of ERROR {}", code.as_str());
    }
    for act in Act::ALL {
        let found = messages
            .iter()
            .any(|message| matches!(message, Message::Mod(asked) if asked.act == *act));
        assert!(found, "no golden vector of MOD {}", act.as_str());
        let found = messages
            .iter()
            .any(|message| matches!(message, Message::Modded(done) if done.act == *act));
        assert!(found, "no golden vector of MODDED {}", act.as_str());
    }
    for kind in SayKind::ALL {
        let found = messages
            .iter()
            .any(|message| matches!(message, Message::Say(say) if say.kind == *kind));
        assert!(found, "no golden vector of SAY {}", kind.as_str());
    }
    for why in GapWhy::ALL {
        let found = messages
            .iter()
            .any(|message| matches!(message, Message::Gap(gap) if gap.why == *why));
        assert!(found, "no golden vector of GAP {}", why.as_str());
    }
}

#[test]
fn a_code_of_bye_that_is_not_known_is_read() {
    requirement!("ER-10");
    let Message::Bye(bye) = message(&spec::golden_named("bye-unknown-code")) else {
        panic!("BYE")
    };
    assert!(!bye.code.is_known());
    assert_eq!(bye.code.as_str(), "a-code-of-a-later-version");
}

#[test]
fn a_name_begins_with_0x89() {
    requirement!("HS-1");
    let names = spec::golden()
        .into_iter()
        .filter(|vector| message(vector).kind() == Kind::Name);
    for vector in names {
        assert_eq!(vector.body()[0], 0x89, "{}", vector.name);
        assert!(vector.body().len() <= 1024, "{}", vector.name);
    }
}

/// What the codec must make of a negative vector, if the outcome is the codec's to decide.
fn expected(vector: &Negative) -> Option<Codec> {
    match vector.outcome {
        Outcome::Bye("too-big") | Outcome::Violated("too-big") => Some(Codec::TooBig),
        Outcome::Bye("malformed") | Outcome::Violated("malformed") => Some(Codec::Malformed),
        Outcome::Waits => Some(Codec::Waits),
        Outcome::Bye(_)
        | Outcome::Error(_)
        | Outcome::Violated(_)
        | Outcome::Ignored
        | Outcome::Done => None,
    }
}

#[test]
fn negative_vectors_are_refused_by_the_codec_or_are_messages() {
    requirement!("FR-2", "FR-3", "FR-4", "FR-6", "FR-7", "FR-8", "FR-9");
    for vector in spec::negative() {
        for step in [vector.bytes.len(), 1] {
            let found = read(&vector.bytes, step, vector.phase.frame_limit());
            match expected(&vector) {
                Some(expected) => assert_eq!(found, expected, "{} by {step}", vector.name),
                None => assert!(
                    matches!(&found, Codec::Decodes(m) if m.len() == 1),
                    "{}: {found:?}",
                    vector.name
                ),
            }
        }
    }
}

#[test]
fn negative_vectors_have_their_outcome_in_the_machines() {
    requirement!(
        "HS-2", "HS-3", "HS-4", "HS-7", "HS-10", "HS-11", "HS-13", "DL-5", "DL-17", "DL-19",
        "DL-20", "DL-22"
    );
    requirement!(
        "RM-14", "TX-1", "TX-2", "TX-4", "TX-5", "TX-6", "ER-2", "ER-7", "ER-9"
    );
    let mut faults = Vec::new();
    for vector in spec::negative() {
        let want = if vector.outcome == Outcome::Waits {
            Outcome::Ignored
        } else {
            vector.outcome
        };
        match catch_unwind(|| drive(vector.phase, &vector.bytes)) {
            Ok(found) if found == want => {}
            Ok(found) => faults.push(format!("{}: {found:?} and not {want:?}", vector.name)),
            Err(_) => faults.push(format!("{}: panicked, {want:?} was wanted", vector.name)),
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn a_length_is_judged_at_its_fourth_byte_and_nothing_is_kept() {
    requirement!("FR-2", "FR-10");
    for vector in spec::negative()
        .into_iter()
        .filter(|vector| expected(vector) == Some(Codec::TooBig))
    {
        let limit = vector.phase.frame_limit();
        let mut decoder = Decoder::default();
        let mut head = &vector.bytes[..3];
        assert_eq!(decoder.next(&mut head, limit), Ok(None), "{}", vector.name);
        let mut fourth = &vector.bytes[3..4];
        assert!(decoder.next(&mut fourth, limit).is_err(), "{}", vector.name);
        assert!(decoder.buffered() <= 4, "{}", vector.name);
    }
}

#[test]
fn every_message_that_a_phase_forbids_has_a_negative_vector() {
    let columns = [
        ("server", "AwaitName", Phase::AwaitName, "unexpected"),
        ("server", "Live", Phase::Live, "unexpected"),
        ("client", "Greeting", Phase::ClientGreeting, "violation"),
        ("client", "Live", Phase::ClientLive, "violation"),
    ];
    let unexpected: BTreeSet<(Phase, &str)> =
        spec::negative().iter().filter_map(forbidden).collect();
    let mut tabled = BTreeSet::new();
    for (table, column, phase, cell) in columns {
        let table = spec::table(table);
        let rows = Kind::ALL
            .iter()
            .map(|kind| kind.tag())
            .filter(|tag| table.cell(tag, column) == cell);
        tabled.extend(rows.map(|tag| (phase, tag)));
    }
    assert_eq!(unexpected, tabled);
}

fn forbidden(vector: &Negative) -> Option<(Phase, &'static str)> {
    let wrong = matches!(
        vector.outcome,
        Outcome::Bye("unexpected") | Outcome::Violated("unexpected")
    );
    let body = vector.bytes.get(4..).filter(|_| wrong)?;
    Some((vector.phase, decode(body).ok()?.kind().tag()))
}

#[test]
fn the_mutants_of_golden_vectors_are_canonical_or_refused() {
    requirement!("FR-6");
    let mut accepted = 0;
    for vector in spec::golden()
        .into_iter()
        .filter(|vector| vector.frame.len() < 200)
    {
        for at in 0..vector.body().len() {
            for bit in 0..8 {
                let mut body = vector.body().to_vec();
                body[at] ^= 1 << bit;
                if let Ok(message) = decode(&body) {
                    assert_eq!(
                        &written(&message)[4..],
                        body,
                        "{} bit {bit} of byte {at}",
                        vector.name
                    );
                    accepted += 1;
                }
            }
        }
    }
    assert!(accepted > 1000, "mutants that are messages: {accepted}");
}
