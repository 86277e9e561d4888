//! The help of the command line.

pub mod door;
pub mod identity;
pub mod invite;
pub mod load;
pub mod log;
pub mod moderation;

/// What the program is.
pub const ABOUT: &str =
    "A chat room in one command: nothing lost, nothing repeated, one order for everybody";
/// Under the help of the program.
pub const EXAMPLES: &str = "Examples:
  parlance serve                       a server on this machine
  parlance join --name alice           talk there as alice
  echo done | parlance send            say a line; exit status 0 means it was acknowledged
  parlance tail --json                 follow the room from a script
  parlance invite                      a link that lets one person in
  parlance mod kick bob                put somebody out of a room, where you may
  parlance load --clients 1000         how much a server carries, and whether it loses anything
  parlance --name server --port 8800   the form of the program that this one began from
  parlance --name alice --port 8800    a member, in that form (ends with the server, as it did)

Exit status: 0 all acknowledged and a clean end, 1 a fault, 2 usage, 4 not all acknowledged, \
5 refused, 6 not reached in time.";
/// `--name` in the seed's form.
pub const SEED_NAME: &str = "The seed's form: `server` serves, any other name joins";
/// `--port` in the seed's form.
pub const SEED_PORT: &str = "The seed's form: the port, on this machine";
/// `--seed-wire` in the seed's form.
pub const SEED_FORM_WIRE: &str = "The seed's form: speak the seed's own wire, too";
/// `join --seed-wire`.
pub const JOIN_SEED_WIRE: &str = "Join a server of the seed, in its own wire and in clear text";
/// `--seed-width`.
pub const SEED_WIDTH: &str = "Bytes before a body: 8, or 4 where that server's C long has 4";
/// `--seed-text`.
pub const SEED_TEXT: &str = "As what texts are written: bytes for Python 2, unicode for Python 3";
/// `serve --seed-wire`.
pub const SEED_WIRE: &str = "Take clients of the seed on the same port, too, in clear text";
/// `serve`.
pub const SERVE: &str = "Run a server";
/// Under the help of `serve`.
pub const SERVE_EXAMPLE: &str = "Example:\n  parlance serve --listen 127.0.0.1:9000 --grace 1m
  parlance serve --data parlance-data --keep 4GiB --keep-for 90d

Times are like 500ms, 30s, 2m, 1h; sizes like 64KiB, 4MiB, 1GiB. SIGINT or SIGTERM ends the server, and everybody is told.";
/// `join`.
pub const JOIN: &str = "Talk in a room";
/// Under the help of `join`.
pub const JOIN_EXAMPLE: &str = "Example:\n  parlance join --name alice --room lobby

Type /help for the commands. The end of stdin leaves, once all that was typed is acknowledged. \
What is open when the program is killed goes at the next join, which also shows what was missed.";
/// `send`.
pub const SEND: &str = "Say lines and wait until each is acknowledged";
/// Under the help of `send`.
pub const SEND_EXAMPLE: &str = "Examples:\n  printf 'one\\ntwo' | parlance send --name bot
  parlance send 127.0.0.1:8800 --name bot the build is green

Each line of stdin is one message, as it is; empty lines are skipped. Nothing is kept: what the \
exit status says was not acknowledged is not sent later. A line that cannot be said \
ends it: what stood before is sent, that line and the rest are not, and the exit status is 1.";
/// `tail`.
pub const TAIL: &str = "Print what happens in a room";
/// Under the help of `tail`.
pub const TAIL_EXAMPLE: &str = "Example:\n  parlance tail --json --since 140 --no-follow";
/// `HOST[:PORT]`.
pub const HOST: &str = "The server, or a parlance:// link to a room of one";
/// `--name`.
pub const NAME: &str = "Your name [default: the login name]";
/// `--room`.
pub const ROOM: &str = "The room";
/// `--room` where a link may name one.
pub const WHICH_ROOM: &str = "The room [default: that of the link, else lobby]";
/// `--history`.
pub const HISTORY: &str = "How many earlier messages to show at the first join, at most 1000";
/// `--history` of `tail`.
pub const TAIL_HISTORY: &str = "How many earlier events to begin with, at most 1000";
/// `--timeout`.
pub const TIMEOUT: &str = "How long to wait for the server, and for each next acknowledgement";
/// `TEXT`.
pub const SEND_TEXT: &str = "What to say, after the server; without it, the lines of stdin";
/// `--json`.
pub const JSON: &str = "One JSON object an event, with a `type`";
/// `--since`.
pub const SINCE: &str = "Begin after the event of this number";
/// `--no-follow`.
pub const NO_FOLLOW: &str = "End once all that is there has been printed";
/// `--listen`.
pub const LISTEN: &str = "Where to listen; port 0 takes a free one";
/// `--insecure`.
pub const INSECURE: &str =
    "Speak clear text on an address that others can reach, and let anybody in";
