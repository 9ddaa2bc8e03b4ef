//! The five things that saving asks of a disk, so that a test can put a failing one in its place.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// What is to be written: it is handed a writer.
pub type Content<'a> = dyn Fn(&mut dyn Write) -> io::Result<()> + 'a;

// ANCHOR: disk
/// A place for files. Nothing that is written or renamed is sure to survive a power failure before it is synced.
pub trait Disk: Send + Sync {
    /// Makes a file with this content, or overwrites the one that is there.
    fn write(&self, path: &Path, content: &Content<'_>) -> io::Result<()>;

    /// Waits until the content of a file is on the disk.
    fn sync(&self, path: &Path) -> io::Result<()>;

    /// Gives a file another name; a file that had that name is gone. Nobody ever sees neither or half of them.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Waits until the names in a folder are on the disk.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// Deletes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
}
// ANCHOR_END: disk

/// The disk of this computer.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn write(&self, path: &Path, content: &Content<'_>) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        content(&mut file)?;
        file.flush()
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        // Windows flushes only what is opened for writing.
        File::options().write(true).open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        // Windows has no such thing: there, the file system's own journal must do.
        if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}
