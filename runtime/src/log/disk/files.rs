//! The few files beside the database, behind a trait, so that they can stand on a simulated disk as it does.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Small files in one folder, by name.
pub trait Files: Send {
    /// All of a file; `None` where it is not there.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    fn read(&mut self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Writes at an offset, making the file where it is not there. It is not durable before [`sync`](Files::sync).
    ///
    /// # Errors
    ///
    /// It cannot be written: as much of it as may be is.
    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes what was written to the file durable, and that it is there.
    ///
    /// # Errors
    ///
    /// What was written may be durable or not.
    fn sync(&mut self, name: &str) -> io::Result<()>;

    /// Makes the file empty and gives its space back; it is made where it is not there.
    ///
    /// # Errors
    ///
    /// It keeps its length.
    fn clear(&mut self, name: &str) -> io::Result<()>;

    /// Removes the file, durably, if it is there.
    ///
    /// # Errors
    ///
    /// It may be there still, or again when the power goes.
    fn remove(&mut self, name: &str) -> io::Result<()>;
}

/// Files of a true folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The files of the folder at `path`, which is there.
    #[must_use]
    pub fn new(path: &Path) -> Folder {
        Folder {
            path: path.to_owned(),
        }
    }

    fn open(&self, name: &str) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.path.join(name))
    }
}

impl Files for Folder {
    fn read(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        match File::open(self.path.join(name)) {
            Ok(mut file) => file.read_to_end(&mut bytes).map(|_| Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.open(name)?.write_all_at(bytes, offset)
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.open(name)?.sync_all()?;
        File::open(&self.path)?.sync_all()
    }

    fn clear(&mut self, name: &str) -> io::Result<()> {
        self.open(name)?.set_len(0)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path.join(name)) {
            Ok(()) => File::open(&self.path)?.sync_all(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}
