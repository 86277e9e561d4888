//! The command line as clap reads it. The words stand in [`crate::words`].

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use parlance_proto::name::{Name, RoomName};

use crate::cli::target::Target;
use crate::cli::value::{self, Place};
use crate::client::output::Color;
use crate::logging;
use crate::server::{GateLimits, Network};
use crate::tls::pin::Pin;
use crate::words::catalogue::Language;
use crate::words::help;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "parlance",
    version,
    about = help::ABOUT,
    after_help = help::EXAMPLES,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) seed: SeedArgs,
    #[command(flatten)]
    pub(crate) style: StyleArgs,
}

/// How the program speaks, whatever it does.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct StyleArgs {
    #[arg(long, value_name = "LANG", global = true, help = help::LANG)]
    pub(crate) lang: Option<Language>,
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", help = help::COLOR)]
    pub(crate) color: Color,
    #[arg(long, value_name = "FORMAT", global = true, default_value = "text", help = help::LOG_FORMAT)]
    pub(crate) log_format: logging::Format,
}

/// The form of the program that this project began from.
#[derive(Args, Debug)]
pub(crate) struct SeedArgs {
    #[arg(long, required = true, help = help::SEED_NAME)]
    pub(crate) name: Option<String>,
    #[arg(long, required = true, help = help::SEED_PORT)]
    pub(crate) port: Option<u16>,
    #[arg(long, help = help::SEED_FORM_WIRE)]
    pub(crate) seed_wire: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(about = help::SERVE, after_help = help::SERVE_EXAMPLE)]
    Serve(Box<ServeArgs>),
    #[command(about = help::JOIN, after_help = help::JOIN_EXAMPLE)]
    Join(JoinArgs),
    #[command(about = help::SEND, after_help = help::SEND_EXAMPLE)]
    Send(SendArgs),
    #[command(about = help::TAIL, after_help = help::TAIL_EXAMPLE)]
    Tail(TailArgs),
    #[command(about = help::ASK, after_help = help::ASK_EXAMPLE)]
    Ask(AskArgs),
    #[command(about = help::WHO, after_help = help::WHO_EXAMPLE)]
    Who(WhoArgs),
    #[command(about = help::moderation::MOD, after_help = help::moderation::EXAMPLE)]
    Mod(ModArgs),
    #[command(about = help::invite::INVITE, after_help = help::invite::EXAMPLE)]
    Invite(InviteArgs),
    #[command(about = help::load::LOAD, after_help = help::load::EXAMPLE)]
    Load(LoadArgs),
    #[command(about = help::log::LOG, after_help = help::log::EXAMPLE, subcommand_required = true)]
    Log(LogArgs),
    #[command(about = help::identity::IDENTITY, after_help = help::identity::EXAMPLE, subcommand_required = true)]
    Identity(IdentityArgs),
    #[command(about = help::TRUST, after_help = help::TRUST_EXAMPLE)]
    Trust(TrustArgs),
}

#[derive(Args, Clone, Debug)]
pub(crate) struct IdentityArgs {
    #[command(subcommand)]
    pub(crate) task: IdentityTask,
}

/// What is done with the identity of this device.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum IdentityTask {
    #[command(about = help::identity::SHOW)]
    Show,
    #[command(about = help::identity::EXPORT)]
    Export {
        #[arg(value_name = "FILE", help = help::identity::TO)]
        file: PathBuf,
        #[arg(long, help = help::identity::FORCE)]
        force: bool,
    },
    #[command(about = help::identity::IMPORT)]
    Import {
        #[arg(value_name = "FILE", help = help::identity::FROM)]
        file: PathBuf,
        #[arg(long, help = help::identity::REPLACE)]
        replace: bool,
    },
}

#[derive(Args, Clone, Debug)]
pub(crate) struct TrustArgs {
    #[arg(value_name = "HOST[:PORT]", help = help::HOST)]
    pub(crate) host: Place,
    // One in 64 begins with a hyphen.
    #[arg(long, value_name = "PIN", value_parser = value::pin, allow_hyphen_values = true, help = help::TRUST_PIN)]
    pub(crate) pin: Option<Pin>,
    #[arg(long, help = help::TRUST_REPLACE)]
    pub(crate) replace: bool,
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::span, help = help::TIMEOUT)]
    pub(crate) timeout: Duration,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct LogArgs {
    #[command(subcommand)]
    pub(crate) tool: LogTool,
}

