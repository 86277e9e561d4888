//! The command line.

use std::net::TcpListener;

use crate::documented::{Scene, command_lines};
use crate::harness::{Finished, Home, SOON, Server};

fn run(args: &[&str]) -> Finished {
    Home::new().start(args).finish(SOON)
}

#[test]
fn help_of_each_command_has_an_example_that_works() {
    for command in [
        "", "serve", "join", "send", "tail", "ask", "who", "load", "log", "identity", "invite",
        "trust",
    ] {
        for flag in ["--help", "-h"] {
            let args: Vec<&str> = [command, flag]
                .into_iter()
                .filter(|arg| !arg.is_empty())
                .collect();
            let help = run(&args);
            assert_eq!((help.status, help.err.as_str()), (0, ""), "{command}");
            let (_, examples) = help.out.split_once("Example").expect("an example");
            let lines = command_lines(examples);
            assert!(!lines.is_empty(), "{command}: {}", help.out);
            // That of `trust` names a server far away.
            if flag == "--help" && command != "trust" {
                let mut scene = Scene::new();
                lines.iter().for_each(|line| scene.play(line));
            }
        }
    }
}

#[test]
fn version() {
    let version = run(&["--version"]);
    let expected = concat!("parlance ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!((version.status, version.out.as_str()), (0, expected));
}

#[test]
fn a_busy_port_names_the_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let end = run(&["serve", "--listen", &address]);
    assert_eq!(end.status, 1, "{}", end.err);
    assert_eq!(end.err.lines().count(), 1, "{}", end.err);
    for word in [address.as_str(), "--listen", "taken"] {
        assert!(end.err.contains(word), "{word}: {}", end.err);
    }
}

#[test]
fn clear_text_stays_on_this_machine() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let end = run(&["serve", "--listen", address, "--tls", "off"]);
        assert_eq!(end.status, 2, "{}", end.err);
        assert_eq!(end.err.lines().count(), 1, "{}", end.err);
        assert!(end.err.contains("--insecure"), "{}", end.err);
    }
    // With the flag it starts, and warns. 127.0.0.2 is a loopback address too, and needs no flag.
    let open = Server::at("0.0.0.0:0", &["--insecure"]);
    open.process.expect_err("warning: clear text");
    if cfg!(target_os = "linux") {
        let near = Server::at("127.0.0.2:0", &[]);
        let alice = Home::new().join(&near, "alice");
        assert!(
            !near.process.err().contains("warning"),
            "{}",
            near.process.err()
        );
        drop(alice);
    }
}

#[test]
fn port_0_is_announced_first() {
    let server = Server::start(&[]);
    assert_ne!(server.address.port(), 0);
    let again = Server::start(&[]);
    assert_ne!(server.address, again.address);
    assert_eq!(server.process.out(), "", "stdout is for what was asked for");
}

#[test]
fn usage_is_2_on_one_line() {
    let refused: &[&[&str]] = &[
        &[],
        &["dance"],
        &["serve", "--listen", "8800"],
        &["serve", "--listen", "127.0.0.1:65536"],
        &["serve", "--handshake", "10 parsecs"],
        &["serve", "--handshake", "0"],
        &["serve", "--memory", "lots"],
        &["serve", "--ring", "1"],
        &["serve", "--rooms", "0"],
        &["serve", "--burst", "0"],
        &["serve", "--rate", "-1"],
        &["serve", "--dead-after", "1s", "--ping-after", "2s"],
        &["serve", "extra"],
        &["join", "--name", ""],
        &["join", "--name", "server"],
        &["join", "--name", " alice"],
        &["join", "--name", "a\nb"],
        &["join", "--name", "an-uncommonly-long-name-of-33-char"],
        &["join", "--room", "Lobby"],
        &["join", "--room", "../x"],
        &["join", "--history", "1001"],
        &["join", "host:0"],
        &["join", "--timeout", "never"],
        &["tail", "--since", "-1"],
        &["tail", "--since", "1", "--history", "1"],
        &["send", "--room", "", "x"],
        &["identity"],
        &["ask"],
        &["ask", "127.0.0.1:1", "a\u{1b}"],
        &["who", "--lang", "fr"],
        &["send", "--re", "0", "x"],
        &["tail", "--bot", "--history", "1"],
        &["identity", "export"],
        &["identity", "import", "a", "b"],
        &["--name", "alice"],
        &["--port", "8800"],
        &["--name", "alice", "--port", "65536"],
        &["--name", "a\u{202e}b", "--port", "8800"],
        &["--name", "alice", "--port", "8800", "serve"],
    ];
    for args in refused {
        let end = run(args);
        assert_eq!(end.status, 2, "{args:?}: {} {}", end.out, end.err);
        assert_eq!(end.out, "", "{args:?}");
        assert_eq!(end.err.lines().count(), 1, "{args:?}: {}", end.err);
        assert!(end.err.starts_with("parlance: "), "{args:?}: {}", end.err);
        assert!(
            !end.err.contains(['\u{1b}', '\u{202e}']),
            "{args:?}: {:?}",
            end.err
        );
    }
}

#[test]
fn a_place_is_named_in_many_ways() {
    let server = Server::start(&[]);
    let (home, port) = (Home::new(), server.address.port());
    for place in [format!("localhost:{port}"), format!("127.0.0.1:{port}")] {
        let mut bot = home.start(["send", &place, "--name", "bot"]);
        bot.give(b"x");
        let end = bot.finish(SOON);
        assert_eq!(end.status, 0, "{place}: {}", end.err);
    }
}

#[test]
fn the_login_name_is_the_name() {
    let server = Server::start(&[]);
    let alice = Home::new().start(["join", &server.place()]);
    alice.expect_err("connected as resident");
}

#[cfg(unix)]
#[test]
fn the_key_is_for_its_owner_alone() {
    use std::os::unix::fs::MetadataExt;
    let server = Server::start(&[]);
    let home = Home::new();
    assert_eq!(home.send(&server, &[], b"x").status, 0);
    let mut folders = vec![home.path().join("state")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a state folder") {
            let path = entry.expect("an entry").path();
            let mode = path.metadata().expect("a file").mode() & 0o077;
            assert_eq!(mode, 0, "{}", path.display());
            if path.is_dir() {
                folders.push(path);
            } else {
                files += 1;
            }
        }
    }
    assert!(files > 0, "a key is kept");
}
