//! The folder of a training run.
//!
//! ```text
//! RUN/checkpoints/a.safetensors    where training goes on from, two in turn
//! RUN/checkpoints/b.safetensors
//! RUN/best.safetensors             the weights that validated best: what the run is for
//! RUN/history.csv                  a line per epoch
//! RUN/lock                         held by the process that trains here
//! ```
//!
//! The lock is one that the system takes back when its process ends, however it ends: a file that merely says "in use"
//! would stay behind after a kill. Whoever takes the lock clears away the half-written files of writers that were killed.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ch05_backprop::Module;
use ch07_modules::load_state_dict;
use thiserror::Error;

use crate::{CheckedFileError, CheckpointError, Disk, RealDisk, Saved, replace, temporary};

/// A folder for one training run.
#[derive(Clone)]
pub struct RunDir {
    path: PathBuf,
    disk: Arc<dyn Disk>,
}

/// Why a run folder cannot be used.
#[derive(Debug, Error)]
pub enum RunError {
    /// It could not be made.
    #[error("cannot make the run folder {path}: {source}")]
    Create {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not there.
    #[error("there is no run in {0}")]
    Missing(PathBuf),
    /// It holds a run already, and a new one was to begin.
    #[error("{0} holds a run already: resume it, or choose another folder")]
    Used(PathBuf),
    /// Another process trains there.
    #[error("another process is training in {0}: wait for it, or choose another folder")]
    Busy(PathBuf),
    /// The lock could not be had for another reason.
    #[error("cannot lock {path}: {source}")]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Holds a run folder until it is dropped or its process ends.
#[derive(Debug)]
#[must_use = "the folder is free again when this is dropped"]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough while a process that was just started still has a copy of the handle.
        let _ = self.file.unlock();
    }
}

impl RunDir {
    /// The run in this folder, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, RunError> {
        Self::on_disk(path, Arc::new(RealDisk))
    }

    /// As [`create`](RunDir::create), writing through another disk: for tests of what happens when writing fails.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn on_disk(path: impl AsRef<Path>, disk: Arc<dyn Disk>) -> Result<Self, RunError> {
        let path = path.as_ref().to_owned();
        fs::create_dir_all(path.join("checkpoints"))
            .map_err(|source| RunError::Create { path: path.clone(), source })?;
        Ok(RunDir { path, disk })
    }

    /// A run that is there already, to look at or to resume.
    ///
    /// # Errors
    /// When the folder holds no run.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RunError> {
        let path = path.as_ref().to_owned();
        if !path.join("checkpoints").is_dir() {
            return Err(RunError::Missing(path));
        }
        Ok(RunDir { path, disk: Arc::new(RealDisk) })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The weights that validated best so far: `best.safetensors`, with the names of
    /// [`state_dict`](ch07_modules::state_dict).
    pub fn best(&self) -> PathBuf {
        self.path.join("best.safetensors")
    }

    /// The history: `history.csv`.
    pub fn history(&self) -> PathBuf {
        self.path.join("history.csv")
    }

    /// Where checkpoints go, in turn.
    pub fn slots(&self) -> [PathBuf; 2] {
        ["a", "b"].map(|name| self.path.join("checkpoints").join(format!("{name}.safetensors")))
    }

    /// Whether no training has left anything here yet.
    pub fn is_new(&self) -> bool {
        let mut traces = self.slots().into_iter().chain([self.best(), self.history()]);
        !traces.any(|path| path.exists())
    }

    /// Takes the folder for this process, and removes what writers that are no more left half-written in it: so a run
    /// that is killed often does not fill the disk.
    ///
    /// # Errors
    /// When another process, or another training of this one, has it.
    pub fn lock(&self) -> Result<Lock, RunError> {
        let path = self.path.join("lock");
        let error = |source| RunError::Lock { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(error)?;
        match file.try_lock() {
            Ok(()) => {
                self.clear();
                Ok(Lock { file })
            }
            Err(TryLockError::WouldBlock) => Err(RunError::Busy(self.path.clone())),
            Err(TryLockError::Error(source)) => Err(error(source)),
        }
    }

    /// Removes half-written files from the folder and those directly in it. One that cannot be removed takes room and
    /// does no other harm.
    fn clear(&self) {
        let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
        let folders = entries(&self.path).map(|entry| entry.path()).filter(|path| path.is_dir());
        let all = folders.chain([self.path.clone()]).flat_map(|folder| entries(&folder));
        let left =
            all.filter(|entry| entry.file_name().to_str().is_some_and(is_left)).map(|entry| entry.path());
        // Of these there is one writer, the holder of the lock.
        let ours = self.slots().into_iter().chain([self.best(), self.history()]).map(|path| temporary(&path));
        for path in left.chain(ours).collect::<Vec<_>>() {
            let _ = fs::remove_file(path);
        }
    }

    /// Writes a file of the run's folder, whole or not at all.
    ///
    /// # Errors
    /// When the system refuses; what stood there before still does then.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), CheckpointError> {
        let path = self.path.join(name);
        replace(&*self.disk, &path, &|file| file.write_all(bytes))
            .map_err(|source| CheckedFileError::Write { path, source }.into())
    }

    /// Gives a model the weights that validated best, and returns the notes beside them: `epoch`, `step`, `valid_loss`
    /// and `valid_accuracy`.
    ///
    /// # Errors
    /// When the file is missing or damaged, or belongs to another model, which is then unchanged.
    pub fn load_best(
        &self,
        model: &mut dyn Module,
    ) -> Result<std::collections::BTreeMap<String, String>, CheckpointError> {
        let path = self.best();
        let content = Saved::read(&path)?;
        load_state_dict(model, &content.tensors)
            .map_err(|error| CheckpointError::Fit { path, problem: error.to_string() })?;
        Ok(content.notes)
    }

    pub(crate) fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }
}

/// Whether a file is called `.NAME.PID.tmp` or `.NAME.PID.N.tmp`, as those that chapters 0 and 1 write before they are
/// complete, and the process is gone. Linux says which processes there are; elsewhere all others are taken to be gone.
fn is_left(name: &str) -> bool {
    let Some(name) = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")) else { return false };
    let mut parts = name.rsplit('.');
    let (last, before) = (parts.next(), parts.next());
    let number = |part: Option<&str>| part?.parse::<u32>().ok();
    let Some(pid) = number(before).or(number(last)) else { return false };
    pid != std::process::id() && !Path::new("/proc").join(pid.to_string()).exists()
}
