//! The help of `load`.

/// `load`.
pub const LOAD: &str = "Load a server and check that every member hears everything once, in order";
/// Under the help of `load`.
pub const EXAMPLE: &str = "Examples:
  parlance load --clients 1000 --senders 10 --window 64
  parlance load 127.0.0.1:9000 --rate 20 --clients 1000 --duration 1m --server-pid 4711 --json

Serve with --rate 0 --byte-rate 0, or it is the rate that is measured. One thread does it all and shares the machine
with the server: its own CPU stands beside each figure, and near 100 % it is the limit. Compare only what was run under
the same load at the same time. Exit status 1 if anything was lost or repeated.";
/// `--clients`.
pub const CLIENTS: &str = "How many members join";
/// `--senders`.
pub const SENDERS: &str = "How many of them send";
/// `--window`.
pub const WINDOW: &str = "Messages over the whole room that their senders have not got back";
/// `--rate`.
pub const RATE: &str =
    "Messages a second over the whole room, whatever comes back, in place of --window";
/// `--size`.
pub const SIZE: &str = "Bytes of a text, from 16 to 16KiB";
/// `--duration`.
pub const DURATION: &str = "How long it is measured";
/// `--warm-up`.
pub const WARM_UP: &str = "How long it runs before that";
/// `--server-pid`.
pub const SERVER_PID: &str = "The server's process on this machine, to tell its CPU and memory";
/// `--json`.
pub const JSON: &str = "One JSON object on stdout, and no progress";
