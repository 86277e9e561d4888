//! A server, homes, and processes that end with the test.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The program under test.
pub(crate) const PARLANCE: &str = env!("CARGO_BIN_EXE_parlance");

/// How long something may take that takes no time at all on an idle machine.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// Asks until there is an answer.
///
/// # Panics
///
/// If there is none within `limit`: `what` says what was waited for.
pub(crate) fn wait_for<T>(
    limit: Duration,
    what: impl FnOnce() -> String,
    mut ask: impl FnMut() -> Option<T>,
) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        if Instant::now() > end {
            panic!("not within {limit:?}: {}", what());
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A home folder: a person's keys are kept there.
#[derive(Clone)]
pub(crate) struct Home(Arc<TempDir>);

impl Home {
    pub(crate) fn new() -> Home {
        Home(Arc::new(tempfile::tempdir().expect("a folder for a home")))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The program, to be run by somebody who lives here.
    pub(crate) fn parlance<I: AsRef<str>>(&self, args: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(PARLANCE);
        command.args(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self.move_in(&mut command);
        command
    }

    /// A line of shell, in which `"$PARLANCE"` is the program.
    pub(crate) fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        self.move_in(&mut command);
        command
    }

    fn move_in(&self, command: &mut Command) {
        for (variable, value) in self.environment() {
            command.env(variable, value);
        }
        for variable in [
            "XDG_CONFIG_HOME",
            "LOGNAME",
            "LANG",
            "LC_MESSAGES",
            "RUST_LOG",
        ] {
            command.env_remove(variable);
        }
        // What a command makes where it is run goes with the home.
        command.current_dir(self.path());
    }

    /// What a process has to know of the home.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let path = |folder: &str| self.path().join(folder).to_string_lossy().into_owned();
        vec![
            ("HOME", path("")),
            ("XDG_STATE_HOME", path("state")),
            ("USER", "resident".to_owned()),
            ("TZ", "UTC".to_owned()),
            // English and without colours, whatever whoever runs the tests has.
            ("LC_ALL", "C".to_owned()),
            ("NO_COLOR", "1".to_owned()),
            ("PARLANCE", PARLANCE.to_owned()),
        ]
    }

    /// Starts the program.
    pub(crate) fn start<I: AsRef<str>>(&self, args: impl IntoIterator<Item = I>) -> Process {
        self.run(self.parlance(args))
    }

    /// Starts what is to be run here; the home stays as long as that does.
    pub(crate) fn run(&self, command: Command) -> Process {
        Process::start(command, self.clone())
    }

    /// Joins and waits until it is in.
    pub(crate) fn join(&self, server: &Server, name: &str) -> Process {
        let joiner = self.start(["join", &server.place(), "--name", name]);
        joiner.expect_err(&format!("connected as {name}"));
        joiner
    }

    /// Says `input` through `send`, and gives its status, stdout and stderr.
    pub(crate) fn send(&self, server: &Server, flags: &[&str], input: &[u8]) -> Finished {
        let place = server.place();
        let args = ["send", &place].into_iter().chain(flags.iter().copied());
        let mut process = self.start(args);
        process.give(input);
        process.finish(SOON)
    }
}

/// What is left of a process.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A child that is killed when it goes out of scope; what it prints is kept.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    out: Printed,
    err: Printed,
    // Named last, so that it goes last.
    _home: Home,
}

impl Process {
    fn start(mut command: Command, home: Home) -> Process {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("a process that starts");
        Process {
            stdin: child.stdin.take(),
            out: Printed::by(child.stdout.take().expect("stdout is a pipe")),
            err: Printed::by(child.stderr.take().expect("stderr is a pipe")),
            child,
            _home: home,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Types a line.
    pub(crate) fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin
            .write_all(format!("{line}\n").as_bytes())
            .expect("somebody reads stdin");
    }

    /// Writes all that there is to stdin and closes it; that the process does not want it all is its own affair.
    pub(crate) fn give(&mut self, input: &[u8]) {
        if let Some(mut stdin) = self.stdin.take() {
            let input = input.to_vec();
            thread::spawn(move || stdin.write_all(&input));
        }
    }

    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    pub(crate) fn out(&self) -> String {
        self.out.text()
    }

    pub(crate) fn err(&self) -> String {
        self.err.text()
    }

    /// Waits until `text` has been printed.
    pub(crate) fn expect_out(&self, text: &str) {
        self.expect(&self.out, "stdout", text);
    }

    /// Waits until `text` stands on stderr.
    pub(crate) fn expect_err(&self, text: &str) {
        self.expect(&self.err, "stderr", text);
    }

    fn expect(&self, on: &Printed, name: &str, text: &str) {
        let seen = || format!("out: {:?}\nerr: {:?}", tail(&self.out()), tail(&self.err()));
        wait_for(
            SOON,
            || format!("{text:?} on {name}; there is\n{}", seen()),
            || on.contains(text).then_some(()),
        );
    }

    /// Sends a signal by its name, such as `STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let kill = Command::new("kill")
            .args([format!("-{signal}"), self.id().to_string()])
            .status();
        assert!(kill.expect("kill(1)").success());
    }

