//! Who is in the room, as far as it was announced: put together from pages and events [RM-13].
//!
//! Pages and events may come in any mixture, since a page shows the room as of its asking and events repeat what it
//! shows: each sets or removes a member by number, and after the last of them both agree. Members who were not
//! announced (in a large room) have no events; of them the roster is as old as its pages.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::ops::Bound;

use super::ending::Violation;
use crate::room::MODERATED;
use crate::wire::{Listed, Members, Who};

/// How many members a roster holds: as many as a room remembers sessions, so that no honest room has more. Beyond it
/// the roster stays incomplete; at a few hundred bytes a member that bounds it to some tens of MiB.
pub const MAX_ROSTER: usize = 100_000;

/// How many of those who are kept out it holds: as many as a room keeps out, by their key or by where they were.
const MAX_KEPT_OUT: usize = 2 * MODERATED;

/// A member of the room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// The name.
    pub name: String,
    /// From where, if it is shown.
    pub host: Option<String>,
    /// 1 announced, 2 operator, 4 muted, 8 away (in grace), as of when they were last listed or an event told of it. That a
    /// mute has run out no event tells.
    pub flags: u64,
}

/// The members of the room by number; see [`Client::roster`](super::Client::roster).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Roster {
    members: BTreeMap<u64, Member>,
    /// Those who are kept out, by the number and name that they had.
    kept_out: BTreeMap<u64, String>,
    /// How many there are, by the last count that the server told.
    count: u64,
    /// The page that was asked for and has not come.
    asked: Option<Who>,
    /// Whether the last page has come and nothing was left out.
    complete: bool,
}

impl Roster {
    /// The members that are known, by number.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Member)> {
        self.members
            .iter()
            .map(|(number, member)| (*number, member))
    }

    /// The member of that number, if he is known.
    #[must_use]
    pub fn get(&self, member: u64) -> Option<&Member> {
        self.members.get(&member)
    }

    /// Those who are kept out, by the number and name that they had: as far as an operator was told of them, or this client
    /// has seen it done. They are no members.
    pub fn kept_out(&self) -> impl Iterator<Item = (u64, &str)> {
        self.kept_out
            .iter()
            .map(|(number, name)| (*number, name.as_str()))
    }

    /// How many members the room has, announced or not [RM-16].
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Whether all pages have come, so that it holds all who were announced.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Forgets everybody: their numbers mean nothing any more, or their events were missed.
    pub(super) fn clear(&mut self) {
        self.members.clear();
        self.kept_out.clear();
        self.complete = false;
        self.asked = None;
    }

    /// Begins to ask for all pages anew; what is known stays until its page comes.
    pub(super) fn ask(&mut self, reference: u64) -> Who {
        self.complete = false;
        self.ask_from(reference, 0)
    }

    /// Takes the page that was asked for, and says where the next one begins. Any other page is of an earlier asking.
    pub(super) fn page(&mut self, page: Members) -> Result<Page, Violation> {
        let Some(asked) = self
            .asked
            .take_if(|asked| asked.reference == page.reference)
        else {
            return Ok(Page::Stale);
        };
        if let Some(next) = page.next.filter(|next| *next <= asked.from) {
            let from = asked.from;
            return Err(Violation::Page { from, next });
        }
        let up_to = page.next.map_or(Bound::Unbounded, Bound::Included);
        let listed = (Bound::Excluded(asked.from), up_to);
        self.members.extract_if(listed, |_, _| true).for_each(drop);
        self.kept_out.extract_if(listed, |_, _| true).for_each(drop);
        let mut all_held = true;
        for entry in page.list {
            if entry.flags & Listed::BANNED != 0 {
                self.keep_out(entry.member, entry.name);
            } else {
                let (name, host, flags) = (entry.name, entry.host, entry.flags);
                all_held &= self.insert(entry.member, Member { name, host, flags });
            }
        }
        self.complete = all_held && page.next.is_none();
        Ok(page
            .next
            .filter(|_| all_held)
            .map_or(Page::Last, Page::Next))
    }

    /// Asks for the page of those with a number above `from`.
    pub(super) fn ask_from(&mut self, reference: u64, from: u64) -> Who {
        let who = Who { reference, from };
        self.asked = Some(who);
        who
    }

    /// The page of that reference was refused: the roster stays as it is.
    pub(super) fn refused(&mut self, reference: u64) {
        self.asked.take_if(|asked| asked.reference == reference);
    }

    pub(super) fn set_count(&mut self, members: u64) {
        self.count = members;
    }

    pub(super) fn joined(&mut self, member: u64, name: String, host: Option<String>) {
        let flags = Listed::ANNOUNCED;
        self.complete &= self.insert(member, Member { name, host, flags });
    }

    pub(super) fn left(&mut self, member: u64) {
        self.members.remove(&member);
    }

    /// A kick, or a ban, after which he is kept out. It tells no count: no LEFT follows.
    pub(super) fn expelled(&mut self, member: u64, is_banned: bool) {
        let Some(who) = self.members.remove(&member) else {
            return;
        };
        self.count = self.count.saturating_sub(1);
        if is_banned {
            self.keep_out(member, who.name);
        }
    }

    /// A ban was lifted; whether one was known.
    pub(super) fn let_in(&mut self, member: u64) -> bool {
        self.kept_out.remove(&member).is_some()
    }

    /// Sets or clears flags of a member, if he is known.
    pub(super) fn mark(&mut self, member: u64, flag: u64, is_set: bool) -> bool {
        let Some(member) = self.members.get_mut(&member) else {
            return false;
        };
        let flags = if is_set {
            member.flags | flag
        } else {
            member.flags & !flag
        };
        core::mem::replace(&mut member.flags, flags) != flags
    }

    fn keep_out(&mut self, number: u64, name: String) {
        if self.kept_out.len() < MAX_KEPT_OUT || self.kept_out.contains_key(&number) {
            self.kept_out.insert(number, name);
        }
    }

    pub(super) fn renamed(&mut self, member: u64, name: String) {
        if let Some(member) = self.members.get_mut(&member) {
            member.name = name;
        }
    }

    fn insert(&mut self, number: u64, member: Member) -> bool {
        let has_room = self.members.len() < MAX_ROSTER || self.members.contains_key(&number);
        if has_room {
            self.members.insert(number, member);
        }
        has_room
    }
}

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// It was not asked for, or no longer.
    Stale,
    /// It is taken, and the next begins there.
    Next(u64),
    /// It is taken, and no other is wanted.
    Last,
}
