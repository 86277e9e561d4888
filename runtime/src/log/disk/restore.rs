//! Events that are put into a new log without the entries that they were made of.

use parlance_proto::name::RoomName;
use parlance_proto::wire::Event;
use rusqlite::params;

use super::error::StoreError;
use super::facts::save_room;
use super::head::Head;
use super::seal;
use super::store::{Noted, Store};

impl Store {
    /// Makes a log that has nothing yet begin after entry `base`.
    pub(super) fn start_at(&mut self, base: u64) {
        self.facts.base = base;
        self.facts.base_chain = 0;
        self.last = Head {
            count: base,
            chain: 0,
        };
    }

    /// Makes a room whose oldest event is number `kept`.
    pub(super) fn keep_from(&mut self, name: &RoomName, kept: u64) -> Result<(), StoreError> {
        let mut room = self.room(name)?;
        room.kept = kept;
        room.noted = kept.saturating_sub(1);
        save_room(&self.db, name, room)?;
        self.rooms.insert(name.clone(), room);
        Ok(())
    }

    /// Puts in the next event of a room, under an entry whose body is gone. It counts as settled: a checkpoint of the
    /// room has to follow.
    pub(super) fn put(&mut self, name: &RoomName, event: &Event) -> Result<(), StoreError> {
        let id = self.room(name)?.id;
        let n = self.last.count + 1;
        let crc = seal::entry(n, event.at(), id, &[]);
        let chain = seal::chain(self.last.chain, crc);
        self.db
            .prepare_cached("INSERT INTO entries (n, room, at, crc, chain, body) VALUES (?1, ?2, ?3, ?4, ?5, NULL)")?
            .execute(params![n, id, event.at(), crc, chain])?;
        self.last = Head { count: n, chain };
        self.note(&Noted {
            room: name.clone(),
            pos: n,
            event: event.clone(),
        })
    }
}
