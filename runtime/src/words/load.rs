//! What the load generator says.

use std::time::Duration;

use super::catalogue::{Both, both, say};
use crate::load::figures::{Figures, Latency, millis};
use crate::load::{Pace, Progress};
use crate::printable::Printable;

/// How the bar is drawn: what is known of it beside how far it is, is the message.
pub const BAR: &str = "{elapsed:>4} [{bar:32}] {msg}";

/// How far a run is.
#[must_use]
pub fn progress(progress: Progress, clients: usize) -> Printable {
    match progress {
        Progress::Joining(joined) => say!(
            "{0} of {1} members are in",
            "{1} 个成员中已进入 {0} 个",
            joined,
            clients
        ),
        Progress::Running(_, deliveries) => {
            let count = grouped(deliveries as f64);
            say!("{0} deliveries", "已送达 {0} 次", Printable::field(&count))
        }
    }
}

/// The figures, line by line.
#[must_use]
pub fn figures(figures: &Figures) -> Vec<Printable> {
    let own = share(figures.own_share());
    let pace = match figures.pace {
        Pace::Window(window) => say!("{0} in flight", "在途 {0} 条", window),
        Pace::Rate(rate) => say!("{0} messages/s", "每秒 {0} 条消息", plain(rate.to_string())),
    };
    let mut lines = vec![say!(
        "{0} members, {1} of them sending, {2}, {3} bytes, {4} s",
        "{0} 个成员，其中 {1} 个在发送，{2}，{3} 字节，{4} 秒",
        figures.clients,
        figures.senders,
        pace,
        figures.size,
        plain(format!("{:.1}", figures.span.as_secs_f64()))
    )];
    let mut line = |name: Both, what: Printable| {
        let (name, what) = (
            plain(format!("{:<13}", name.text())),
            plain(format!("{:<58}", what.as_str())),
        );
        lines.push(say!(
            "{0} {1} own CPU {2}",
            "{0} {1} 自身 CPU {2}",
            name,
            what,
            own
        ));
    };
    let per_second = plain(grouped(figures.per_second()));
    line(both("deliveries/s", "每秒送达"), per_second);
    line(both("latency", "延迟"), latency(&figures.each));
    line(both("last member", "最后一个成员"), latency(&figures.last));
    let amiss = figures.amiss;
    line(
        both("amiss", "差错"),
        say!(
            "losses {0}, repeats {1}",
            "丢失 {0}，重复 {1}",
            amiss.losses,
            amiss.repeats
        ),
    );
    if let (Some(server), Some(micros)) = (figures.server, figures.server_micros()) {
        line(
            both("server", "服务器"),
            say!(
                "{0} us a delivery, CPU {1}, {2} KiB",
                "每次送达 {0} 微秒，CPU {1}，{2} KiB",
                plain(format!("{micros:.3}")),
                share(figures.server_share()),
                plain(grouped((server.memory / 1024) as f64))
            ),
        );
    }
    lines
}

/// Digits, and what is made of them.
fn plain(text: String) -> Printable {
    Printable::field(&text)
}

/// Some members did not hear what they should have.
#[must_use]
pub fn amiss(figures: &Figures) -> Printable {
    say!(
        "{0} losses and {1} repeats: not every member heard everything once and in order",
        "丢失 {0} 次，重复 {1} 次：不是每个成员都按顺序把每条消息听到一次",
        figures.amiss.losses,
        figures.amiss.repeats,
    )
}

/// The host has no address.
#[must_use]
pub fn no_address(host: &Printable) -> Printable {
    say!("{0} has no address", "{0} 没有地址", host)
}

fn latency(latency: &Latency) -> Printable {
    let ms = |span: Duration| plain(format!("{:.3}", millis(span)));
    say!(
        "p50 {0}, p99 {1}, p99.9 {2}, max {3} ms",
        "p50 {0}，p99 {1}，p99.9 {2}，最大 {3} 毫秒",
        ms(latency.p50),
        ms(latency.p99),
        ms(latency.p999),
        ms(latency.max)
    )
}

fn share(share: Option<f64>) -> Printable {
    share.map_or_else(
        || say!("unknown", "未知"),
        |share| plain(format!("{:.0} %", share * 100.0)),
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
