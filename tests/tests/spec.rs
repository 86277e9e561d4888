//! SPEC.md against itself, and its tables against the constants and codes of the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::BytesMut;
use parlance::server::{FAREWELLS, GateLimits, NEW_WINDOW};
use parlance_proto::client::{self, State};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::room::{MODERATED, SPOKE, Settings};
use parlance_proto::server;
use parlance_proto::text::{Host, Text, Topic, Why};
use parlance_proto::time::Instant;
use parlance_proto::wire::{Bye, ByeCode, ErrorCode, Kind, Message, encode_frame, limits};
use parlance_tests::requirement;
use parlance_tests::spec::drive::{settle, welcomed};
use parlance_tests::spec::{self, NameCase, Phase, Table, Verdict};

const FAMILIES: [&str; 9] = ["FR", "HS", "RM", "DL", "LV", "TR", "TX", "ER", "LG"];

#[test]
fn requirements_are_numbered_without_a_hole_and_demand_something() {
    let all = spec::requirements();
    for family in FAMILIES {
        let mut numbers: Vec<usize> = all.iter().filter_map(|it| number(family, it.id)).collect();
        numbers.sort_unstable();
        let expected: Vec<usize> = (1..=numbers.len()).collect();
        assert!(!numbers.is_empty(), "{family}");
        assert_eq!(numbers, expected, "{family}");
    }
    let families = all.iter().map(|it| {
        FAMILIES
            .iter()
            .filter_map(|family| number(family, it.id))
            .count()
    });
    assert_eq!(families.sum::<usize>(), all.len(), "an id of no family");
    for requirement in all {
        assert!(
            requirement.text.contains("MUST"),
            "{} demands nothing",
            requirement.id
        );
    }
}

fn number(family: &str, id: &str) -> Option<usize> {
    id.strip_prefix(family)?.strip_prefix('-')?.parse().ok()
}

#[test]
fn every_id_that_is_mentioned_exists() {
    let known = ids();
    let mut texts = vec![("SPEC.md".to_owned(), spec::text().to_owned())];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in ["proto", "runtime", "tests", "fuzz"] {
        for file in sources(&root.join(folder)) {
            let text = fs::read_to_string(&file).expect("a source that can be read");
            texts.push((file.display().to_string(), text));
        }
    }
    assert!(texts.len() > 10, "sources were found");
    for (file, text) in texts {
        for id in mentioned(&text) {
            assert!(known.contains(id), "{file} mentions {id}");
        }
    }
}

fn ids() -> BTreeSet<&'static str> {
    spec::requirements()
        .into_iter()
        .map(|requirement| requirement.id)
        .collect()
}

