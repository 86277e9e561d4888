//! Several devices with one identity, and how it gets from one to the other.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::Duration;

use crate::harness::{Finished, Home, Process, SOON, Server};
use crate::peer::Peer;
use crate::requirement;
use crate::terminal::Terminal;
use crate::way::Way;

const START: &str = "parlance-identity-1:";

fn run(home: &Home, args: &[&str], input: &[u8]) -> Finished {
    let mut process = home.start(["identity"].iter().chain(args));
    process.give(input);
    process.finish(SOON)
}

/// The line of a home's identity.
fn exported(home: &Home) -> String {
    let end = run(home, &["export", "-"], b"");
    assert_eq!((end.status, end.err.as_str()), (0, ""));
    end.out
}

fn fingerprint(home: &Home) -> String {
    let end = run(home, &["show"], b"");
    assert_eq!((end.status, end.err.as_str()), (0, ""));
    end.out
}

/// Two homes with one identity, brought from the first to the second in a file.
fn devices() -> [Home; 2] {
    let homes = [Home::new(), Home::new()];
    let file = homes[0].path().join("alice.key").display().to_string();
    let end = run(&homes[0], &["export", &file], b"");
    assert_eq!((end.status, end.out.as_str()), (0, ""), "{}", end.err);
    let end = run(&homes[1], &["import", &file], b"");
    assert_eq!((end.status, end.out.as_str()), (0, ""), "{}", end.err);
    assert_eq!(fingerprint(&homes[0]), fingerprint(&homes[1]));
    homes
}

fn join(home: &Home, place: &str) -> Process {
    let joiner = home.start(["join", place, "--name", "alice"]);
    joiner.expect_err("connected as alice");
    joiner
}

/// A stranger asks for the name, and what looks like it.
fn refused(place: &str) {
    for name in ["alice", "Alice", "аlice"] {
        let stranger = Home::new().start(["join", place, "--name", name]);
        let end = stranger.finish(SOON);
        assert_eq!(end.status, 5, "{name}: {}", end.err);
        assert!(end.err.contains("taken"), "{}", end.err);
    }
}

#[test]
fn two_devices_are_one_member_until_the_last_has_gone() {
    requirement!("HS-8", "HS-12", "HS-13", "HS-15");
    let server = Server::start(&["--grace", "1s"]);
    let place = server.place();
    let [desk_home, phone_home] = devices();
    let mut carol = Home::new().join(&server, "carol");
    let mut desk = join(&desk_home, &place);
    carol.expect_out("--> alice@127.0.0.1 joined, 2 here");
    let mut phone = join(&phone_home, &place);
    phone.say("/who");
    phone.expect_out("  2 here\n");
    let (mut guest, _) = Peer::guest(server.address, "guest");
    let mut names = guest.who();
    names.sort();
    assert_eq!(names, ["alice", "carol", "guest"], "one member");

    carol.say("for both");
    desk.say("from the desk");
    phone.say("from the phone");
    for heard in [&desk, &phone, &carol] {
        heard.expect_out("carol: for both\n");
        heard.expect_out("alice: from the desk\n");
        heard.expect_out("alice: from the phone\n");
    }
    refused(&place);

    desk.say("/quit");
    assert_eq!(desk.finish(SOON).status, 0);
    phone.say("still here");
    carol.expect_out("alice: still here\n");
    refused(&place);
    // In grace, which its crash leaves it in; long enough for a stranger.
    phone.crash();
    refused(&place);
    carol.expect_out("<-- alice@127.0.0.1 left, ");
    // Gone: the name is still hers.
    refused(&place);
    let told = carol.out();
    for (what, times) in [("alice@127.0.0.1 joined", 1), ("alice@127.0.0.1 left", 1)] {
        assert_eq!(told.matches(what).count(), times, "{what}: {told}");
    }
    let back = join(&desk_home, &place);
    carol.expect_out("joined, 3 here");
    drop(back);
}

