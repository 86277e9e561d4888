//! One scripted chat over every driver, over the runtime of `parlance`, and between them: what is heard is the same to
//! the last field. And the rules that the examples keep.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use std::{env, fs, thread};

/// Who does what. Each step is waited for by all who are in the room.
const SCRIPT: &[(&str, &str)] = &[
    ("alice", ""),
    ("bob", ""),
    ("alice", "good morning"),
    ("bob", "早上好, alice"),
    ("bob", "/nick robert"),
    ("alice", "hello, robert"),
    ("bob", "/quit"),
    ("alice", "and he is gone"),
    ("alice", "/quit"),
];

/// What each of them hears.
type Transcript = BTreeMap<&'static str, Vec<String>>;

const PATIENCE: Duration = Duration::from_secs(20);

/// A process that ends with its value.
struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Process {
    fn start(command: &mut Command) -> Process {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let (heard, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().expect("piped"));
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| heard.send(line)));
        Process { stdin: child.stdin.take(), child, lines }
    }

    fn types(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("open");
        writeln!(stdin, "{line}").expect("it reads");
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line in time")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn built() -> PathBuf {
    // target/debug/deps/chat-...: beside it are the binary and the examples.
    let own = env::current_exe().expect("known");
    own.ancestors().nth(2).expect("a folder of its own").to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn example(name: &str) -> Command {
    Command::new(built().join("examples").join(name))
}

/// The binary of the runtime, built if it is not there: `cargo test --workspace` has built it.
fn parlance() -> PathBuf {
    let binary = built().join("parlance");
    if !binary.exists() {
        let built = Command::new(env!("CARGO")).args(["build", "-p", "parlance", "--locked"]).status();
        assert!(built.expect("cargo").success());
    }
    binary
}

/// A server, and its address: `parlance` is the runtime, any other name is an example.
fn serve(name: &str) -> (Process, String) {
    if name != "parlance" {
        let server = Process::start(example(name).args(["serve", "127.0.0.1:0"]));
        let line = server.line();
        let address = line.strip_prefix("listening on ").expect("where it listens").to_owned();
        return (server, address);
    }
    let mut command = Command::new(parlance());
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let mut output = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    let (_, lines) = mpsc::channel();
    let address = line.split_whitespace().last().expect("where it listens").to_owned();
    (Process { child, stdin: None, lines }, address)
}

/// What the runtime's client keeps is of this run alone.
fn home(address: &str, who: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{who}-{}", address.replace(':', "-")))
}

fn join(name: &str, address: &str, who: &str) -> Process {
    match name {
        "parlance" => {
            let home = home(address, who);
            let _ = fs::remove_dir_all(&home);
            let mut command = Command::new(parlance());
            command.args(["join", address, "--name", who]).env("HOME", &home).stderr(Stdio::null());
            command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME").env_remove("XDG_DATA_HOME");
            Process::start(&mut command)
        }
        "wasm" => {
            let port = address.rsplit(':').next().expect("a port");
            let script = root().join("drivers/wasm/chat.mjs");
            Process::start(Command::new("node").arg(script).arg(module()).args([port, who]))
        }
        name => Process::start(example(name).args(["join", address, who])),
    }
}

/// The WASM module, which `.ci/run` builds into a folder of its own.
fn module() -> PathBuf {
    root().join("target/wasm/wasm32-unknown-unknown/debug/parlance_wasm.wasm")
}

/// Runs the script over a server of one kind and clients of another.
fn chat(server: &str, client: &str) -> Transcript {
    let (_server, address) = serve(server);
    let mut people: BTreeMap<&str, Process> = BTreeMap::new();
    let mut heard = Transcript::new();
    for &(who, line) in SCRIPT {
        if line.is_empty() {
            people.insert(who, join(client, &address, who));
        } else {
            people.get_mut(who).expect("joined").types(line);
        }
        // Each step makes one event, which all hear, but for who has left; alice hears of nobody's leaving but bob's.
        for (&name, person) in &people {
            let (last, leaves) = (name == who && line == "/quit", line == "/quit" && who == "alice");
            if last {
                people_end(person, heard.entry(name).or_default());
            } else if !leaves {
                heard.entry(name).or_default().push(masked(&person.line()));
            }
        }
        if line == "/quit" {
            people.remove(who);
        }
    }
    for (who, _) in SCRIPT {
        let _ = fs::remove_dir_all(home(&address, who));
    }
    heard
}

/// What is still heard up to the end of the output.
fn people_end(person: &Process, heard: &mut Vec<String>) {
    loop {
        match person.lines.recv_timeout(PATIENCE) {
            Ok(line) => heard.push(masked(&line)),
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("it does not end"),
        }
    }
}

/// The line without the time, and without the host, which the runtime shows and the examples do not.
fn masked(line: &str) -> String {
    let line = &line.replace("host: Some(\"127.0.0.1\")", "host: None").replace("@127.0.0.1", "");
    match (line.split_once(" at: "), line.starts_with('[').then(|| line.split_once("] ")).flatten()) {
        (Some((before, after)), _) => format!("{before} {}", after.split_once(", ").expect("a field").1),
        (None, Some((_, words))) => words.to_owned(),
        (None, None) => line.to_owned(),
    }
}

/// The in-memory driver has the whole script at once.
fn in_memory() -> Transcript {
    let mut world = Process::start(&mut example("memory"));
    for (who, line) in SCRIPT {
        world.types(&format!("{who} {line}"));
    }
    drop(world.stdin.take());
    let mut lines = Vec::new();
    people_end(&world, &mut lines);
    let mut heard = Transcript::new();
    for (name, _) in SCRIPT {
        let own = lines.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        heard.insert(name, own.map(str::to_owned).collect());
    }
    heard
}

/// How the runtime's client shows the same to people.
fn as_shown(heard: &Transcript) -> Transcript {
    let field = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}: "))?;
        let rest = rest.strip_prefix("Some(").unwrap_or(rest);
        Some(rest.strip_prefix('"')?.split('"').next()?.to_owned())
    };
    let number = |line: &str| {
        let (_, rest) = line.split_once(" members: ")?;
        rest.split(|c: char| !c.is_ascii_digit()).next().map(str::to_owned)
    };
    let show = |line: &String| {
        let name = field(line, "name").unwrap_or_default();
        Some(match line.split('(').next()? {
            "Said" => format!("{name}: {}", field(line, "text")?),
            "Joined" => format!("--> {name} joined, {} here", number(line)?),
            "Left" => format!("<-- {name} left, {} here", number(line)?),
            "Renamed" => format!("--- {} is now {}", field(line, "old")?, field(line, "new")?),
            _ => return None,
        })
    };
    heard.iter().map(|(name, lines)| (*name, lines.iter().filter_map(show).collect())).collect()
}

