//! Searching a log: an index of what was said, in a database of its own that can be thrown away at any time.

use std::path::Path;

use parlance_proto::name::RoomName;
use parlance_proto::wire::Event;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::redacted;
use super::error::StoreError;
use super::files::{Files, Folder};
use super::store::Store;
use super::thread::own;
use super::tools::{Events, ToolError, open, take};

/// The index, in the folder of the log.
const INDEX: &str = "search.db";
/// What a change to it that was broken off has left.
const JOURNAL: &str = "search.db-journal";
/// `pars`: says that the file is ours.
const APPLICATION: i64 = 0x7061_7273;
/// Of the tables, and of how text is made into tokens.
const VERSION: i64 = 1;

/// The row of a text is the place of its event in the log, so that newer is higher. `done` says up to which event a room
/// is in the index; `log` which log it is of, by the chain at some entry.
const TABLES: &str = "
    CREATE VIRTUAL TABLE texts USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
    CREATE TABLE events (pos INTEGER PRIMARY KEY, room INTEGER NOT NULL, seq INTEGER NOT NULL);
    CREATE INDEX by_room ON events (room, seq);
    CREATE TABLE done (room INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
    CREATE TABLE log (count INTEGER NOT NULL, chain INTEGER NOT NULL);
";

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Query {
    /// Each of these is in the text: a word, or words in this order.
    pub words: Vec<String>,
    /// In this room only.
    pub room: Option<RoomName>,
    /// So many at most.
    pub limit: u32,
}

/// What was said with all the words of a query in the log in `folder`, newest first. The index is brought up to date
/// first; one that is damaged or of another log, or that has words of what was redacted since, is made anew.
///
/// # Errors
///
/// A server has the folder; there is no log in it, or no such room; or it is damaged.
pub fn search(folder: &Path, query: &Query) -> Result<Vec<(RoomName, Event)>, ToolError> {
    let _lock = take(folder)?;
    let (store, _) = open(folder)?;
    let room = match &query.room {
        Some(name) => match store.rooms.get(name) {
            Some(row) => Some(row.id),
            None => return Err(ToolError::NoRoom(name.clone())),
        },
        None => None,
    };
    let Some(expression) = expression(&query.words) else {
        return Ok(Vec::new());
    };
    let find = || -> Result<Vec<(u64, u64)>, Failed> {
        let mut index = open_index(folder)?;
        update(&mut index, &store)?;
        Ok(find(&index, &expression, room, query.limit)?)
    };
    let found = match find() {
        Err(Failed::Index(_) | Failed::Redacted) => {
            forget(&mut Folder::new(folder))?;
            find()
        }
        found => found,
    };
    let found = match found {
        Ok(found) => found,
        Err(Failed::Index(error)) => return Err(StoreError::from(error).into()),
        // One that was made of what is there now has nothing of it.
        Err(Failed::Redacted) => Vec::new(),
        Err(Failed::Log(error)) => return Err(error.into()),
    };
    let mut events = Vec::with_capacity(found.len());
    for (id, seq) in found {
        let name = store.rooms.iter().find(|(_, row)| row.id == id);
        if let Some((name, _)) = name {
            let event = store.read(name, seq - 1, 1)?.into_iter().next();
            events.extend(event.map(|event| (name.clone(), event)));
        }
    }
    Ok(events)
}

/// Whose fault it is: an index is made anew, a log is not.
enum Failed {
    Index(rusqlite::Error),
    /// The index has the words of a line that was redacted since.
    Redacted,
    Log(StoreError),
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Failed {
        Failed::Index(error)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Failed {
        Failed::Log(error)
    }
}

/// Removes the index: it holds the words of what was said.
pub(super) fn forget(files: &mut dyn Files) -> Result<(), StoreError> {
    for name in [JOURNAL, INDEX] {
        files
            .remove(name)
            .map_err(|error| StoreError::file(name, error))?;
    }
    Ok(())
}

fn open_index(folder: &Path) -> Result<Connection, Failed> {
    let path = folder.join(INDEX);
    own(&path)?;
    let db = Connection::open(&path)?;
    let number = |pragma: &str| -> rusqlite::Result<i64> {
        db.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))
    };
    if number("application_id")? != APPLICATION || number("user_version")? != VERSION {
        // Whatever it is, it stands in our place: where it is not empty, this fails and it is thrown away.
        db.execute_batch(&format!(
            "BEGIN; {TABLES}
             PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
        ))?;
    }
    Ok(db)
}