#[test]
fn a_name_is_refused_in_grace() {
    requirement!("HS-13");
    let server = Server::start(&["--grace", "60s"]);
    let place = server.place();
    let [desk_home, phone_home] = devices();
    let mut carol = Home::new().join(&server, "carol");
    let mut desk = join(&desk_home, &place);
    carol.expect_out("--> alice@127.0.0.1 joined");
    desk.crash();
    let (mut guest, _) = Peer::guest(server.address, "guest");
    refused(&place);
    // The other device is not a stranger.
    let phone = join(&phone_home, &place);
    carol.say("no leave, no join");
    phone.expect_out("carol: no leave, no join");
    assert!(guest.who().contains(&"alice".to_owned()));
    let told = carol.out();
    assert!(!told.contains("alice@127.0.0.1 left"), "{told}");
    assert_eq!(told.matches("alice@127.0.0.1 joined").count(), 1, "{told}");
}

/// The server still believes in a link that is dead: whoever comes with the identity has the name at once.
#[test]
fn a_ghost_keeps_nobody_from_his_name() {
    requirement!("HS-12", "HS-13");
    let server = Server::start(&[]);
    let way = Way::to(server.address);
    let [desk_home, phone_home] = devices();
    let mut carol = Home::new().join(&server, "carol");
    let desk = join(&desk_home, &way.place());
    carol.expect_out("--> alice@127.0.0.1 joined");
    way.darken();
    std::thread::sleep(Duration::from_secs(1));
    let phone = join(&phone_home, &way.place());
    phone.expect_err("connected as alice, 2 here");
    carol.say("hello, phone");
    phone.expect_out("carol: hello, phone");
    // Asked at the same address as she, so that only the secret differs.
    refused(&way.place());
    assert!(!carol.out().contains("left"), "{}", carol.out());
    drop(desk);
}

#[test]
fn it_is_one_line_of_text_in_a_file_for_its_owner() {
    let home = Home::new();
    let file = home.path().join("alice.key");
    let name = file.display().to_string();
    let end = run(&home, &["export", &name], b"");
    assert_eq!((end.status, end.out.as_str()), (0, ""), "{}", end.err);
    let fingerprint = fingerprint(&home);
    assert!(end.err.contains(fingerprint.trim()), "{}", end.err);
    assert_eq!(fs::metadata(&file).expect("a file").mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).expect("a text");
    assert_eq!(text, exported(&home), "the same in a pipe");
    let line = text.strip_suffix('\n').expect("a line");
    assert_eq!((line.len(), line.lines().count()), (START.len() + 48, 1));
    assert!(line.starts_with(START) && !end.err.contains(START));
    assert!(!line.contains(fingerprint.trim()));

    let again = run(&home, &["export", &name], b"");
    assert_eq!(again.status, 1);
    assert_eq!(again.err.lines().count(), 1, "{}", again.err);
    assert!(again.err.contains("already"), "{}", again.err);
    assert_eq!(fs::read_to_string(&file).expect("a text"), text);
    let nowhere = run(&home, &["export", "no/such/folder"], b"");
    assert_eq!(
        (nowhere.status, nowhere.err.lines().count()),
        (1, 1),
        "{}",
        nowhere.err
    );
}

#[test]
fn a_terminal_is_shown_it_only_by_force() {
    let home = Home::new();
    let mut shown = Terminal::start(home.clone(), &["identity", "export", "-"]);
    assert_eq!(shown.status(), 2);
    let printed = shown.whole();
    assert!(
        printed.contains("--force") && !printed.contains(START),
        "{printed}"
    );
    let mut shown = Terminal::start(home.clone(), &["identity", "export", "-", "--force"]);
    assert_eq!(shown.status(), 0);
    assert_eq!(shown.whole().trim_end(), exported(&home).trim_end());
}

