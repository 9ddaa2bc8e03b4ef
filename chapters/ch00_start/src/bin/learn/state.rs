//! What the program remembers between calls, in `.learn/state.json` (git-ignored), and what it says of an exercise.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ch00_start::file::write_atomic;
use serde_json::{Map, Value, json};

use crate::house::Exercise;
use crate::source::plain;

/// What is remembered of one exercise. Texts are remembered by their hash.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// The text that last passed its check.
    pub solved: Option<String>,
    /// The text that last failed it.
    pub failed: Option<String>,
    /// The stub as last generated: a file that equals it was not edited.
    pub generated: Option<String>,
    /// How many hints were shown.
    pub hints: usize,
}

/// All that is remembered.
#[derive(Debug, Clone)]
pub struct State {
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
}

/// How far the reader is with an exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The file is not there.
    Missing,
    /// The file is the stub.
    Untouched,
    /// Edited, and not checked since.
    Edited,
    /// Checked as it is, and it does not pass.
    Failing,
    /// Checked as it is, and it passes.
    Solved,
}

/// Whether the library runs on the reader's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// It runs on ours.
    No,
    /// It runs on a snapshot of the file as it is.
    Same,
    /// It runs on a snapshot of an earlier text.
    Other,
}

impl State {
    /// Reads the state. Without one, or with a damaged one (which is set aside), a new one begins.
    pub fn open(root: &Path) -> Result<Self> {
        let path = root.join(".learn").join("state.json");
        let entries = match fs::read_to_string(&path) {
            Ok(text) => match parse(&text) {
                Some(entries) => entries,
                None => {
                    let aside = path.with_file_name("state.damaged.json");
                    fs::rename(&path, &aside).with_context(|| format!("cannot move {}", path.display()))?;
                    eprintln!(
                        "warning: .learn/state.json is damaged and was moved to .learn/state.damaged.json. Your files \
                         are untouched; `cargo learn run` finds out again what is solved."
                    );
                    BTreeMap::new()
                }
            },
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(e) => return Err(e).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(State { path, entries })
    }

    /// What is remembered of an exercise.
    pub fn entry(&self, exercise: &Exercise) -> Entry {
        self.entries.get(&exercise.key()).cloned().unwrap_or_default()
    }

    /// Changes what is remembered and writes it.
    pub fn change(&mut self, exercise: &Exercise, change: impl FnOnce(&mut Entry)) -> Result<()> {
        change(self.entries.entry(exercise.key()).or_default());
        let mut exercises = Map::new();
        for (key, entry) in &self.entries {
            let value = json!({
                "solved": entry.solved,
                "failed": entry.failed,
                "generated": entry.generated,
                "hints": entry.hints,
            });
            exercises.insert(key.clone(), value);
        }
        let value = json!({ "version": 1, "exercises": exercises });
        let text = format!("{value:#}\n");
        write_atomic(&self.path, text.as_bytes())
            .with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// How far the reader is.
    pub fn progress(&self, exercise: &Exercise) -> Result<Progress> {
        let Some(text) = exercise.text()? else { return Ok(Progress::Missing) };
        if text == exercise.stub()? {
            return Ok(Progress::Untouched);
        }
        let (entry, now) = (self.entry(exercise), Some(hash(&text)));
        Ok(if entry.solved == now {
            Progress::Solved
        } else if entry.failed == now {
            Progress::Failing
        } else {
            Progress::Edited
        })
    }
}

/// Whether, and with which text, the exercise is installed.
pub fn installed(exercise: &Exercise) -> Result<Installed> {
    match fs::read_to_string(exercise.installed_file()) {
        Ok(text) if Some(plain(&text)) == exercise.text()? => Ok(Installed::Same),
        Ok(_) => Ok(Installed::Other),
        Err(_) => Ok(Installed::No),
    }
}

/// None when the text is not a state file.
fn parse(text: &str) -> Option<BTreeMap<String, Entry>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let mut entries = BTreeMap::new();
    for (key, value) in value.get("exercises")?.as_object()? {
        let hash = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let hints = value.get("hints").and_then(Value::as_u64).unwrap_or(0) as usize;
        let entry =
            Entry { solved: hash("solved"), failed: hash("failed"), generated: hash("generated"), hints };
        entries.insert(key.clone(), entry);
    }
    Some(entries)
}

/// FNV-1a with 64 bits, as hexadecimal digits: tells texts apart, and protects against nothing.
pub fn hash(text: &str) -> String {
    let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;

    const SOLUTION: &str =
        "pub fn one() -> u32 {\n    // exercise: one - Give one.\n    1\n    // exercise: end\n}\n";

    /// A workspace with one exercise whose reader's file holds `text`.
    fn house(folder: &Path, text: &str) -> House {
        let chapter = folder.join("chapters/ch01_demo");
        for name in ["src", "exercises", "yours"] {
            fs::create_dir_all(chapter.join(name)).unwrap();
        }
        fs::write(chapter.join("src/one.rs"), SOLUTION).unwrap();
        fs::write(chapter.join("exercises/e01_one.md"), "# One\n\nGive one.\n").unwrap();
        fs::write(chapter.join("exercises/e01_one.rs"), text).unwrap();
        House::open(folder).unwrap()
    }

    #[test]
    fn progress_follows_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let mine = "pub fn one() -> u32 { 1 }\n";
        let house = house(folder.path(), mine);
        let exercise = house.exercise("one").unwrap();
        let mut state = State::open(folder.path()).unwrap();
        assert_eq!(state.progress(exercise).unwrap(), Progress::Edited);
        state.change(exercise, |entry| entry.failed = Some(hash(mine))).unwrap();
        assert_eq!(state.progress(exercise).unwrap(), Progress::Failing);
        state.change(exercise, |entry| entry.solved = Some(hash(mine))).unwrap();
        let mut state = State::open(folder.path()).unwrap(); // read again
        assert_eq!(state.progress(exercise).unwrap(), Progress::Solved);
        fs::write(exercise.file(), exercise.stub().unwrap().replace('\n', "\r\n")).unwrap();
        assert_eq!(state.progress(exercise).unwrap(), Progress::Untouched);
        fs::remove_file(exercise.file()).unwrap();
        assert_eq!(state.progress(exercise).unwrap(), Progress::Missing);
        state.change(exercise, |entry| entry.hints = 2).unwrap();
        assert_eq!(State::open(folder.path()).unwrap().entry(exercise).hints, 2);
    }

