//! How many columns a text takes, and the part of it that fits.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::Printable;
use super::clean::{ISOLATE, POP};

/// Stands at the end of what was cut.
const CUT: &str = "…";
/// The most columns that a tab takes.
const TAB: usize = 8;

impl Printable {
    /// The columns that it takes on a terminal; of several lines, those of the widest. It is counted by what a reader
    /// takes for one character; a tab counts as the most it can take.
    #[must_use]
    pub fn width(&self) -> usize {
        let lines = self.0.split('\n');
        lines.map(|line| sum(line, columns)).max().unwrap_or(0)
    }

    /// The same where it is one line of at most so many columns; else the part of its first line that fits, cut between
    /// what a reader takes for characters, with a mark that something is missing. Changes of direction end in it.
    #[must_use]
    pub fn truncated(&self, width: usize) -> Printable {
        self.cut(width, columns)
    }

    /// The same for a line of so many bytes.
    #[must_use]
    pub fn bounded(&self, bytes: usize) -> Printable {
        self.cut(bytes, str::len)
    }

    fn cut(&self, limit: usize, measure: fn(&str) -> usize) -> Printable {
        let line = self.0.split('\n').next().unwrap_or_default();
        if line.len() == self.0.len() && sum(line, measure) <= limit {
            return self.clone();
        }
        let mut cut = String::with_capacity(line.len().min(limit));
        // What closes an isolate has to fit as well.
        let (mut used, mut open) = (measure(CUT), 0);
        for character in line.graphemes(true) {
            let is_open = match character {
                ISOLATE => open + 1,
                POP => open - 1,
                _ => open,
            };
            let wanted = used + measure(character);
            if wanted + is_open * measure(POP) > limit {
                break;
            }
            (used, open) = (wanted, is_open);
            cut.push_str(character);
        }
        cut.extend(std::iter::repeat_n(POP, open));
        if measure(CUT) <= limit {
            cut.push_str(CUT);
        }
        Printable(cut)
    }
}

fn sum(line: &str, measure: fn(&str) -> usize) -> usize {
    line.graphemes(true).map(measure).sum()
}

fn columns(character: &str) -> usize {
    match character {
        "\t" => TAB,
        character => character.width(),
    }
}