/// What is done with the log in a folder that no server has.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum LogTool {
    #[command(about = help::log::CHECK)]
    Check {
        #[arg(value_name = "DIR", help = help::log::FOLDER)]
        folder: PathBuf,
    },
    #[command(about = help::log::EXPORT)]
    Export {
        #[arg(value_name = "DIR", help = help::log::FOLDER)]
        folder: PathBuf,
        #[arg(long, value_name = "ROOM", value_parser = value::room, help = help::log::ONE_ROOM)]
        room: Option<RoomName>,
        #[arg(long, help = help::log::SALVAGE)]
        salvage: bool,
    },
    #[command(about = help::log::SEARCH)]
    Search {
        #[arg(value_name = "DIR", help = help::log::FOLDER)]
        folder: PathBuf,
        #[arg(value_name = "WORDS", required = true, help = help::log::WORDS)]
        words: Vec<String>,
        #[arg(long, value_name = "ROOM", value_parser = value::room, help = help::log::ONE_ROOM)]
        room: Option<RoomName>,
        #[arg(long, help = help::JSON)]
        json: bool,
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..), help = help::log::LIMIT)]
        limit: u32,
    },
    #[command(about = help::log::IMPORT)]
    Import {
        #[arg(value_name = "DIR", help = help::log::NEW_FOLDER)]
        folder: PathBuf,
    },
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ServeArgs {
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8800", help = help::LISTEN)]
    pub(crate) listen: SocketAddr,
    #[arg(long, conflicts_with = "cert", help = help::INSECURE)]
    pub(crate) insecure: bool,
    #[arg(long, value_name = "WHETHER", num_args = 0..=1, default_missing_value = "on", help = help::TLS)]
    pub(crate) tls: Option<Switch>,
    #[arg(long, value_name = "FILE", requires = "key", help = help::CERT)]
    pub(crate) cert: Option<PathBuf>,
    #[arg(long, value_name = "FILE", requires = "cert", help = help::KEY)]
    pub(crate) key: Option<PathBuf>,
    #[arg(long, help = help::SEED_WIRE)]
    pub(crate) seed_wire: bool,
    #[arg(long, help = help::OPEN)]
    pub(crate) open: bool,
    #[arg(long, conflicts_with_all = ["open", "insecure"], help = help::INVITED)]
    pub(crate) invited: bool,
    #[arg(long, value_name = "NAME", value_parser = Name::parse, help = help::moderation::ADMIN)]
    pub(crate) admin: Vec<Name>,
    #[arg(long, value_name = "HOST[:PORT]", help = help::PUBLIC)]
    pub(crate) public: Option<Place>,
    #[arg(long, value_name = "N", default_value_t = 100, help = help::RATE)]
    pub(crate) rate: u32,
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..), help = help::BURST)]
    pub(crate) burst: u32,
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = value::size, help = help::BYTE_RATE)]
    pub(crate) byte_rate: usize,
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::span, help = help::HANDSHAKE)]
    pub(crate) handshake: Duration,
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = value::span, help = help::PING_AFTER)]
    pub(crate) ping_after: Duration,
    #[arg(long, value_name = "TIME", default_value = "75s", value_parser = value::span, help = help::DEAD_AFTER)]
    pub(crate) dead_after: Duration,
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = value::span, help = help::STALL)]
    pub(crate) stall: Duration,
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = value::any_span, help = help::GRACE)]
    pub(crate) grace: Duration,
    #[arg(long, value_name = "SIZE", default_value = "4MiB", value_parser = value::ring, help = help::RING)]
    pub(crate) ring: usize,
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = value::ring, help = help::HELD)]
    pub(crate) held: usize,
    #[arg(long, value_name = "DIR", help = help::DATA)]
    pub(crate) data: Option<PathBuf>,
    #[arg(long, value_name = "SIZE", requires = "data", value_parser = value::keep, help = help::KEEP)]
    pub(crate) keep: Option<u64>,
    #[arg(long, value_name = "AGE", requires = "data", value_parser = value::age, help = help::KEEP_FOR)]
    pub(crate) keep_for: Option<Duration>,
    // In memory it is always so.
    #[arg(long, help = help::ERASE)]
    pub(crate) erase: bool,
    #[arg(long, requires = "data", help = help::NEW_EPOCH)]
    pub(crate) new_epoch: bool,
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = value::size, conflicts_with = "data", help = help::MEMORY)]
    pub(crate) memory: usize,
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..), help = help::ROOMS)]
    pub(crate) rooms: u32,
    #[arg(long, value_name = "N", default_value_t = 500, help = help::ANNOUNCE_BELOW)]
    pub(crate) announce_below: u32,
    #[command(flatten)]
    pub(crate) door: DoorArgs,
}