#[test]
fn what_is_no_identity_is_refused_and_changes_nothing() {
    let (home, other) = (Home::new(), Home::new());
    let line = exported(&other);
    let before = exported(&home);
    let mut damaged = line.clone();
    let last = damaged.trim_end().len() - 1;
    damaged.replace_range(
        last..=last,
        if line.as_bytes()[last] == b'A' {
            "B"
        } else {
            "A"
        },
    );
    let inputs: [(&[u8], &str); 8] = [
        (b"", "begins with parlance-identity-1:"),
        (b"hello\n", "begins with parlance-identity-1:"),
        (b"\xff\xfe\x00", "begins with parlance-identity-1:"),
        (&[b'x'; 100_000], "begins with parlance-identity-1:"),
        (b"parlance-identity-2:AAAA\n", "another version"),
        (damaged.as_bytes(), "damaged"),
        (&line.as_bytes()[..40], "damaged"),
        (b"parlance-identity-1:\x1b]0;owned\x07", "damaged"),
    ];
    for (input, word) in inputs {
        let file = home.path().join("in.key");
        fs::write(&file, input).expect("a file");
        let name = file.display().to_string();
        for (source, input) in [(name.as_str(), &b""[..]), ("-", input)] {
            for flags in [&[][..], &["--replace"]] {
                let args = [&["import", source][..], flags].concat();
                let end = run(&home, &args, input);
                assert_eq!((end.status, end.out.as_str()), (1, ""), "{}", end.err);
                assert_eq!(end.err.lines().count(), 1, "{}", end.err);
                assert!(
                    end.err.contains(word) && !end.err.contains('\x1b'),
                    "{}",
                    end.err
                );
            }
        }
    }
    let end = run(&home, &["import", "nothing.key"], b"");
    assert_eq!((end.status, end.err.lines().count()), (1, 1), "{}", end.err);
    assert_eq!(exported(&home), before);
}

#[test]
fn another_identity_is_replaced_only_if_asked_for_and_kept_beside() {
    requirement!("HS-13");
    let (home, other) = (Home::new(), Home::new());
    let server = Server::start(&[]);
    drop(home.join(&server, "mallory"));
    let (mine, line) = (exported(&home), exported(&other));
    let refused = run(&home, &["import", "-"], line.as_bytes());
    assert_eq!(refused.status, 2);
    assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
    assert!(refused.err.contains("--replace"), "{}", refused.err);
    assert_eq!(exported(&home), mine);

    let done = run(&home, &["import", "-", "--replace"], line.as_bytes());
    assert_eq!(done.status, 0, "{}", done.err);
    assert_eq!(exported(&home), line);
    let folder = home.path().join("state/parlance");
    let old = fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file").path())
        .find(|path| path.display().to_string().contains("master.key.old-20"))
        .expect("the old one is there");
    assert!(
        done.err.contains(&old.display().to_string()),
        "{}",
        done.err
    );
    assert_eq!(
        old.metadata().expect("a file").permissions().mode() & 0o777,
        0o600
    );
    let again = run(&home, &["import", "-"], line.as_bytes());
    assert_eq!(again.status, 0);
    assert!(again.err.contains("already"), "{}", again.err);
    // Now a stranger to whom it was.
    let end = home
        .start(["join", &server.place(), "--name", "mallory"])
        .finish(SOON);
    assert_eq!(end.status, 5, "{}", end.err);
    // And back.
    fs::rename(old, folder.join("master.key")).expect("a file");
    assert_eq!(exported(&home), mine);
    drop(home.join(&server, "mallory"));
}

#[test]
fn what_is_asked_of_a_device_without_one() {
    let home = Home::new();
    let end = run(&home, &["show"], b"");
    assert_eq!((end.status, end.out.as_str()), (1, ""));
    assert_eq!(end.err.lines().count(), 1, "{}", end.err);
    assert!(end.err.contains("no identity"), "{}", end.err);
    // Asking has drawn none, so there is nothing in the way of another's.
    let line = exported(&Home::new());
    let end = run(&home, &["import", "-"], line.as_bytes());
    assert_eq!(end.status, 0, "{}", end.err);
    assert_eq!(exported(&home), line);
}

/// Sessions are of a running client: what is exported has none, and what is kept for them is not touched.
#[test]
fn sessions_stay_on_their_device() {
    requirement!("HS-17");
    let server = Server::start(&[]);
    let [desk_home, phone_home] = devices();
    drop(join(&desk_home, &server.place()));
    let sessions = |home: &Home| home.path().join("state/parlance/sessions");
    let kept = |home: &Home| fs::read_dir(sessions(home)).map_or(0, Iterator::count);
    assert!(kept(&desk_home) > 0 && kept(&phone_home) == 0);
    let line = exported(&desk_home);
    let end = run(&phone_home, &["import", "-"], line.as_bytes());
    assert_eq!(end.status, 0, "{}", end.err);
    assert_eq!(kept(&phone_home), 0);
}