#[test]
fn one_chat_over_every_driver_gives_one_transcript() {
    let wanted = in_memory();
    assert_eq!(wanted["alice"].len(), 10, "{wanted:#?}");
    assert_eq!(wanted["bob"].len(), 8, "{wanted:#?}");
    assert_eq!(wanted["bob"].last().map(String::as_str), Some("ended: quit"));
    for driver in ["threads", "mio", "smol"] {
        assert_eq!(chat(driver, driver), wanted, "{driver} with itself");
        assert_eq!(chat("parlance", driver), wanted, "the binary serves {driver}");
    }
    let shown = as_shown(&wanted);
    for server in ["parlance", "threads", "mio", "smol"] {
        assert_eq!(chat(server, "parlance"), shown, "{server} serves the binary");
    }
}

/// Where the target or node is not there it says so; with `PARLANCE_WASM=required`, as in `.ci/run`, that is a fault.
#[test]
fn the_wasm_client_hears_the_same() {
    let node =
        Command::new("node").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    let missing = match (node, module().exists()) {
        (true, true) => None,
        (false, _) => Some("there is no node"),
        (_, false) => Some("the module is not built: see the step \"wasm\" of .ci/run"),
    };
    if let Some(why) = missing {
        assert!(env::var_os("PARLANCE_WASM").is_none_or(|word| word != "required"), "{why}");
        return eprintln!("skipped: the WASM client was not run, since {why}");
    }
    assert_eq!(chat("parlance", "wasm"), in_memory());
}

#[test]
fn an_example_is_short_complete_and_without_the_runtime() {
    let folder = root().join("drivers");
    let read = |file: &str| fs::read_to_string(folder.join(file)).expect(file);
    let mut examples: Vec<(String, String)> = fs::read_dir(folder.join("examples"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .map(|name| (name.clone(), read(&format!("examples/{name}"))))
        .collect();
    examples.push(("wasm".into(), read("wasm/src/lib.rs") + &read("wasm/chat.mjs")));
    assert_eq!(examples.len(), 5);
    for (name, text) in &examples {
        let lines = text.lines().count();
        assert!(lines <= 220, "{name} has {lines} lines");
        for line in text.lines() {
            // The crate `parlance`, and not `parlance_proto`; and nothing shared between the examples.
            assert!(!line.contains("parlance::") && !line.contains("use parlance;"), "{name}: {line}");
            assert!(!line.contains("parlance_drivers"), "{name}: {line}");
        }
    }
    for manifest in [read("Cargo.toml"), read("wasm/Cargo.toml")] {
        let names = manifest.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        assert!(names.into_iter().all(|name| name != "parlance"), "the runtime is no dependency");
    }
}