/// Who may connect, and what others see of him.
#[derive(Args, Clone, Debug)]
pub(crate) struct DoorArgs {
    #[arg(long, value_name = "N", default_value_t = GateLimits::default().connections, value_parser = clap::value_parser!(u32).range(1..), help = help::door::CONNECTIONS)]
    pub(crate) connections: u32,
    #[arg(long, value_name = "N", default_value_t = GateLimits::default().before_login, value_parser = clap::value_parser!(u32).range(1..), help = help::door::BEFORE_LOGIN)]
    pub(crate) before_login: u32,
    #[arg(long, value_name = "N", default_value_t = GateLimits::default().per_address, help = help::door::PER_ADDRESS)]
    pub(crate) per_address: u32,
    #[arg(long, value_name = "N", default_value_t = GateLimits::default().new_per_address, help = help::door::NEW_PER_ADDRESS)]
    pub(crate) new_per_address: u32,
    #[arg(long, value_name = "ADDR[/BITS]", value_parser = value::network, help = help::door::PROXY_FROM)]
    pub(crate) proxy_from: Vec<Network>,
    #[arg(long, help = help::door::SHOW_HOSTS)]
    pub(crate) show_hosts: bool,
}

/// Whether something is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct InviteArgs {
    #[command(subcommand)]
    pub(crate) tool: Option<InviteTool>,
    #[command(flatten)]
    pub(crate) new: NewInvite,
    #[arg(long, value_name = "DIR", global = true, help = help::invite::DATA)]
    pub(crate) data: Option<PathBuf>,
}

/// What is done with the invitations that there are.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum InviteTool {
    #[command(about = help::invite::LIST)]
    List,
    #[command(about = help::invite::REVOKE)]
    Revoke {
        #[arg(value_name = "ID", help = help::invite::ID)]
        id: u64,
    },
}

/// An invitation to be made.
#[derive(Args, Clone, Debug)]
pub(crate) struct NewInvite {
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000), help = help::invite::USES)]
    pub(crate) uses: u32,
    #[arg(long = "for", value_name = "AGE", default_value = "24h", value_parser = value::age, help = help::invite::FOR)]
    pub(crate) valid: Duration,
    #[arg(long, value_name = "ROOM", default_value = "lobby", value_parser = value::room, help = help::invite::ROOM)]
    pub(crate) room: RoomName,
    #[arg(long, value_name = "HOST[:PORT]", help = help::invite::HOST)]
    pub(crate) host: Option<Place>,
}

/// Where to go and as whom: what every command that logs in is told.
#[derive(Args, Clone, Debug)]
pub(crate) struct WhereArgs {
    #[arg(long, value_name = "NAME", value_parser = value::name, help = help::NAME)]
    pub(crate) name: Option<Name>,
    #[arg(long, value_name = "ROOM", value_parser = value::room, help = help::WHICH_ROOM)]
    pub(crate) room: Option<RoomName>,
    // One in 64 begins with a hyphen.
    #[arg(long, value_name = "PIN", value_parser = value::pin, allow_hyphen_values = true, conflicts_with = "clear", help = help::PIN)]
    pub(crate) pin: Option<Pin>,
    #[arg(long = "insecure", id = "clear", help = help::INSECURE_CLIENT)]
    pub(crate) insecure: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct JoinArgs {
    #[arg(value_name = "HOST[:PORT]", default_value = "127.0.0.1:8800", help = help::HOST)]
    pub(crate) host: Target,
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(..=1000), help = help::HISTORY)]
    pub(crate) history: u64,
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::span, help = help::TIMEOUT)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) seed: SeedWireArgs,
}

/// How a server of the seed is spoken to.
#[derive(Args, Clone, Debug)]
pub(crate) struct SeedWireArgs {
    #[arg(long, conflicts_with = "pin", help = help::JOIN_SEED_WIRE)]
    pub(crate) seed_wire: bool,
    #[arg(long, value_name = "BYTES", requires = "seed_wire", default_value_t = 8, value_parser = value::seed_width, help = help::SEED_WIDTH)]
    pub(crate) seed_width: u8,
    #[arg(long, value_name = "KIND", requires = "seed_wire", default_value = "bytes", help = help::SEED_TEXT)]
    pub(crate) seed_text: SeedText,
}