/// All Rust files below a folder, but for what is built.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() && !path.ends_with("target") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// What looks like an id: a family and a number, not in the middle of a word.
fn mentioned(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for family in FAMILIES {
        for (at, _) in text.match_indices(&format!("{family}-")) {
            let inside = text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
            let rest = &text[at + family.len() + 1..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if !inside && digits > 0 {
                found.push(&text[at..at + family.len() + 1 + digits]);
            }
        }
    }
    found
}

#[test]
fn ids_are_seen_where_they_stand() {
    let (first, second) = ("FR-1", "HS-20");
    assert_eq!(
        mentioned(&format!("[{first}], {second}. XFR-3 UTF-8 FR-x")),
        [first, second]
    );
}

#[test]
fn the_transition_tables_are_whole() {
    check_transitions(
        "server",
        &["AwaitName", "Joining", "Live", "Leaving", "Closing"],
    );
    check_transitions(
        "client",
        &["Offline", "Greeting", "Live", "Quitting", "Ended"],
    );
}

fn check_transitions(name: &str, phases: &[&str]) {
    let (table, words) = (spec::table(name), spec::vocabulary(name));
    assert_eq!(table.columns[0], "message");
    assert_eq!(table.columns[1..], *phases);
    let tags: Vec<&str> = Kind::ALL.iter().map(|kind| kind.tag()).collect();
    assert_eq!(
        table.keys(),
        tags,
        "one row a message, in the order of section 4"
    );
    let used: BTreeSet<&str> = table
        .rows
        .iter()
        .flat_map(|row| &row[1..])
        .map(String::as_str)
        .collect();
    let allowed: BTreeSet<&str> = words.keys().into_iter().collect();
    assert_eq!(used, allowed, "the words of the {name} table");
}

#[test]
fn every_code_is_tabled_and_every_tabled_code_exists() {
    requirement!("ER-8");
    let table = spec::table("bye");
    let known: Vec<&str> = ByeCode::ALL.iter().map(ByeCode::as_str).collect();
    assert_eq!(sorted(table.keys()), sorted(known));
    column_within(
        &table,
        "blame",
        &["client", "request", "link", "server", "nobody"],
    );
    column_within(&table, "then", &["stops", "asks", "again", "fresh", "ends"]);
    let exits = spec::table("exit");
    let statuses: Vec<&str> = exits.keys().into_iter().chain(["-"]).collect();
    column_within(&table, "exit", &statuses);
    let errors = spec::table("error");
    let known: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(sorted(errors.keys()), sorted(known));
}

fn sorted(mut words: Vec<&str>) -> Vec<&str> {
    words.sort_unstable();
    words
}

fn column_within(table: &Table, column: &str, allowed: &[&str]) {
    for key in table.keys() {
        let cell = table.cell(key, column);
        assert!(allowed.contains(&cell), "{key}: {column} is {cell}");
    }
}

#[test]
fn limits_are_those_of_the_code() {
    let table = spec::table("limits");
    for row in &table.rows {
        assert!(
            row[1].parse::<u64>().is_ok_and(|value| value > 0),
            "{row:?}"
        );
        assert!(
            !row[2].is_empty() && !row[4].is_empty(),
            "a unit and a reason: {row:?}"
        );
        assert!(row[3].is_empty() || row[3] == "*", "{row:?}");
    }
    let limit = |name: &str| table.cell(name, "value").parse::<u64>().expect("a number");
    let sizes = [
        ("TEXT", limits::TEXT),
        ("TEXT", Text::MAX_BYTES),
        ("TOPIC", limits::TOPIC),
        ("TOPIC", Topic::MAX_BYTES),
        ("WHY", limits::WHY),
        ("WHY", Why::MAX_BYTES),
        ("HOST", limits::HOST),
        ("HOST", Host::MAX_BYTES),
        ("AGENT", limits::AGENT),
        ("PROOF", limits::PROOF),
        ("KEY", limits::KEY),
        ("SESSION", limits::SESSION),
        ("CODE", limits::CODE),
        ("VERSIONS", limits::VERSIONS),
        ("PAGE", limits::PAGE),
        ("PAGE", server::PAGE),
        ("WINDOW", server::WINDOW),
        ("ANSWERS", server::ANSWERS),
        ("PIECE", server::PIECE),
        ("PACE_SHARE", server::PACE_SHARE),
        ("NAME_BYTES", limits::NAME),
        ("NAME_CHARS", Name::MAX_CHARS),
        ("ROOM_CHARS", RoomName::MAX_CHARS),
    ];
    for (name, value) in sizes {
        assert_eq!(limit(name), u64::try_from(value).expect("small"), "{name}");
    }
    assert_eq!(limit("HELLO_FRAME"), u64::from(server::HELLO_FRAME));
    assert_eq!(
        limit("HELLO_FRAME"),
        u64::from(Phase::AwaitName.frame_limit())
    );
    assert_eq!(limit("CLIENT_FRAME"), u64::from(server::CLIENT_FRAME));
    assert_eq!(limit("CLIENT_FRAME"), u64::from(Phase::Live.frame_limit()));
    assert_eq!(limit("SERVER_FRAME"), u64::from(server::SERVER_FRAME));
    assert_eq!(
        limit("SERVER_FRAME"),
        u64::from(Phase::ClientLive.frame_limit())
    );
    assert_eq!(limit("HISTORY"), server::HISTORY);
    assert_eq!(limit("PACE_BYTES"), server::PACE_BYTES);
    assert_eq!(limit("PACE_TIME"), server::PACE_TIME.as_secs());
    assert_eq!(limit("PACE_STILL"), server::PACE_STILL.as_secs());
}

#[test]
fn defaults_are_those_of_the_code() {
    let table = spec::table("limits");
    let limit = |name: &str| table.cell(name, "value").parse::<u64>().expect("a number");
    let limits = server::Limits::default();
    let times = [
        ("HANDSHAKE", limits.handshake),
        ("HANDSHAKE", client::HANDSHAKE),
        ("PING_AFTER", limits.ping_after),
        ("DEAD_AFTER", limits.dead_after),
        ("STALL", limits.stall),
        ("GRACE", limits.grace),
        ("LINGER", limits.linger),
        ("TICKET_DEADLINE", limits.ticket_deadline),
    ];
    for (name, value) in times {
        assert_eq!(Duration::from_secs(limit(name)), value, "{name}");
    }
    let counts = [
        ("RING", limits.ring),
        ("ROOMS", limits.rooms),
        ("HELD", limits.held),
        ("TICKETS", limits.tickets),
    ];
    for (name, value) in counts {
        assert_eq!(limit(name), u64::try_from(value).expect("small"), "{name}");
    }
    let rate = limits.rate.expect("a rate");
    assert_eq!(limit("RATE"), u64::from(rate.per_second));
    assert_eq!(limit("BURST"), u64::from(rate.burst));
    assert_eq!(
        limit("BYTES_PER_SECOND"),
        u64::from(limits.bytes_per_second.expect("a rate"))
    );
    let settings = Settings::default();
    assert_eq!(limit("ANNOUNCE_BELOW"), settings.announce_below);
    assert_eq!(limit("SESSIONS"), settings.sessions);
    assert_eq!(limit("SESSION_IDLE") * 1000, settings.session_idle_ms);
    assert_eq!(limit("CLAIMS"), settings.claims);
    assert_eq!(limit("CLAIM_IDLE") * 1000, settings.claim_idle_ms);
    for (name, value) in [("MODERATED", MODERATED), ("SPOKE", SPOKE)] {
        assert_eq!(limit(name), u64::try_from(value).expect("small"), "{name}");
    }
}

#[test]
fn limits_of_the_gate_are_those_of_the_code() {
    let table = spec::table("limits");
    let limit = |name: &str| table.cell(name, "value").parse::<u32>().expect("a number");
    let limits = GateLimits::default();
    assert_eq!(limit("CONNECTIONS"), limits.connections);
    assert_eq!(limit("STRANGERS"), limits.before_login);
    assert_eq!(limit("PER_ADDRESS"), limits.per_address);
    assert_eq!(limit("NEW_PER_ADDRESS"), limits.new_per_address);
    assert_eq!(u64::from(limit("NEW_WINDOW")), NEW_WINDOW.as_secs());
    let at_once = usize::try_from(limit("FAREWELLS")).expect("small");
    assert_eq!(at_once, FAREWELLS);
}

#[test]
fn a_client_does_after_each_code_what_the_table_says() {
    requirement!("ER-8");
    let table = spec::table("bye");
    for code in ByeCode::ALL {
        let bye = Bye {
            code: code.clone(),
            text: String::new(),
            retry: None,
        };
        let mut frame = BytesMut::new();
        encode_frame(&Message::Bye(bye), &mut frame).expect("within its limits");
        let mut client = welcomed();
        client.receive(&frame, Instant::ZERO);
        let ended = settle(&mut client).is_some();
        let then = table.cell(code.as_str(), "then");
        assert_eq!(
            ended,
            matches!(then, "stops" | "asks" | "ends"),
            "{} {then}",
            code.as_str()
        );
        assert_eq!(
            client.state() == State::Offline,
            matches!(then, "again" | "fresh"),
            "{}",
            code.as_str()
        );
    }
}

#[test]
fn every_constant_that_is_mentioned_is_tabled() {
    let table = spec::table("limits");
    let tabled: BTreeSet<&str> = table.keys().into_iter().collect();
    let words = spec::text().split('`').skip(1).step_by(2);
    let constants = words.filter(|word| {
        word.contains('_') && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
    });
    for constant in constants {
        assert!(tabled.contains(constant), "{constant}");
    }
}

#[test]
fn names_and_texts_are_judged_as_section_5_says() {
    requirement!("TX-1", "TX-2", "TX-3", "TX-4", "TX-5", "TX-6", "TX-7");
    for case in spec::names() {
        let (taken, kept) = parsed(&case);
        assert_eq!(taken, case.verdict != Verdict::Refused, "{case:?}");
        assert!(
            !taken || kept == case.value,
            "altered: {case:?} to {kept:?}"
        );
        if let Verdict::SameAs(other) = &case.verdict {
            let name = Name::parse(&case.value).expect("taken");
            let other = Name::parse(other).expect("taken");
            assert!(same(&name, &other), "{case:?}");
            assert_ne!(name, other, "{case:?}");
        }
    }
}

/// Whether it is taken, and what is then kept.
fn parsed(case: &NameCase) -> (bool, String) {
    let kept = match case.kind {
        "name" => Name::parse(&case.value).ok().map(|name| name.to_string()),
        "room" => RoomName::parse(&case.value)
            .ok()
            .map(|name| name.to_string()),
        "text" => Text::parse(&case.value).ok().map(|text| text.to_string()),
        other => panic!("unknown kind {other}"),
    };
    (kept.is_some(), kept.unwrap_or_default())
}

#[test]
fn names_that_pass_are_different_people() {
    requirement!("TX-3");
    let passing = spec::names()
        .into_iter()
        .filter(|case| case.kind == "name" && case.verdict == Verdict::Ok);
    let names: Vec<Name> = passing
        .map(|case| Name::parse(&case.value).expect("taken"))
        .collect();
    assert!(names.len() > 5);
    for (at, name) in names.iter().enumerate() {
        assert!(
            names[at + 1..].iter().all(|other| !same(name, other)),
            "{name} is the same as another"
        );
    }
    let [ian, lan] = ["ian", "lan"].map(|name| Name::parse(name).expect("taken"));
    assert!(!same(&ian, &lan));
}

/// Whether two names may not stand beside each other.
fn same(a: &Name, b: &Name) -> bool {
    let others = b.skeletons();
    a.skeletons()
        .iter()
        .any(|skeleton| others.contains(skeleton))
}
