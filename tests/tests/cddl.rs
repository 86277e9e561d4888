//! The grammar of SPEC.md, section 4, against what we write ourselves.
//!
//! Never against what a stranger sends: the validator believes the heads of arrays. It does not see what is not
//! deterministic either; that is the codec's business, and the vectors'.

use parlance_proto::generators::message;
use parlance_proto::wire::{Kind, Message, decode, encode};
use parlance_tests::spec;
use proptest::test_runner::{Config as ProptestConfig, TestCaseError, TestRunner};

/// Whether the grammar takes `body`, and why not.
fn judge(cddl: &str, body: &[u8]) -> Result<(), String> {
    cddl::validate_cbor_from_slice(cddl, body, None).map_err(|error| error.to_string())
}

#[test]
fn every_golden_vector_follows_the_grammar() {
    let cddl = spec::cddl();
    for vector in spec::golden() {
        let message = decode(vector.body()).expect("golden");
        let own = encode(&message).expect("within its limits");
        judge(&cddl, &own).unwrap_or_else(|error| panic!("{}: {error}", vector.name));
    }
}

#[test]
fn what_the_generators_make_follows_the_grammar() {
    let cddl = spec::cddl();
    let config = ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let run = runner.run(&message(), |message| {
        let own = encode(&message).map_err(|error| TestCaseError::fail(error.to_string()))?;
        judge(&cddl, &own).map_err(TestCaseError::fail)
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn one_past_each_range_does_not() {
    let cddl = spec::cddl();
    let past: Vec<_> = spec::negative()
        .into_iter()
        .filter(|vector| vector.name.starts_with("range-"))
        .collect();
    assert!(past.len() > 60, "{} vectors past a range", past.len());
    for vector in past {
        assert!(
            judge(&cddl, &vector.bytes[4..]).is_err(),
            "{}: taken by the grammar",
            vector.name
        );
    }
}

#[test]
fn the_grammar_has_one_rule_for_each_tag() {
    let cddl = spec::cddl();
    for kind in Kind::ALL {
        let rules = cddl
            .lines()
            .filter(|line| line.contains(&format!("= [ \"{}\",", kind.tag())))
            .count();
        assert_eq!(rules, 1, "rules for {}", kind.tag());
    }
}

#[test]
fn a_message_of_another_tag_or_length_does_not_follow_it() {
    let cddl = spec::cddl();
    let short = spec::golden()
        .into_iter()
        .filter(|vector| vector.frame.len() < 100);
    for vector in short {
        let message: Message = decode(vector.body()).expect("golden");
        let mut body = encode(&message).expect("within its limits");
        body[2] ^= 0x20; // the first letter of the tag, now lower case
        assert!(
            judge(&cddl, &body).is_err(),
            "{} with another tag",
            vector.name
        );
        body[2] ^= 0x20;
        body[0] += 1; // one element more
        body.push(0xf6);
        assert!(
            judge(&cddl, &body).is_err(),
            "{} with a null more",
            vector.name
        );
    }
}
