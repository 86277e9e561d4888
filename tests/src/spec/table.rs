//! Tables of Markdown.

/// A table: its column heads and its rows, each cell trimmed and without backquotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The heads.
    pub columns: Vec<String>,
    /// The rows, each as long as the heads.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads the first table of `text`.
    ///
    /// # Panics
    ///
    /// If there is none, or if a row is not as long as the head.
    #[must_use]
    pub fn parse(text: &str) -> Table {
        let lines = text.lines().skip_while(|line| !line.starts_with('|'));
        let mut rows: Vec<Vec<String>> = lines
            .take_while(|line| line.starts_with('|'))
            .map(cells)
            .collect();
        assert!(rows.len() > 2, "a table has a head, a rule and rows");
        let columns = rows.remove(0);
        let rule = rows.remove(0);
        assert!(
            rule.iter().all(|cell| cell == "---"),
            "the second line of a table is its rule: {rule:?}"
        );
        for row in &rows {
            assert_eq!(row.len(), columns.len(), "{row:?}");
        }
        Table { columns, rows }
    }

    /// The cell in the row that begins with `row`, under `column`.
    ///
    /// # Panics
    ///
    /// If there is no such row or column.
    #[must_use]
    pub fn cell(&self, row: &str, column: &str) -> &str {
        let index = self.columns.iter().position(|head| head == column);
        let index = index.unwrap_or_else(|| panic!("no column {column}"));
        let row = self
            .rows
            .iter()
            .find(|cells| cells[0] == row)
            .unwrap_or_else(|| panic!("no row {row}"));
        &row[index]
    }

    /// The first cell of every row.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        self.rows.iter().map(|row| row[0].as_str()).collect()
    }
}

fn cells(line: &str) -> Vec<String> {
    let inner = line
        .strip_prefix('|')
        .and_then(|line| line.trim_end().strip_suffix('|'));
    let inner = inner.unwrap_or_else(|| panic!("a row ends in a bar: {line}"));
    inner
        .split('|')
        .map(|cell| cell.trim().replace('`', ""))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "before\n\n| a | b |\n| --- | --- |\n| `X` | y z |\n| W | |\nafter\n| no | more |\n";

    #[test]
    fn the_first_table_is_read() {
        let table = Table::parse(TEXT);
        assert_eq!(table.columns, ["a", "b"]);
        assert_eq!(table.rows, [["X", "y z"], ["W", ""]]);
        assert_eq!(table.cell("X", "b"), "y z");
        assert_eq!(table.keys(), ["X", "W"]);
    }

    #[test]
    #[should_panic(expected = "left == right")]
    fn a_short_row_is_noticed() {
        let _ = Table::parse("| a | b |\n| --- | --- |\n| x |\n");
    }
}
