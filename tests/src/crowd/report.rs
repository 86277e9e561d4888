//! The table that a run prints, and whether all of it is as asked.

use std::fmt;
use std::time::Duration;

use parlance::load::figures::{Figures, millis};

/// Below this a time is the machine's and not the server's: the ratio of two such says nothing.
const FLOOR: Duration = Duration::from_millis(25);

/// See the module.
#[derive(Clone, Debug)]
pub struct Report {
    title: String,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    what: String,
    asked: String,
    seen: String,
    /// None: nothing was asked.
    kept: Option<bool>,
}

impl Report {
    pub(super) fn new(title: String) -> Report {
        Report {
            title,
            rows: Vec::new(),
        }
    }

    /// Something that is only told.
    pub(super) fn tell(&mut self, what: &str, seen: impl fmt::Display) {
        self.row(what, String::new(), seen.to_string(), None);
    }

    /// Something that is asked.
    pub(super) fn ask(
        &mut self,
        what: &str,
        asked: impl fmt::Display,
        seen: impl fmt::Display,
        kept: bool,
    ) {
        self.row(what, asked.to_string(), seen.to_string(), Some(kept));
    }

    /// That every member heard everything once and in order, in all runs.
    pub(super) fn ask_right<'a>(&mut self, runs: impl IntoIterator<Item = &'a Figures>) {
        let (mut deliveries, mut losses, mut repeats) = (0, 0, 0);
        for figures in runs {
            deliveries += figures.all;
            losses += figures.amiss.losses;
            repeats += figures.amiss.repeats;
        }
        let seen = format!("{losses} and {repeats} of {deliveries}");
        self.ask(
            "lost, repeated or out of order",
            "0 and 0",
            seen,
            losses + repeats == 0 && deliveries > 0,
        );
    }

    /// That the times of deliveries with the company are at most twice those without, by the medians over the rounds.
    pub(super) fn ask_ratio(&mut self, without: &[&Figures], with: &[&Figures]) {
        type Of = fn(&Figures) -> Duration;
        let which: [(&str, Of); 2] = [("p50", |f| f.each.p50), ("p99", |f| f.each.p99)];
        for (name, of) in which {
            let (a, b) = (median(without, of), median(with, of));
            let ratio = b.as_secs_f64() / a.as_secs_f64().max(1e-9);
            let seen = format!("{ratio:.2} ({} / {} ms)", millis(b), millis(a));
            let asked = format!("<= 2, or below {} ms", millis(FLOOR));
            self.ask(
                &format!("{name} with / without"),
                asked,
                seen,
                ratio <= 2.0 || b <= FLOOR,
            );
        }
        let longest = |runs: &[&Figures]| runs.iter().map(|f| f.each.max).max().unwrap_or_default();
        let seen = format!(
            "{} / {} ms",
            millis(longest(with)),
            millis(longest(without))
        );
        self.tell("longest delivery with / without", seen);
    }

    /// Whether all is as asked.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.rows.iter().all(|row| row.kept != Some(false))
    }

    fn row(&mut self, what: &str, asked: String, seen: String, kept: Option<bool>) {
        self.rows.push(Row {
            what: what.to_owned(),
            asked,
            seen,
            kept,
        });
    }
}

fn median(runs: &[&Figures], of: fn(&Figures) -> Duration) -> Duration {
    let mut all: Vec<Duration> = runs.iter().map(|figures| of(figures)).collect();
    all.sort();
    let (low, high) = (all.len().saturating_sub(1) / 2, all.len() / 2);
    match (all.get(low), all.get(high)) {
        (Some(low), Some(high)) => (*low + *high) / 2,
        _ => Duration::ZERO,
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}\n\n| what | asked | seen | |\n| --- | --- | --- | --- |",
            self.title
        )?;
        for row in &self.rows {
            let kept = match row.kept {
                None => "",
                Some(true) => "kept",
                Some(false) => "NOT KEPT",
            };
            writeln!(
                f,
                "| {} | {} | {} | {kept} |",
                row.what, row.asked, row.seen
            )?;
        }
        Ok(())
    }
}

/// Bytes in the unit that people read.
pub(super) fn mib(bytes: i64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_check_that_fails_is_enough() {
        let mut report = Report::new("title".to_owned());
        report.tell("told", 1);
        assert!(report.is_kept());
        report.ask("asked", "<= 2", 1, true);
        assert!(report.is_kept());
        report.ask("asked too", "<= 2", 3, false);
        report.ask("asked", "<= 2", 1, true);
        assert!(!report.is_kept());
        assert!(
            report
                .to_string()
                .contains("| asked too | <= 2 | 3 | NOT KEPT |")
        );
    }
}