    #[test]
    fn an_installed_snapshot_is_compared_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let house = house(folder.path(), "a\n");
        let exercise = house.exercise("one").unwrap();
        assert_eq!(installed(exercise).unwrap(), Installed::No);
        fs::write(exercise.installed_file(), "a\r\n").unwrap();
        assert_eq!(installed(exercise).unwrap(), Installed::Same);
        fs::write(exercise.file(), "b\n").unwrap();
        assert_eq!(installed(exercise).unwrap(), Installed::Other);
    }

    #[test]
    fn a_damaged_state_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let house = house(folder.path(), "a\n");
        let exercise = house.exercise("one").unwrap();
        for damaged in ["", "{", "[]", "{\"exercises\": 3}"] {
            fs::create_dir_all(folder.path().join(".learn")).unwrap();
            fs::write(folder.path().join(".learn/state.json"), damaged).unwrap();
            let mut state = State::open(folder.path()).unwrap();
            assert_eq!(state.entry(exercise), Entry::default());
            assert_eq!(fs::read_to_string(folder.path().join(".learn/state.damaged.json")).unwrap(), damaged);
            state.change(exercise, |entry| entry.hints = 1).unwrap();
        }
    }

    #[test]
    fn known_hashes() {
        assert_eq!((hash("").as_str(), hash("a").as_str()), ("cbf29ce484222325", "af63dc4c8601ec8c"));
    }
}
