//! Where the data is: an explicit folder (or archive), then `GRADUS_DATA`, then the user's cache folder, in this order.
//!
//! A folder that was named by hand must hold the data: asking for `--data photos` and silently getting something
//! else would be a lie. `GRADUS_DATA` names a folder for all data sets, so one of them may be absent there; but the
//! folder itself must exist. When nothing is found the answer is [`Source::Generated`], which says where we looked.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Error, Set};

/// Where a data set comes from. Programs print it: a result on generated data is not a result on the real one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The original files, in this folder or archive.
    Real(PathBuf),
    /// Made up by this crate, because none of these places held the files.
    Generated {
        /// The folders that were searched.
        looked_in: Vec<PathBuf>,
    },
}

impl Source {
    /// Whether this is the original data.
    pub fn is_real(&self) -> bool {
        matches!(self, Source::Real(_))
    }
}

/// What is looked for: a name for messages, the folders below a data folder where it may be, and how to know it.
pub struct Wanted<'a> {
    /// The data set, for messages.
    pub set: Set,
    /// Folders relative to the data folder; "" is the folder itself.
    pub folders: &'a [&'a str],
    /// Whether a folder holds (at least part of) the data set.
    pub is_there: &'a dyn Fn(&Path) -> bool,
    /// Archives relative to the data folder, which may stand in place of a folder.
    pub archives: &'a [&'a str],
    /// For messages: the names of the files.
    pub files: String,
}

/// The places to search; [`Places::of_this_user`] reads them from the environment.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// A folder that was named by hand, by a flag for example.
    pub explicit: Option<PathBuf>,
    /// The value of `GRADUS_DATA`.
    pub variable: Option<PathBuf>,
    /// The cache folder of this user.
    pub cache: Option<PathBuf>,
}

impl Places {
    /// `data`, the variable `GRADUS_DATA` (an empty value counts as unset), and [`cache_dir`].
    pub fn of_this_user(data: Option<&Path>) -> Places {
        Places {
            explicit: data.map(Path::to_owned),
            variable: env::var_os("GRADUS_DATA").filter(|value| !value.is_empty()).map(PathBuf::from),
            cache: cache_dir(),
        }
    }

    /// The first place that holds what is wanted.
    ///
    /// # Errors
    /// If the explicit folder does not hold it, or if `GRADUS_DATA` is no folder.
    pub fn find(&self, wanted: &Wanted) -> Result<Source, Error> {
        let inside = |dir: &Path| {
            let mut folders = wanted.folders.iter().map(|below| dir.join(below));
            let mut archives = wanted.archives.iter().map(|below| dir.join(below));
            folders.find(|dir| (wanted.is_there)(dir)).or_else(|| archives.find(|path| path.is_file()))
        };
        if let Some(dir) = &self.explicit {
            if !wanted.archives.is_empty() && dir.is_file() {
                return Ok(Source::Real(dir.clone()));
            }
            existing(dir, "a data folder that was asked for must exist")?;
            let missing = || Error::NotFound {
                dir: dir.clone(),
                set: wanted.set,
                partly: false,
                expected: wanted.files.clone(),
            };
            return inside(dir).map(Source::Real).ok_or_else(missing);
        }
        if let Some(dir) = &self.variable {
            existing(dir, "GRADUS_DATA must name a folder")?;
        }
        let looked_in: Vec<PathBuf> = self.variable.iter().chain(&self.cache).cloned().collect();
        Ok(match looked_in.iter().find_map(|dir| inside(dir)) {
            Some(dir) => Source::Real(dir),
            None => Source::Generated { looked_in },
        })
    }
}

fn existing(dir: &Path, rule: &str) -> Result<(), Error> {
    let source = match dir.metadata() {
        Ok(about) if about.is_dir() => return Ok(()),
        Ok(_) => io::Error::new(io::ErrorKind::NotADirectory, format!("it is not a folder: {rule}")),
        Err(error) => io::Error::new(error.kind(), format!("{error}: {rule}")),
    };
    Err(Error::Read { path: dir.to_owned(), source })
}

/// Where this user keeps data that can be fetched again: `%LOCALAPPDATA%\gradus` on Windows,
/// `~/Library/Caches/gradus` on macOS, `$XDG_CACHE_HOME/gradus` or `~/.cache/gradus` elsewhere.
pub fn cache_dir() -> Option<PathBuf> {
    // A relative path in these variables would depend on the current folder: the XDG rules say to ignore it.
    let folder = |name: &str| {
        env::var_os(name).filter(|value: &OsString| Path::new(value).is_absolute()).map(PathBuf::from)
    };
    let caches = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library").join("Caches"))
    } else {
        folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))
    };
    caches.map(|dir| dir.join("gradus"))
}
