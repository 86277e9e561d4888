//! What is on a disk, durable and not, and what of it is left when the power goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::sim::rng::Rng;

/// What a disk writes whole or not at all.
pub const SECTOR: usize = 512;

/// A file, whatever it is called. Never given twice on one disk.
pub(super) type FileId = u64;

/// Something that changes a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A file of this name and number is made, empty.
    Create(String, u64),
    /// The name is taken away.
    Delete(String),
    /// Bytes are written to the file of this number, at this offset.
    Write(u64, u64, Arc<[u8]>),
    /// The file of this number gets this length.
    Truncate(u64, u64),
    /// What was done to the file of this number becomes durable.
    Sync(u64),
    /// The sync was answered and nothing was done: only a disk that lies does it.
    Lie(u64),
    /// The sync failed, and what was done to the file of this number since the last is never made durable.
    Lose(u64),
    /// All names become durable as they are.
    SyncNames,
}

/// Which of the changes that were not synced are on the disk when the power comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survivors {
    /// Everything, as after the end of the process alone.
    All,
    /// Nothing.
    None,
    /// What was done before some moment, which may be in the middle of a write.
    Before(u64),
    /// Whatever the seed says, sector by sector.
    Some(u64),
}

/// The content of a disk at one moment. A clone shares all files until one is changed.
///
/// The model is that of a journalling file system (ext4, XFS) on a disk with a volatile cache, at its worst:
///
/// * The sectors of a file are written back one by one and in any order; one sector is whole, as it was before or as
///   it was after some write to it. A write that was torn is thus any part of its sectors.
/// * A length is written back apart from the content: a file may have grown without what was written there, and has
///   zeroes then.
/// * Names go through the journal: they are written back in the order of their changes. A sync makes all changes of
///   its file durable, and the making of its name with all changes of names before it, as these file systems do.
///   SQLite counts on it: it syncs no folder for a log that it makes, nor for the journal that it deletes before.
///   (Where that deletion could be lost later, the whole database would be rolled back to before its first log.)
#[derive(Clone, Debug, Default)]
pub struct Image {
    names: BTreeMap<String, FileId>,
    durable_names: BTreeMap<String, FileId>,
    /// What happened to names since, in order: the file that one belongs to, or none.
    renamings: Vec<(u64, String, Option<FileId>)>,
    files: BTreeMap<FileId, Content>,
    made: FileId,
    /// Counts pieces of changes that can be lost, each sector one.
    pieces: u64,
}

#[derive(Clone, Debug, Default)]
struct Content {
    now: Arc<Vec<u8>>,
    durable: Arc<Vec<u8>>,
    /// What happened since the last sync, in order.
    pending: Vec<(u64, Piece)>,
    /// Something was lost: what is read now is not `durable` with all that is pending.
    has_lost: bool,
}

#[derive(Clone, Debug)]
enum Piece {
    /// The file has at least this length.
    Grown(usize),
    /// The file is cut or extended to this length.
    Length(usize),
    /// A sector holds this; it is shorter at the end of the file.
    Sector(usize, Arc<[u8]>),
}

