//! A simulated disk: it loses what was not synced when the power goes, it fails when it is told to, and it can be full.
//!
//! A [`Disk`] is in memory and belongs to one test. SQLite uses it through a [`Drive`], a file system under a name of
//! its own; everything else through its [`Handle`]s. All that was done to it is kept as a [`History`], so that one run
//! gives every moment at which the power could have gone.

mod fault;
mod image;
mod vfs;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use fault::{Call, Fault, Plan};
pub use image::{Change, Image, SECTOR, Survivors};
pub use vfs::Drive;

use image::{FileId, whole_sectors};

/// See the module. A clone is the same disk.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    start: Image,
    changes: Vec<Change>,
    now: Image,
    calls: Vec<Call>,
    /// What is to fail, and how many calls there were when that was said.
    plan: Option<(Plan, u64)>,
    capacity: Option<u64>,
    lies: bool,
}

/// All that was done to a disk.
#[derive(Clone, Debug)]
pub struct History {
    start: Image,
    changes: Vec<Change>,
}

/// A file that was opened.
#[derive(Clone, Debug)]
pub struct Handle {
    disk: Disk,
    file: FileId,
}

impl Disk {
    /// A disk that holds `image`. What is not durable in it is not durable here: it is as after the end of a process.
    #[must_use]
    pub fn new(image: Image) -> Disk {
        Disk(Arc::new(Mutex::new(State {
            start: image.clone(),
            changes: Vec::new(),
            now: image,
            calls: Vec::new(),
            plan: None,
            capacity: None,
            lies: false,
        })))
    }

    /// What is on it, durable or not.
    #[must_use]
    pub fn image(&self) -> Image {
        self.lock().now.clone()
    }

    /// All that was done to it.
    #[must_use]
    pub fn history(&self) -> History {
        let state = self.lock();
        History {
            start: state.start.clone(),
            changes: state.changes.clone(),
        }
    }