/// `--tls`.
pub const TLS: &str = "Speak TLS or clear text [default: TLS, but clear text on loopback]";
/// `--cert`.
pub const CERT: &str = "A certificate for TLS, and those behind it, in PEM; read again on SIGHUP";
/// `--key`.
pub const KEY: &str = "Its private key, in PEM";
/// `--pin`.
pub const PIN: &str = "The pin of the server's key";
/// `--insecure` of a client.
pub const INSECURE_CLIENT: &str =
    "Speak clear text over a network: as a guest, and anybody on the way reads it";
/// `trust`.
pub const TRUST: &str = "Keep which key a server is known by";
/// Below the help of `trust`.
pub const TRUST_EXAMPLE: &str = "Compare the pin that it prints with the one that the server prints at its start.\n\n\
Example:\n  parlance trust chat.example.org";
/// `--pin` of `trust`.
pub const TRUST_PIN: &str = "Keep it only if this is its pin";
/// `--replace`.
pub const TRUST_REPLACE: &str = "Although it is known by another";
/// `--open`.
pub const OPEN: &str = "Let in whoever comes";
/// `--public`.
pub const PUBLIC: &str =
    "How others reach the server, for invitations [default: the address that it listens on]";
/// `--invited`.
pub const INVITED: &str = "Let in by invitation only (parlance invite), also on this machine";
/// `--rate`.
pub const RATE: &str = "Messages a second that a connection may send; 0 is off";
/// `--burst`.
pub const BURST: &str = "How many it may send at once";
/// `--byte-rate`.
pub const BYTE_RATE: &str = "Bytes a second that a connection may send; 0 is off";
/// `--handshake`.
pub const HANDSHAKE: &str = "How long a login may take";
/// `--ping-after`.
pub const PING_AFTER: &str = "Silence after which a peer is asked whether it is there";
/// `--dead-after`.
pub const DEAD_AFTER: &str = "Silence after which it is given up";
/// `--stall`.
pub const STALL: &str = "How long a peer may take nothing of what is for it";
/// `--grace`.
pub const GRACE: &str = "How long a member whose link broke stays one";
/// `--ring`.
pub const RING: &str = "Encoded events kept at hand for each room";
/// `--held`.
pub const HELD: &str =
    "What may be held for all connections together; above it, whoever holds most is closed";
/// `--memory`.
pub const MEMORY: &str = "Without --data: events kept for each room; older ones go";
/// `--data`.
pub const DATA: &str =
    "Keep messages in this folder, through restarts and crashes; without it, in memory";
/// `--keep`.
pub const KEEP: &str =
    "How large the log on disk may be; the oldest messages go [default: no bound]";
/// `--keep-for`.
pub const KEEP_FOR: &str = "How old messages on disk may be, like 30d [default: no bound]";
/// `--erase`.
pub const ERASE: &str = "With --data: a message that is redacted leaves the folder at once, not with the next checkpoint; \
                         in memory it always does";
/// `--new-epoch`.
pub const NEW_EPOCH: &str =
    "After restoring a backup: tell clients that what they remember may not be here";
/// `--rooms`.
pub const ROOMS: &str = "How many rooms there may be";
/// `--announce-below`.
pub const ANNOUNCE_BELOW: &str = "Joins and leaves are told in rooms with fewer members than this";
