//! Replacing a file so that a crash at any instant leaves the old one or the new one, whole.
//!
//! A program may be killed and the power may fail between any two instructions. Writing into the file itself leaves
//! half of it; so the new content gets a name of its own first, and takes over the real name in one step, a rename.
//! Two waits make this hold for power failures too: the content must be on the disk before a name points to it, and the
//! new name must be on the disk before anybody relies on it.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use ch14_training::{Content, Disk};

/// The name of the file that [`replace`] writes before it is complete: `.NAME.tmp` beside it.
pub fn temporary(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".tmp");
    path.with_file_name(name)
}

/// Replaces a file, or makes it. Only one writer at a time may do this for a path.
///
/// # Errors
/// When the disk refuses: the old file is then still there, unless the very last wait failed.
pub fn replace(disk: &dyn Disk, path: &Path, content: &Content<'_>) -> io::Result<()> {
    let temporary = temporary(path);
    // Yours: Write the content under the temporary name and wait until it is on the disk; only then give
    // it the real name, and wait until the folder, `folder(path)`, is on the disk too. Each step only if the one
    // before it worked. If one failed, try to remove the temporary file (whatever that says) and return the first error.
    todo!()
}

/// The folder that a file is in.
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
