//! A disk in memory on which the power can fail.
//!
//! What is written or renamed is in the system's memory at first. A sync of a file puts its content on the disk, a sync of
//! the folder its names. Without one, a power failure may or may not lose it: the simulation tries both for every
//! change that was not synced.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ch14_training::{Content, Disk};

const OLD: &[u8] = b"the old content";
const NEW: &[u8] = b"the new content, which is longer";

/// A file has a number; names point to numbers, as in a real file system.
#[derive(Clone, Debug, Default)]
struct State {
    contents: BTreeMap<usize, Vec<u8>>,
    names: BTreeMap<PathBuf, usize>,
}

#[derive(Debug, Default)]
struct Simulated {
    /// What programs see.
    seen: State,
    /// What is surely on the disk.
    synced: State,
    /// States of the names since the last sync of the folder: the disk may hold any of them.
    names_between: Vec<BTreeMap<PathBuf, usize>>,
    operations: usize,
    /// The power fails instead of this operation.
    fails_at: usize,
    files: usize,
}

struct SimulatedDisk(Mutex<Simulated>);

impl Simulated {
    fn begin(&mut self) -> io::Result<()> {
        self.operations += 1;
        match self.operations > self.fails_at {
            true => Err(io::Error::other("no power")),
            false => Ok(()),
        }
    }

    fn number(&self, path: &Path) -> io::Result<usize> {
        self.seen.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn renamed(&mut self) {
        self.names_between.push(self.seen.names.clone());
    }
}

impl SimulatedDisk {
    fn with<R>(&self, act: impl FnOnce(&mut Simulated) -> io::Result<R>) -> io::Result<R> {
        let mut disk = self.0.lock().unwrap();
        disk.begin()?;
        act(&mut disk)
    }
}

impl Disk for SimulatedDisk {
    fn write(&self, path: &Path, content: &Content<'_>) -> io::Result<()> {
        self.with(|disk| {
            let mut bytes = Vec::new();
            content(&mut bytes)?;
            let number = disk.number(path).unwrap_or_else(|_| {
                disk.files += 1;
                disk.files
            });
            disk.seen.contents.insert(number, bytes);
            disk.seen.names.insert(path.to_owned(), number);
            disk.renamed();
            Ok(())
        })
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.with(|disk| {
            let number = disk.number(path)?;
            let content = disk.seen.contents[&number].clone();
            disk.synced.contents.insert(number, content);
            Ok(())
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.with(|disk| {
            let number = disk.number(from)?;
            disk.seen.names.remove(from);
            disk.seen.names.insert(to.to_owned(), number);
            disk.renamed();
            Ok(())
        })
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        self.with(|disk| {
            disk.synced.names = disk.seen.names.clone();
            disk.names_between.clear();
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.with(|disk| {
            disk.number(path)?;
            disk.seen.names.remove(path);
            disk.renamed();
            Ok(())
        })
    }
}

/// Replaces a file once for every moment at which the power can fail, the last time not at all. For each, what is wrong
/// with what may be found afterwards.
pub fn every_power_failure(
    replace: impl Fn(&dyn Disk, &Path, &Content<'_>) -> io::Result<()>,
) -> Vec<Result<(), String>> {
    let path = Path::new("folder/file");
    let mut outcomes = Vec::new();
    for fails_at in 0..20 {
        let mut disk = Simulated { fails_at, files: 1, ..Simulated::default() };
        disk.seen.contents.insert(1, OLD.to_vec());
        disk.seen.names.insert(path.to_owned(), 1);
        disk.synced = disk.seen.clone();
        let disk = SimulatedDisk(Mutex::new(disk));
        let result = replace(&disk, path, &|file| file.write_all(NEW));
        let disk = disk.0.into_inner().unwrap();
        outcomes.push(judge(&disk, path, result.is_ok()));
        if disk.operations <= fails_at {
            break;
        }
    }
    outcomes
}

/// Looks at all that the disk may hold after a power failure now, if `replace` said that all is well or that it is not.
fn judge(disk: &Simulated, path: &Path, said_well: bool) -> Result<(), String> {
    let moment = match disk.operations > disk.fails_at {
        true => format!("when the power fails before operation {}", disk.fails_at + 1),
        false => "when the power fails after it returned".to_owned(),
    };
    for names in disk.names_between.iter().chain([&disk.synced.names]) {
        let Some(number) = names.get(path) else { return Err(format!("the file may be gone {moment}")) };
        // A content that was not synced may be there, or none of it, or the half.
        let unsure = disk.seen.contents[number].clone();
        let mut possible = vec![disk.synced.contents.get(number).cloned().unwrap_or_default()];
        if disk.synced.contents.get(number) != Some(&unsure) {
            possible.push(unsure[..unsure.len() / 2].to_vec());
            possible.push(unsure);
        }
        for content in possible {
            if content != OLD && content != NEW {
                return Err(format!("the file may hold half of the content or nothing {moment}"));
            }
            if said_well && content != NEW {
                return Err(format!("it said that all is well, but the old content may come back {moment}"));
            }
        }
    }
    Ok(())
}
