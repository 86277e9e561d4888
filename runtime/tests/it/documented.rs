//! Commands as they stand in documents and in `--help`, run with the program under test in the place of the one that
//! a reader would have built, and a port of our own in the place of the one that the text names.

use crate::harness::{Home, Process, SOON, Server, wait_for};

/// Where the program is in a command line of a document.
const PROGRAMS: [&str; 3] = [
    "cargo run --release --",
    "target/release/parlance",
    "parlance",
];
/// Commands that a reader may be told to run and that no test can: they would run the tests.
const NOT_PLAYED: [&str; 2] = ["cargo test --workspace --locked", ".ci/run"];

/// The command lines of a text: those that begin with a program, or feed one; what explains them is taken off.
pub(crate) fn command_lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| {
        let line = line.strip_prefix(": ").unwrap_or(line).trim_start();
        let line = line.strip_prefix("$ ").unwrap_or(line);
        let line = line.split("   ").next().unwrap_or_default();
        line.split(" #")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    });
    lines.filter(|line| program(line).is_some()).collect()
}

/// What stands before the program, and its arguments.
pub(crate) fn program(line: &str) -> Option<(&str, Vec<&str>)> {
    let (before, command) = match line.rsplit_once("| ") {
        Some((before, command)) => (before, command),
        None => ("", line),
    };
    let args = PROGRAMS.iter().find_map(|program| {
        let rest = command.strip_prefix(program)?;
        (rest.is_empty() || rest.starts_with(' ')).then_some(rest)
    })?;
    Some((before, args.split_whitespace().collect()))
}

/// A reader who types one command after the other.
pub(crate) struct Scene {
    home: Home,
    server: Option<Server>,
    /// One that lets in by invitation.
    club: Option<Server>,
}

impl Scene {
    pub(crate) fn new() -> Scene {
        Scene {
            home: Home::new(),
            server: None,
            club: None,
        }
    }

    /// Runs a command line and sees that it does what it is for.
    ///
    /// # Panics
    ///
    /// If it does not, or if nobody has told this function what it is.
    pub(crate) fn play(&mut self, line: &str) {
        if NOT_PLAYED.contains(&line) {
            return;
        }
        if let Some(name) = line.strip_prefix("sh examples/echo.sh ") {
            assert_eq!(name, "echo", "{line}");
            drop(self.start_bot());
            return;
        }
        let (before, args) = program(line).unwrap_or_else(|| panic!("what is this to do? {line}"));
        match args[..] {
            ["serve", ..] if args.contains(&"--listen") => {
                self.club = Some(Server::of(self.home.start(here(&args, "127.0.0.1:0"))));
            }
            ["serve", ..] => {
                self.server = Some(Server::of(self.home.start(here(&args, "127.0.0.1:0"))))
            }
            ["--name", "server", "--port", _] => self.server = Some(self.seed_server()),
            ["join", ..] => {
                let mut member = self.start(&args, "");
                member.expect_err("connected as");
                member.close_stdin();
                assert_eq!(member.finish(SOON).status, 0, "{line}");
            }
            ["send", ..] => {
                let sent = self.start(&args, before).finish(SOON);
                assert_eq!((sent.status, sent.err.as_str()), (0, ""), "{line}");
            }
            ["ask", ..] => {
                let bot = self.start_bot();
                let answer = self.start(&args, "").finish(SOON);
                assert_eq!(answer.status, 0, "{line}: {}", answer.err);
                drop(bot);
            }
            ["who", ..] => {
                let who = self.start(&args, "").finish(SOON);
                assert_eq!((who.status, who.err.as_str()), (0, ""), "{line}");
                assert!(!who.out.is_empty(), "{line}");
            }
            ["tail", .., "--bot", "--name", _] => {
                let bot = self.start(&args, "");
                let others = ["send", "--name", "asker"];
                // It hears what is said once it is in.
                wait_for(
                    SOON,
                    || format!("hello at {line}"),
                    || {
                        self.start(&others, "echo hello").finish(SOON);
                        bot.out().contains("hello").then_some(())
                    },
                );
            }
            ["tail", ..] => {
                let reader = self.start(&args, "");
                if !args.contains(&"--no-follow") {
                    reader.expect_out("joined");
                    reader.signal("TERM");
                }
                assert_eq!(reader.finish(SOON).status, 0, "{line}");
            }
            ["load", ..] => {
                let load = self.start(&briefly(&args), "").finish(SOON);
                assert_eq!(load.status, 0, "{line}: {}", load.err);
            }
            ["invite", ..] => {
                let club = ["serve", "--listen", "127.0.0.1:0", "--invited"];
                let home = &self.home;
                self.club
                    .get_or_insert_with(|| Server::of(home.start(club)));
                let done = home.start(&args).finish(SOON);
                assert_eq!(done.status, 0, "{line}: {}", done.err);
            }
            ["mod", ..] => self.play_mod(&args, line),
            ["log", ..] => self.play_log(line),
            ["identity", task, ..] => self.play_identity(task, &args, line),
            ["--name", _, "--port", _] => {
                let mut member = self.start(&args, "");
                member.expect_out("@127.0.0.1]> ");
                member.close_stdin();
                assert_eq!(member.finish(SOON).status, 0, "{line}");
            }
            _ => panic!("what is this to do? {line}"),
        }
    }