/// Takes in what is new in the log, and out what is no longer there.
fn update(index: &mut Connection, store: &Store) -> Result<(), Failed> {
    let change = index.transaction()?;
    let of = change
        .query_row("SELECT count, chain FROM log", [], |row| {
            Ok((row.get::<_, u64>(0)?, row.get::<_, u32>(1)?))
        })
        .optional()?;
    let end = store.end();
    let is_ours = match of {
        Some((count, chain)) => count <= end.count && store.chain_at(count)? == Some(chain),
        None => true,
    };
    if !is_ours {
        change.execute_batch(
            "INSERT INTO texts (texts) VALUES ('delete-all'); DELETE FROM events; DELETE FROM done;",
        )?;
    }
    let rooms: Vec<u64> = change
        .prepare("SELECT room FROM done")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in rooms {
        let kept = store.rooms.values().find(|row| row.id == id);
        take_out(&change, id, kept.map_or(u64::MAX >> 1, |row| row.kept))?;
    }
    for (name, row) in &store.rooms {
        take_in(&change, store, name, row.id)?;
    }
    change.execute("DELETE FROM log", [])?;
    change.execute(
        "INSERT INTO log (count, chain) VALUES (?1, ?2)",
        params![end.count, end.chain],
    )?;
    change.commit()?;
    Ok(())
}

fn take_out(index: &Connection, room: u64, kept: u64) -> rusqlite::Result<()> {
    index.execute(
        "DELETE FROM texts WHERE rowid IN (SELECT pos FROM events WHERE room = ?1 AND seq < ?2)",
        params![room, kept],
    )?;
    index.execute(
        "DELETE FROM events WHERE room = ?1 AND seq < ?2",
        params![room, kept],
    )?;
    Ok(())
}

fn take_in(index: &Connection, store: &Store, name: &RoomName, id: u64) -> Result<(), Failed> {
    let done: Option<u64> = index
        .query_row("SELECT seq FROM done WHERE room = ?1", [id], |row| {
            row.get(0)
        })
        .optional()?;
    let mut events = Events::after(store, name, done.unwrap_or(0))?;
    let mut newest = None;
    while let Some((pos, event)) = events.next()? {
        newest = Some(event.seq());
        if let Some(line) = redacted(&event)
            && has(index, id, line)?
        {
            return Err(Failed::Redacted);
        }
        let Event::Said(said) = event else { continue };
        let Some(text) = said.text else { continue };
        index
            .prepare_cached("INSERT INTO texts (rowid, text) VALUES (?1, ?2)")?
            .execute(params![pos, spaced(&text)])?;
        index
            .prepare_cached("INSERT INTO events (pos, room, seq) VALUES (?1, ?2, ?3)")?
            .execute(params![pos, id, said.seq])?;
    }
    if let Some(newest) = newest {
        index.execute(
            "INSERT OR REPLACE INTO done (room, seq) VALUES (?1, ?2)",
            params![id, newest],
        )?;
    }
    Ok(())
}

fn has(index: &Connection, room: u64, seq: u64) -> rusqlite::Result<bool> {
    index
        .prepare_cached("SELECT count(*) > 0 FROM events WHERE room = ?1 AND seq = ?2")?
        .query_row(params![room, seq], |row| row.get(0))
}

