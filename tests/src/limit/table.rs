//! The raw figures, one line a run, and what is made of them.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use parlance::load::Pace;
use parlance::load::figures::{Figures, millis};

/// The head of a file of raw figures.
pub const HEAD: &str = "server\tround\tclients\tsenders\tpace\tsize\tseconds\tdeliveries\tper_second\tp50_ms\tp99_ms\
     \tp999_ms\tlast_p50_ms\tlast_p99_ms\tlosses\trepeats\town_cpu\tserver_cpu\tserver_us\tserver_kib";

/// One run of one server.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which.
    pub server: String,
    /// In which round.
    pub round: usize,
    /// What came out.
    pub figures: Figures,
}

impl Row {
    fn line(&self) -> String {
        let figures = &self.figures;
        let pace = match figures.pace {
            Pace::Window(window) => format!("window {window}"),
            Pace::Rate(rate) => format!("rate {rate}"),
        };
        let share =
            |share: Option<f64>| share.map_or_else(String::new, |share| format!("{share:.3}"));
        let micros = figures
            .server_micros()
            .map_or_else(String::new, |us| format!("{us:.4}"));
        let memory = figures.server.map_or(0, |server| server.memory / 1024);
        format!(
            "{}\t{}\t{}\t{}\t{pace}\t{}\t{:.3}\t{}\t{:.0}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{micros}\t{memory}",
            self.server,
            self.round,
            figures.clients,
            figures.senders,
            figures.size,
            figures.span.as_secs_f64(),
            figures.deliveries,
            figures.per_second(),
            millis(figures.each.p50),
            millis(figures.each.p99),
            millis(figures.each.p999),
            millis(figures.last.p50),
            millis(figures.last.p99),
            figures.amiss.losses,
            figures.amiss.repeats,
            share(figures.own_share()),
            share(figures.server_share()),
        )
    }
}

/// Appends rows to a file, which is begun with the head if it is new.
///
/// # Errors
///
/// It cannot be written.
pub fn append(path: &Path, rows: &[Row]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = !path.exists();
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    if new {
        writeln!(file, "{HEAD}")?;
    }
    for row in rows {
        writeln!(file, "{}", row.line())?;
    }
    Ok(())
}

/// The median and the worst of some figures, where `worst` says which of two is worse.
fn summary(mut values: Vec<f64>, high_is_good: bool) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    if values.is_empty() {
        return (f64::NAN, f64::NAN);
    }
    let middle = values.len() / 2;
    let median = if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    };
    let worst = if high_is_good {
        values[0]
    } else {
        values[values.len() - 1]
    };
    (median, worst)
}

/// A table of one setup: for each server the median, the worst, and the ratio to the first of the servers, which is
/// taken in each round, as its median.
#[must_use]
pub fn render(rows: &[Row]) -> String {
    type Of = fn(&Figures) -> f64;
    let columns: [(&str, bool, Of); 4] = [
        ("deliveries/s", true, Figures::per_second),
        ("server us/delivery", false, |f| {
            f.server_micros().unwrap_or(f64::NAN)
        }),
        ("p99 ms", false, |f| millis(f.each.p99)),
        ("last p99 ms", false, |f| millis(f.last.p99)),
    ];
    let mut servers: Vec<&str> = Vec::new();
    for row in rows {
        if !servers.contains(&row.server.as_str()) {
            servers.push(&row.server);
        }
    }
    let Some(&first) = servers.first() else {
        return String::new();
    };
    let mut text = String::from(
        "| figure | server | median | worst | ratio, median | ratio, worst |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for (name, high_is_good, of) in columns {
        for &server in &servers {
            let mine = rows.iter().filter(|row| row.server == server);
            let (median, worst) = summary(
                mine.clone().map(|row| of(&row.figures)).collect(),
                high_is_good,
            );
            let ratios = mine.filter_map(|row| {
                let base = rows
                    .iter()
                    .find(|base| base.server == first && base.round == row.round)?;
                Some(of(&row.figures) / of(&base.figures))
            });
            let (ratio, worst_ratio) = summary(ratios.collect(), high_is_good);
            let digits = if high_is_good { 0 } else { 3 };
            text += &format!(
                "| {name} | {server} | {median:.digits$} | {worst:.digits$} | {ratio:.2} | {worst_ratio:.2} |\n"
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_and_the_worst() {
        assert_eq!(summary(vec![3.0, 1.0, 2.0], true), (2.0, 1.0));
        assert_eq!(summary(vec![3.0, 1.0, 2.0], false), (2.0, 3.0));
        assert_eq!(summary(vec![4.0, 1.0, 2.0, 3.0], false), (2.5, 4.0));
        assert!(summary(Vec::new(), true).0.is_nan());
    }
}