    /// How many changes there were.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.lock().changes.len()
    }

    /// Every call there was, those that failed too.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Says which call from now on fails; no more any, if `None`.
    pub fn fail(&self, plan: Option<Plan>) {
        let mut state = self.lock();
        let calls = state.calls.len() as u64;
        state.plan = plan.map(|plan| (plan, calls));
    }

    /// How many bytes it holds, whole sectors; without an end if `None`.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.lock().capacity = bytes;
    }

    /// Whether it answers a sync without having done anything.
    pub fn set_lying(&self, lies: bool) {
        self.lock().lies = lies;
    }

    /// Opens a file; makes it, if `create` says so and it is not there. `None` where there is none then.
    ///
    /// # Errors
    ///
    /// As was planned; [`Fault::Full`] too where there is no space left at all.
    pub fn open(&self, name: &str, create: bool) -> Result<Option<Handle>, Fault> {
        let mut state = self.lock();
        let found = state.now.find(name);
        let makes = found.is_none() && create;
        state.meet(if makes { Call::Create } else { Call::Open })?;
        let file = match found {
            Some(file) => file,
            None if create => state.create(name)?,
            None => return Ok(None),
        };
        Ok(Some(Handle {
            disk: self.clone(),
            file,
        }))
    }

    /// Whether there is a file of this name.
    ///
    /// # Errors
    ///
    /// As was planned.
    pub fn exists(&self, name: &str) -> Result<bool, Fault> {
        let mut state = self.lock();
        state.meet(Call::Access)?;
        Ok(state.now.find(name).is_some())
    }

    /// Deletes a file, and syncs the folder if `sync` says so; whether it was there.
    ///
    /// # Errors
    ///
    /// As was planned: it is still there.
    pub fn delete(&self, name: &str, sync: bool) -> Result<bool, Fault> {
        let mut state = self.lock();
        state.meet(Call::Delete)?;
        if state.now.find(name).is_none() {
            return Ok(false);
        }
        state.change(Change::Delete(name.to_owned()));
        if sync && !state.lies {
            state.change(Change::SyncNames);
        }
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panics in another thread has failed anyway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    /// Reads into `into` from `offset` on; how many bytes there were.
    ///
    /// # Errors
    ///
    /// As was planned.
    pub fn read(&self, into: &mut [u8], offset: u64) -> Result<usize, Fault> {
        let mut state = self.disk.lock();
        state.meet(Call::Read)?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let there = state.now.content(self.file).get(offset..).unwrap_or(&[]);
        let length = there.len().min(into.len());
        into[..length].copy_from_slice(&there[..length]);
        Ok(length)
    }

    /// Writes at `offset`.
    ///
    /// # Errors
    ///
    /// As was planned; [`Fault::Short`] where it grows the file and there is no space for all of it: what there is
    /// space for is written.
    pub fn write(&self, bytes: &[u8], offset: u64) -> Result<(), Fault> {
        let mut state = self.disk.lock();
        match state.meet(Call::Write) {
            Err(Fault::Short) => {
                state.write(self.file, offset, &bytes[..bytes.len() / 2]);
                Err(Fault::Short)
            }
            Err(fault) => Err(fault),
            Ok(()) => {
                let room = state.room_for(self.file, offset, bytes.len());
                state.write(self.file, offset, &bytes[..room]);
                if room < bytes.len() {
                    return Err(Fault::Short);
                }
                Ok(())
            }
        }
    }

    /// Cuts or extends the file to `length`.
    ///
    /// # Errors
    ///
    /// As was planned: it keeps its length.
    pub fn truncate(&self, length: u64) -> Result<(), Fault> {
        let mut state = self.disk.lock();
        state.meet(Call::Truncate)?;
        state.change(Change::Truncate(self.file, length));
        Ok(())
    }

    /// Makes all that was done to the file durable.
    ///
    /// # Errors
    ///
    /// As was planned: nothing more is durable than before.
    pub fn sync(&self) -> Result<(), Fault> {
        let mut state = self.disk.lock();
        if let Err(fault) = state.meet(Call::Sync) {
            if fault == Fault::Lost {
                state.change(Change::Lose(self.file));
            }
            return Err(fault);
        }
        let change = if state.lies {
            Change::Lie
        } else {
            Change::Sync
        };
        state.change(change(self.file));
        Ok(())
    }

    /// How long the file is.
    ///
    /// # Errors
    ///
    /// As was planned.
    pub fn length(&self) -> Result<u64, Fault> {
        let mut state = self.disk.lock();
        state.meet(Call::Length)?;
        Ok(state.now.content(self.file).len() as u64)
    }
}

impl History {
    /// How many changes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What was done, in order.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The disk at each moment, from that before the first change to that after the last, with the number of changes
    /// that were done. What was synced by then is durable; what else is on it, the power loss says.
    pub fn moments(&self) -> impl Iterator<Item = (usize, Image)> + '_ {
        let mut now = self.start.clone();
        (0..=self.changes.len()).map(move |done| {
            if let Some(last) = done.checked_sub(1) {
                now.apply(&self.changes[last]);
            }
            (done, now.clone())
        })
    }
}

impl State {
    /// Counts a call and says whether it fails.
    fn meet(&mut self, call: Call) -> Result<(), Fault> {
        let number = self.calls.len() as u64;
        self.calls.push(call);
        let planned = self
            .plan
            .and_then(|(plan, since)| plan.fault(number - since, call));
        planned.map_or(Ok(()), Err)
    }

    fn change(&mut self, change: Change) {
        self.now.apply(&change);
        self.changes.push(change);
    }

    fn create(&mut self, name: &str) -> Result<FileId, Fault> {
        if self.capacity.is_some_and(|most| self.now.size() >= most) {
            return Err(Fault::Full);
        }
        let file = self.now.next_file();
        self.change(Change::Create(name.to_owned(), file));
        Ok(file)
    }

    fn write(&mut self, file: FileId, offset: u64, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.change(Change::Write(file, offset, bytes.into()));
        }
    }

    /// How many of so many bytes can be written there.
    fn room_for(&self, file: FileId, offset: u64, length: usize) -> usize {
        let Some(most) = self.capacity else {
            return length;
        };
        let taken = whole_sectors(self.now.content(file).len());
        let free = most.saturating_sub(self.now.size());
        let end = (taken + free / SECTOR as u64 * SECTOR as u64).saturating_sub(offset);
        usize::try_from(end).map_or(length, |end| end.min(length))
    }
}
