//! What the load generator says.

use std::fmt::Write as _;
use std::time::Duration;

use crate::load::figures::{Figures, Latency, millis};
use crate::load::{Pace, Progress};
use crate::printable::{Printable, printable};

/// How the bar is drawn: what is known of it beside how far it is, is the message.
pub const BAR: &str = "{elapsed:>4} [{bar:32}] {msg}";

/// How far a run is.
#[must_use]
pub fn progress(progress: Progress, clients: usize) -> Printable {
    match progress {
        Progress::Joining(joined) => printable![joined, " of ", clients, " members are in"],
        Progress::Running(_, deliveries) => {
            let count = grouped(deliveries as f64);
            printable![Printable::field(&count), " deliveries"]
        }
    }
}

/// The figures, line by line.
#[must_use]
pub fn figures(figures: &Figures) -> Vec<Printable> {
    let own = share(figures.own_share());
    let pace = match figures.pace {
        Pace::Window(window) => format!("{window} in flight"),
        Pace::Rate(rate) => format!("{rate} messages/s"),
    };
    let mut text = format!(
        "{} members, {} of them sending, {pace}, {} bytes, {:.1} s\n",
        figures.clients,
        figures.senders,
        figures.size,
        figures.span.as_secs_f64()
    );
    let mut line = |name: &str, what: String| {
        let _ = writeln!(text, "{name:<13} {what:<58} own CPU {own}");
    };
    line("deliveries/s", grouped(figures.per_second()));
    line("latency", latency(&figures.each));
    line("last member", latency(&figures.last));
    let amiss = figures.amiss;
    line(
        "amiss",
        format!("losses {}, repeats {}", amiss.losses, amiss.repeats),
    );
    if let (Some(server), Some(micros)) = (figures.server, figures.server_micros()) {
        let share = share(figures.server_share());
        let memory = grouped((server.memory / 1024) as f64);
        line(
            "server",
            format!("{micros:.3} us a delivery, CPU {share}, {memory} KiB"),
        );
    }
    text.lines().map(Printable::field).collect()
}

/// Some members did not hear what they should have.
#[must_use]
pub fn amiss(figures: &Figures) -> Printable {
    printable![
        figures.amiss.losses,
        " losses and ",
        figures.amiss.repeats,
        " repeats: not every member heard everything once and in order",
    ]
}

/// The host has no address.
#[must_use]
pub fn no_address(host: &Printable) -> Printable {
    printable![host, " has no address"]
}

fn latency(latency: &Latency) -> String {
    let ms = |span: Duration| format!("{:.3}", millis(span));
    format!(
        "p50 {}, p99 {}, p99.9 {}, max {} ms",
        ms(latency.p50),
        ms(latency.p99),
        ms(latency.p999),
        ms(latency.max)
    )
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(
        || "unknown".to_owned(),
        |share| format!("{:.0} %", share * 100.0),
    )
}

/// A whole number with a comma before each three digits.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands() {
        for (number, text) in [
            (0.0, "0"),
            (999.4, "999"),
            (1_000.0, "1,000"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