/// As what a text is written on the seed's wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeedText {
    Bytes,
    Unicode,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct SendArgs {
    #[arg(value_name = "HOST[:PORT]", default_value = "127.0.0.1:8800", help = help::HOST)]
    pub(crate) host: Target,
    #[arg(value_name = "TEXT", help = help::SEND_TEXT)]
    pub(crate) text: Vec<String>,
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[arg(long, help = help::NOTICE)]
    pub(crate) notice: bool,
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..1 << 63), help = help::RE)]
    pub(crate) re: Option<u64>,
    #[arg(long, value_name = "N", help = help::RETRY)]
    pub(crate) retry: Option<u32>,
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::span, help = help::TIMEOUT)]
    pub(crate) timeout: Duration,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct TailArgs {
    #[arg(value_name = "HOST[:PORT]", default_value = "127.0.0.1:8800", help = help::HOST)]
    pub(crate) host: Target,
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[arg(long, conflicts_with = "history", help = help::BOT)]
    pub(crate) bot: bool,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
    #[arg(long, value_name = "SEQ", conflicts_with = "history", help = help::SINCE)]
    pub(crate) since: Option<u64>,
    #[arg(long, help = help::NO_FOLLOW)]
    pub(crate) no_follow: bool,
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(..=1000), help = help::TAIL_HISTORY)]
    pub(crate) history: u64,
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::span, help = help::TIMEOUT)]
    pub(crate) timeout: Duration,
}

/// The identity of a bot.
#[derive(Args, Clone, Debug)]
pub(crate) struct KeyArgs {
    #[arg(long = "key", id = "identity", value_name = "FILE", help = help::KEY_FILE)]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct AskArgs {
    #[arg(value_name = "HOST[:PORT]", default_value = "127.0.0.1:8800", help = help::HOST)]
    pub(crate) host: Target,
    #[arg(value_name = "TEXT", help = help::ASK_TEXT)]
    pub(crate) text: Vec<String>,
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[arg(long, help = help::JSON)]
    pub(crate) json: bool,
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::span, help = help::ASK_TIMEOUT)]
    pub(crate) timeout: Duration,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct WhoArgs {
    #[arg(value_name = "HOST[:PORT]", default_value = "127.0.0.1:8800", help = help::HOST)]
    pub(crate) host: Target,
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[arg(long, help = help::WHO_JSON)]
    pub(crate) json: bool,
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::span, help = help::TIMEOUT)]
    pub(crate) timeout: Duration,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct ModArgs {
    #[arg(value_name = "ACT", help = help::moderation::ACT)]
    pub(crate) act: ModTask,
    #[arg(value_name = "WHOM", help = help::moderation::REST)]
    pub(crate) rest: Vec<String>,
    #[arg(long, help = help::moderation::ADDRESS)]
    pub(crate) address: bool,
    #[arg(long, help = help::moderation::JSON)]
    pub(crate) json: bool,
    #[arg(long, value_name = "HOST[:PORT]", default_value = "127.0.0.1:8800", help = help::HOST)]
    pub(crate) host: Target,
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::span, help = help::TIMEOUT)]
    pub(crate) timeout: Duration,
}

/// What a moderator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModTask {
    Kick,
    Ban,
    Unban,
    Mute,
    Unmute,
    Op,
    Deop,
    Redact,
    Slow,
    Bans,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct LoadArgs {
    #[arg(value_name = "HOST[:PORT]", default_value = "127.0.0.1:8800", help = help::HOST)]
    pub(crate) host: Place,
    #[arg(long, value_name = "ROOM", default_value = "load", value_parser = value::room, help = help::ROOM)]
    pub(crate) room: RoomName,
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=20_000), help = help::load::CLIENTS)]
    pub(crate) clients: u32,
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000), help = help::load::SENDERS)]
    pub(crate) senders: u32,
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=64_000), help = help::load::WINDOW)]
    pub(crate) window: u32,
    #[arg(long, value_name = "N", conflicts_with = "window", value_parser = value::rate, help = help::load::RATE)]
    pub(crate) rate: Option<f64>,
    #[arg(long, value_name = "SIZE", default_value = "64", value_parser = value::text_size, help = help::load::SIZE)]
    pub(crate) size: usize,
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = value::span, help = help::load::DURATION)]
    pub(crate) duration: Duration,
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = value::any_span, help = help::load::WARM_UP)]
    pub(crate) warm_up: Duration,
    #[arg(long, value_name = "PID", help = help::load::SERVER_PID)]
    pub(crate) server_pid: Option<u32>,
    #[arg(long, help = help::load::JSON)]
    pub(crate) json: bool,
}