    /// The bot of `examples/echo.sh`, once it is in the room.
    fn start_bot(&mut self) -> Process {
        let place = self
            .server
            .get_or_insert_with(|| Server::start(&[]))
            .place();
        let watcher = self.home.start(["tail", &place, "--name", "watcher"]);
        watcher.expect_out("watcher@127.0.0.1 joined");
        let bot = crate::bots::shell_bot(&self.home, "echo", &place);
        watcher.expect_out("echo@127.0.0.1 joined");
        bot
    }

    /// Moderates a room in which bob is, and has said something.
    fn play_mod(&self, args: &[&str], line: &str) {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--admin", "resident"];
        let server = Server::of(self.home.start(serve));
        let place = server.place();
        let room = args.iter().position(|arg| *arg == "--room");
        let room = room.map_or("lobby", |at| args[at + 1]);
        let join = |home: &Home, name: &str| {
            let member = home.start(["join", &place, "--name", name, "--room", room]);
            member.expect_err("connected as");
            member
        };
        // Whoever comes first may moderate.
        let alice = join(&self.home, "alice");
        let mut bob = join(&Home::new(), "bob");
        bob.say("something");
        alice.expect_out("bob: something");
        let args = args.iter().map(|arg| match arg.trim_matches('\'') {
            // A line that is there.
            "#141" => "#3",
            arg => arg,
        });
        let args: Vec<&str> = ["mod", "--host", &place]
            .into_iter()
            .chain(args.skip(1))
            .collect();
        let done = self.home.start(&args).finish(SOON);
        assert_eq!((done.status, done.err.as_str()), (0, ""), "{line}");
    }

    /// Runs a command of the log in a folder that a server has filled and left.
    fn play_log(&self, line: &str) {
        let folder = self.home.path().join("log").display().to_string();
        if !std::path::Path::new(&folder).exists() {
            let server = Server::start(&["--data", &folder]);
            let sent = self
                .home
                .send(&server, &["--name", "alice"], b"the build is green\n");
            assert_eq!(sent.status, 0, "{}", sent.err);
            server.process.signal("TERM");
            assert_eq!(server.process.finish(SOON).status, 0);
        }
        let commands: Vec<String> = line
            .replace("/var/lib/parlance", &folder)
            .split(" | ")
            .map(|command| command.replacen("parlance", "\"$PARLANCE\"", 1))
            .collect();
        let ran = self.home.run(self.home.shell(&commands.join(" | ")));
        let ran = ran.finish(SOON);
        assert_eq!(ran.status, 0, "{line}: {}", ran.err);
    }

    /// Runs a command about the identity; what was exported is imported at another home, where both are the same then.
    fn play_identity(&self, task: &str, args: &[&str], line: &str) {
        let run = |home: &Home, args: &[&str]| {
            let mut command = home.parlance(args.iter());
            command.current_dir(self.home.path());
            let end = home.run(command).finish(SOON);
            assert_eq!(end.status, 0, "{line}: {}", end.err);
            end.out
        };
        if task != "import" {
            run(&self.home, args);
            return;
        }
        let other = Home::new();
        run(&other, args);
        let show = ["identity", "show"];
        assert_eq!(run(&other, &show), run(&self.home, &show), "{line}");
    }

    /// Starts a client of the server that is there, behind what feeds it.
    fn start(&mut self, args: &[&str], before: &str) -> Process {
        let place = self
            .server
            .get_or_insert_with(|| Server::start(&[]))
            .place();
        let args = here(args, &place);
        if before.is_empty() {
            return self.home.start(args);
        }
        let quoted: Vec<_> = args.iter().map(|arg| format!("'{arg}'")).collect();
        let script = format!("{before} | \"$PARLANCE\" {}", quoted.join(" "));
        self.home.run(self.home.shell(&script))
    }

    fn seed_server(&self) -> Server {
        let process = self.home.start(["--name", "server", "--port", "0"]);
        process.expect_out("服务器监听在端口: ");
        process.expect_out("\n");
        let out = process.out();
        let port = out.trim().rsplit(' ').next().unwrap_or_default();
        let address = format!("127.0.0.1:{port}").parse().expect("a port");
        Server { process, address }
    }
}

/// The same arguments for the server at `place`.
fn here(args: &[&str], place: &str) -> Vec<String> {
    let port = place.rsplit(':').next().unwrap_or_default();
    let mut args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    if let Some(at) = args.iter().position(|arg| arg == "--port") {
        args[at + 1] = port.to_owned();
    } else if let Some(at) = args.iter().position(|arg| arg == "--listen") {
        // As it would be on an address that others can reach.
        args[at + 1] = place.to_owned();
        args.extend(["--tls".to_owned(), "--invited".to_owned()]);
    } else if let Some(at) = args.iter().position(|arg| arg.starts_with("127.0.0.1")) {
        args[at] = place.to_owned();
    } else if args[0] == "serve" {
        args.extend(["--listen".to_owned(), place.to_owned()]);
    } else {
        args.insert(1, place.to_owned());
    }
    args
}

/// A load that a test has time for, without the number of a process that is only an example.
fn briefly<'a>(args: &[&'a str]) -> Vec<&'a str> {
    let mut args = args.to_vec();
    for (flag, value) in [
        ("--clients", "20"),
        ("--senders", "2"),
        ("--warm-up", "100ms"),
        ("--duration", "500ms"),
    ] {
        match args.iter().position(|arg| *arg == flag) {
            Some(at) => args[at + 1] = value,
            None => args.extend([flag, value]),
        }
    }
    if let Some(at) = args.iter().position(|arg| *arg == "--server-pid") {
        args.drain(at..=at + 1);
    }
    args
}