    /// Ends it as a crash would.
    pub(crate) fn crash(&mut self) {
        // It may have ended by itself: then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }

    /// Waits for the end; -1 where a signal ended it.
    pub(crate) fn finish(mut self, limit: Duration) -> Finished {
        let status = self.wait(limit).code().unwrap_or(-1);
        Finished {
            status,
            out: self.out.whole(),
            err: self.err.whole(),
        }
    }

    fn wait(&mut self, limit: Duration) -> ExitStatus {
        let (out, err) = (self.out.clone(), self.err.clone());
        wait_for(
            limit,
            || {
                format!(
                    "its end; out {:?}, err {:?}",
                    tail(&out.text()),
                    tail(&err.text())
                )
            },
            || self.child.try_wait().expect("a child of ours"),
        )
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.crash();
    }
}

/// The last part of a text, which is what a message of a failed test has room for.
fn tail(text: &str) -> &str {
    let start = text.len().saturating_sub(2_000);
    let start = (start..=text.len()).find(|&at| text.is_char_boundary(at));
    &text[start.unwrap_or_default()..]
}

/// What a process has printed so far.
#[derive(Clone)]
pub(crate) struct Printed {
    bytes: Arc<Mutex<(Vec<u8>, bool)>>,
}

impl Printed {
    pub(crate) fn by(mut from: impl Read + Send + 'static) -> Printed {
        let printed = Printed {
            bytes: Arc::default(),
        };
        let to = Arc::clone(&printed.bytes);
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(count) = from.read(&mut buffer)
                && count > 0
            {
                to.lock()
                    .expect("a lock")
                    .0
                    .extend_from_slice(&buffer[..count]);
            }
            to.lock().expect("a lock").1 = true;
        });
        printed
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().expect("a lock").0).into_owned()
    }

    fn contains(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.bytes.lock().expect("a lock").0).contains(text)
    }

    /// All of it, once the process has ended.
    pub(crate) fn whole(&self) -> String {
        wait_for(
            SOON,
            || "the end of what it prints".to_owned(),
            || self.bytes.lock().expect("a lock").1.then_some(()),
        );
        self.text()
    }
}

/// A server of this test.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// On a port that the system chooses.
    pub(crate) fn start(flags: &[&str]) -> Server {
        Server::at("127.0.0.1:0", flags)
    }

    pub(crate) fn at(listen: &str, flags: &[&str]) -> Server {
        let home = Home::new();
        let args = ["serve", "--listen", listen]
            .into_iter()
            .chain(flags.iter().copied());
        Server::of(home.start(args))
    }

    /// One that was started otherwise.
    pub(crate) fn of(mut process: Process) -> Server {
        let address = wait_for(
            SOON,
            || "the address of the server".to_owned(),
            || {
                let err = process.err();
                let line = err.split_once('\n').map(|(first, _)| first.to_owned());
                assert!(line.is_some() || process.is_running(), "it ended: {err}");
                line
            },
        );
        let address = address
            .strip_prefix("parlance: listening on ")
            .unwrap_or_else(|| panic!("not an address: {address}"))
            .parse()
            .expect("an address");
        Server { process, address }
    }

    /// Dies without a word, and another one takes its place at the same port.
    pub(crate) fn crash_and_restart(mut self, flags: &[&str]) -> Server {
        self.process.crash();
        Server::at(&self.address.to_string(), flags)
    }

    /// Where it is, as a client is told.
    pub(crate) fn place(&self) -> String {
        self.address.to_string()
    }
}