/// The rooms and numbers of what matches.
fn find(
    index: &Connection,
    expression: &str,
    room: Option<u64>,
    limit: u32,
) -> rusqlite::Result<Vec<(u64, u64)>> {
    let mut statement = index.prepare(
        "SELECT events.room, events.seq FROM texts JOIN events ON events.pos = texts.rowid
         WHERE texts MATCH ?1 AND (?2 IS NULL OR events.room = ?2) ORDER BY texts.rowid DESC LIMIT ?3",
    )?;
    let found = statement.query_map(params![expression, room, limit], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    found.collect()
}

/// What the index is asked: each word as a phrase in quotes, in which nothing has a meaning of its own. None where there
/// is nothing in the words that could be found.
fn expression(words: &[String]) -> Option<String> {
    let phrases: Vec<String> = words
        .iter()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .map(|word| format!("\"{}\"", spaced(word).replace('"', " ")))
        .collect();
    (!phrases.is_empty()).then(|| phrases.join(" "))
}

/// A text in which each character of a script that sets no spaces stands alone, so that it is a word.
fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0' => spaced.push(' '),
            c if stands_alone(c) => {
                spaced.push(' ');
                spaced.push(c);
                spaced.push(' ');
            }
            c => spaced.push(c),
        }
    }
    spaced
}

/// Chinese, Japanese and Korean.
fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11ff}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{318f}' | '\u{31a0}'..='\u{31bf}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ffdc}' | '\u{20000}'..='\u{3fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(texts: &[&str]) -> Connection {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(TABLES).unwrap();
        for (pos, text) in (1_u64..).zip(texts) {
            db.execute(
                "INSERT INTO texts (rowid, text) VALUES (?1, ?2)",
                params![pos, spaced(text)],
            )
            .unwrap();
            db.execute("INSERT INTO events VALUES (?1, 1, ?1)", [pos])
                .unwrap();
        }
        db
    }

    fn found(db: &Connection, words: &[&str]) -> Vec<u64> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let Some(expression) = expression(&words) else {
            return Vec::new();
        };
        let found = find(db, &expression, None, 50).unwrap();
        found.into_iter().map(|(_, seq)| seq).collect()
    }

    #[test]
    fn words_of_any_script_are_found_newest_first() {
        let db = index(&[
            "The build is green",
            "今天天气很好，大家好",
            "気をつけて build",
            "안녕하세요",
        ]);
        assert_eq!(found(&db, &["BUILD"]), [3, 1]);
        assert_eq!(found(&db, &["green", "build"]), [1]);
        assert_eq!(found(&db, &["build is"]), [1]);
        assert_eq!(found(&db, &["is build"]), [0; 0]);
        for words in ["好", "天气", "今天天气", "气很好"] {
            assert_eq!(found(&db, &[words]), [2], "{words}");
        }
        assert_eq!(
            found(&db, &["好天"]),
            [0; 0],
            "the characters are not in this order"
        );
        assert_eq!(found(&db, &["つけ", "build"]), [3]);
        assert_eq!(found(&db, &["녕하"]), [4]);
    }

    #[test]
    fn nothing_in_a_query_has_a_meaning_of_its_own() {
        let db = index(&["say NOT near text: \"quoted\" end*", "plain"]);
        for words in [
            "\"",
            "\"\"\"",
            "*",
            "NOT",
            "near(",
            "text:",
            "AND OR",
            "(",
            "^say",
            "quoted\" OR plain",
            "a\0b",
            "-",
            "{text}:x",
            "'; DROP TABLE events; --",
            "",
        ] {
            found(&db, &[words]);
        }
        assert_eq!(found(&db, &["NOT"]), [1]);
        assert_eq!(found(&db, &["\"quoted\""]), [1]);
        assert_eq!(found(&db, &["quoted\" OR plain"]), [0; 0]);
        assert_eq!(found(&db, &["!", "plain", "*"]), [2]);
    }
}