impl Image {
    /// A disk that holds these files, all durable.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Image {
        let mut image = Image::default();
        for (name, bytes) in files {
            image.keep(name, Arc::new(bytes));
        }
        image
    }

    /// The files and what is in them, as one who reads them now finds them.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let names = self.names.iter();
        names.map(|(name, id)| (name.as_str(), self.content(*id)))
    }

    /// What is in the file of this name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.find(name).map(|id| self.content(id))
    }

    /// The bytes that all files take, whole sectors each.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files()
            .map(|(_, bytes)| whole_sectors(bytes.len()))
            .sum()
    }

    /// Does what `change` says.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Create(name, id) => {
                self.made = self.made.max(*id);
                self.files.insert(*id, Content::default());
                self.names.insert(name.clone(), *id);
                self.rename(name, Some(*id));
            }
            Change::Delete(name) => {
                self.names.remove(name);
                self.rename(name, None);
            }
            Change::Write(id, offset, bytes) => self.write(*id, position(*offset), bytes),
            Change::Truncate(id, length) => self.truncate(*id, position(*length)),
            Change::Sync(id) => self.sync(*id),
            Change::Lie(_) => {}
            Change::Lose(id) => self.lose(*id),
            Change::SyncNames => {
                self.renamings.clear();
                self.durable_names = self.names.clone();
            }
        }
    }

    /// The disk after the power was gone and is back: all that is on it is durable.
    #[must_use]
    pub fn after_power_loss(&self, survivors: Survivors) -> Image {
        let mut lot = Lot::new(survivors, self.pieces);
        let mut names = self.durable_names.clone();
        for (number, name, file) in &self.renamings {
            if !lot.survives(*number) {
                break;
            }
            match file {
                Some(id) => names.insert(name.clone(), *id),
                None => names.remove(name),
            };
        }
        let mut left = Image::default();
        for (name, id) in names {
            left.keep(name, self.files[&id].left(&mut lot));
        }
        left
    }

    pub(super) fn find(&self, name: &str) -> Option<FileId> {
        self.names.get(name).copied()
    }

    pub(super) fn content(&self, id: FileId) -> &[u8] {
        self.files.get(&id).map_or(&[], |file| file.now.as_slice())
    }

    pub(super) fn next_file(&self) -> FileId {
        self.made + 1
    }

    fn keep(&mut self, name: String, bytes: Arc<Vec<u8>>) {
        self.made += 1;
        self.names.insert(name.clone(), self.made);
        self.durable_names.insert(name, self.made);
        let file = Content {
            now: Arc::clone(&bytes),
            durable: bytes,
            pending: Vec::new(),
            has_lost: false,
        };
        self.files.insert(self.made, file);
    }

    fn rename(&mut self, name: &str, file: Option<FileId>) {
        self.pieces += 1;
        self.renamings.push((self.pieces, name.to_owned(), file));
    }

    fn write(&mut self, id: FileId, offset: usize, bytes: &[u8]) {
        let file = self.files.entry(id).or_default();
        let end = offset + bytes.len();
        let now = Arc::make_mut(&mut file.now);
        if now.len() < end {
            now.resize(end, 0);
            self.pieces += 1;
            file.pending.push((self.pieces, Piece::Grown(end)));
        }
        now[offset..end].copy_from_slice(bytes);
        for sector in offset / SECTOR..end.div_ceil(SECTOR) {
            let start = sector * SECTOR;
            let content = &now[start..now.len().min(start + SECTOR)];
            self.pieces += 1;
            let piece = Piece::Sector(sector, content.into());
            file.pending.push((self.pieces, piece));
        }
    }

    fn truncate(&mut self, id: FileId, length: usize) {
        let file = self.files.entry(id).or_default();
        Arc::make_mut(&mut file.now).resize(length, 0);
        self.pieces += 1;
        file.pending.push((self.pieces, Piece::Length(length)));
    }

    fn sync(&mut self, id: FileId) {
        if let Some(file) = self.files.get_mut(&id) {
            file.durable = if file.has_lost {
                file.left(&mut Lot::Always(true))
            } else {
                Arc::clone(&file.now)
            };
            file.pending.clear();
        }
        let Some(last) = self
            .renamings
            .iter()
            .rposition(|(.., file)| *file == Some(id))
        else {
            return;
        };
        for (_, name, file) in self.renamings.drain(..=last) {
            match file {
                Some(id) => self.durable_names.insert(name, id),
                None => self.durable_names.remove(&name),
            };
        }
    }

    fn lose(&mut self, id: FileId) {
        if let Some(file) = self.files.get_mut(&id) {
            file.pending.clear();
            file.has_lost = true;
        }
    }
}

impl Content {
    fn left(&self, lot: &mut Lot) -> Arc<Vec<u8>> {
        if self.pending.is_empty() {
            return Arc::clone(&self.durable);
        }
        let mut left = self.durable.to_vec();
        for (number, piece) in &self.pending {
            if !lot.survives(*number) {
                continue;
            }
            match piece {
                Piece::Grown(length) => left.resize(left.len().max(*length), 0),
                Piece::Length(length) => left.resize(*length, 0),
                Piece::Sector(sector, bytes) => {
                    let start = sector * SECTOR;
                    let end = start + bytes.len();
                    left.resize(left.len().max(end), 0);
                    left[start..end].copy_from_slice(bytes);
                }
            }
        }
        Arc::new(left)
    }
}

/// Decides what survives.
enum Lot {
    Always(bool),
    Before(u64),
    Draw { rng: Rng, percent: u64 },
}

impl Lot {
    fn new(survivors: Survivors, pieces: u64) -> Lot {
        match survivors {
            Survivors::All => Lot::Always(true),
            Survivors::None => Lot::Always(false),
            Survivors::Before(seed) => Lot::Before(Rng::new(seed).below(pieces + 1)),
            Survivors::Some(seed) => {
                let mut rng = Rng::new(seed);
                // Few, half or most: each finds something else.
                let percent = [10, 50, 90][usize::try_from(rng.below(3)).unwrap_or(1)];
                Lot::Draw { rng, percent }
            }
        }
    }

    fn survives(&mut self, number: u64) -> bool {
        match self {
            Lot::Always(all) => *all,
            Lot::Before(last) => number <= *last,
            Lot::Draw { rng, percent } => rng.below(100) < *percent,
        }
    }
}

pub(super) fn whole_sectors(length: usize) -> u64 {
    (length.div_ceil(SECTOR) * SECTOR) as u64
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).expect("a simulated file lies in memory")
}
