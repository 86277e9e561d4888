//! What came out.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::Pace;
use super::ledger::Amiss;
use crate::client::json::VERSION;

/// The figures of one run.
#[derive(Clone, Debug)]
pub struct Figures {
    /// How many members there were.
    pub clients: usize,
    /// How many of them sent.
    pub senders: usize,
    /// How fast.
    pub pace: Pace,
    /// Bytes of a text.
    pub size: usize,
    /// How long it was measured.
    pub span: Duration,
    /// Messages in the whole run.
    pub messages: u64,
    /// Deliveries in the whole run.
    pub all: u64,
    /// Deliveries while it was measured.
    pub deliveries: u64,
    /// How long each delivery took.
    pub each: Latency,
    /// How long it took until the last member had a message.
    pub last: Latency,
    /// Losses and repeats in the whole run.
    pub amiss: Amiss,
    /// The generator's own CPU while it was measured.
    pub own: Option<Duration>,
    /// What the server used, where it is known.
    pub server: Option<Server>,
}

/// What a server used.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// CPU while it was measured.
    pub cpu: Duration,
    /// Memory at the end of that, in bytes.
    pub memory: u64,
}

/// Quantiles of a latency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// Half are below.
    pub p50: Duration,
    /// 99 of 100 are below.
    pub p99: Duration,
    /// 999 of 1,000 are below.
    pub p999: Duration,
    /// None is above.
    pub max: Duration,
}

impl From<&Histogram<u64>> for Latency {
    fn from(histogram: &Histogram<u64>) -> Latency {
        let at = |quantile| Duration::from_nanos(histogram.value_at_quantile(quantile));
        Latency {
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            max: Duration::from_nanos(histogram.max()),
        }
    }
}

impl Figures {
    /// Deliveries a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.deliveries as f64 / self.span.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// The generator's own share of a core, 1 being all of it.
    #[must_use]
    pub fn own_share(&self) -> Option<f64> {
        Some(self.own?.as_secs_f64() / self.span.as_secs_f64())
    }

    /// The server's share of a core.
    #[must_use]
    pub fn server_share(&self) -> Option<f64> {
        Some(self.server?.cpu.as_secs_f64() / self.span.as_secs_f64())
    }

    /// The server's CPU for one delivery, in microseconds.
    #[must_use]
    pub fn server_micros(&self) -> Option<f64> {
        let server = self.server.filter(|_| self.deliveries > 0)?;
        Some(server.cpu.as_secs_f64() * 1e6 / self.deliveries as f64)
    }

    /// Whether every member heard everything once and in order.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.amiss == Amiss::default()
    }

    /// As one JSON object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (window, rate) = match self.pace {
            Pace::Window(window) => (Some(window), None),
            Pace::Rate(rate) => (None, Some(rate)),
        };
        json!({
            "v": VERSION,
            "type": "load",
            "clients": self.clients,
            "senders": self.senders,
            "window": window,
            "rate": rate,
            "size": self.size,
            "seconds": self.span.as_secs_f64(),
            "messages": self.messages,
            "deliveries": self.deliveries,
            "deliveries_per_second": self.per_second().round(),
            "latency_ms": latency(&self.each),
            "last_member_ms": latency(&self.last),
            "losses": self.amiss.losses,
            "repeats": self.amiss.repeats,
            "own_cpu": self.own_share(),
            "server_cpu": self.server_share(),
            "server_cpu_us_per_delivery": self.server_micros(),
            "server_memory": self.server.map(|server| server.memory),
        })
    }
}

fn latency(latency: &Latency) -> Value {
    json!({
        "p50": millis(latency.p50),
        "p99": millis(latency.p99),
        "p99.9": millis(latency.p999),
        "max": millis(latency.max),
    })
}

/// In milliseconds, to the microsecond.
#[must_use]
pub fn millis(span: Duration) -> f64 {
    (span.as_secs_f64() * 1e6).round() / 1e3
}
