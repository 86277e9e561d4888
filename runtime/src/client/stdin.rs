//! Lines of stdin, read by a thread of their own: a read that waits must not hold anything else up.

use std::io::{self, BufRead};

use tokio::sync::mpsc;

/// How many lines may wait to be taken; beyond it the thread reads no further.
const AHEAD: usize = 64;

/// A line as it was read, without its end (`\n` or `\r\n`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLine {
    /// Counting from 1.
    pub number: u64,
    /// How many bytes it had, kept or not.
    pub length: usize,
    /// Its bytes, but only so many as the limit asked for and one more.
    pub bytes: Vec<u8>,
}

/// Lines of stdin as they come.
#[derive(Debug)]
pub struct StdinLines {
    lines: mpsc::Receiver<io::Result<RawLine>>,
}

impl StdinLines {
    /// Starts to read; of a line not more than `limit` bytes and one are kept, however long it is.
    ///
    /// # Errors
    ///
    /// No thread could be started.
    pub fn start(limit: usize) -> io::Result<StdinLines> {
        let (taken, lines) = mpsc::channel(AHEAD);
        std::thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || read_all(io::stdin().lock(), limit, &taken))?;
        Ok(StdinLines { lines })
    }

    /// The next line; `None` at the end of stdin. Safe to cancel.
    pub async fn next(&mut self) -> Option<io::Result<RawLine>> {
        self.lines.recv().await
    }

    /// The next line, if it was read already.
    pub fn ready(&mut self) -> Option<io::Result<RawLine>> {
        self.lines.try_recv().ok()
    }
}

fn read_all(mut input: impl BufRead, limit: usize, to: &mpsc::Sender<io::Result<RawLine>>) {
    let mut number = 0;
    loop {
        let line = match read_line(&mut input, limit) {
            Ok(None) => return,
            Ok(Some((length, bytes))) => {
                number += 1;
                Ok(RawLine {
                    number,
                    length,
                    bytes,
                })
            }
            Err(error) => Err(error),
        };
        let last = line.is_err();
        if to.blocking_send(line).is_err() || last {
            return;
        }
    }
}

/// One line without its end, its length, and at most `limit` + 1 of its bytes; `None` at the end of the input.
fn read_line(input: &mut impl BufRead, limit: usize) -> io::Result<Option<(usize, Vec<u8>)>> {
    let mut line = Vec::new();
    let mut length = 0;
    // A `\r` counts only where no `\n` follows it.
    let mut last_is_return = false;
    let mut begun = false;
    loop {
        let chunk = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            chunk => chunk?,
        };
        if chunk.is_empty() {
            return Ok(begun.then_some((length, line)));
        }
        begun = true;
        let end = chunk.iter().position(|&byte| byte == b'\n');
        let piece = &chunk[..end.unwrap_or(chunk.len())];
        length += piece.len();
        let room = (limit + 1).saturating_sub(line.len());
        line.extend_from_slice(&piece[..piece.len().min(room)]);
        if let Some(&byte) = piece.last() {
            last_is_return = byte == b'\r';
        }
        let used = piece.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            if last_is_return {
                length -= 1;
                line.truncate(length);
            }
            return Ok(Some((length, line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8], capacity: usize, limit: usize) -> Vec<(usize, Vec<u8>)> {
        let mut input = io::BufReader::with_capacity(capacity, input);
        std::iter::from_fn(|| read_line(&mut input, limit).unwrap()).collect()
    }

    #[test]
    fn ends_of_lines_are_no_part_of_them() {
        let input = b"a\nb\r\n\n\r\nc\rd\ne\r\r\nlast";
        let expected: [&[u8]; 7] = [b"a", b"b", b"", b"", b"c\rd", b"e\r", b"last"];
        for capacity in [1, 2, 3, 64] {
            let found = lines(input, capacity, 100);
            let texts: Vec<_> = found.iter().map(|(_, line)| line.as_slice()).collect();
            assert_eq!(texts, expected, "read {capacity} at a time");
        }
    }

    #[test]
    fn a_long_line_is_counted_and_not_kept() {
        for capacity in [1, 7, 4096] {
            let mut input = vec![b'x'; 10_000];
            input.extend_from_slice(b"\r\nnext\n");
            let found = lines(&input, capacity, 100);
            assert_eq!(found[0].0, 10_000);
            assert_eq!(found[0].1.len(), 101);
            assert_eq!(found[1], (4, b"next".to_vec()));
        }
    }

    #[test]
    fn an_end_without_a_line_is_no_line() {
        assert!(lines(b"", 8, 8).is_empty());
        assert_eq!(lines(b"a\n", 8, 8).len(), 1);
        assert_eq!(lines(b"\n", 8, 8), [(0, Vec::new())]);
    }
}
