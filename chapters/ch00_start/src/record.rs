//! What an experiment measured, and under which circumstances: the numbers in the book come from these files.
//!
//! An example makes a [`Record`], tells it numbers as it goes, and finishes it. Without `--record` the numbers are only
//! printed; with it they are written to `book/results/ID.json`:
//!
//! ```json
//! {"id": "ch05_mnist", "commit": "1f3c…", "date": "2026-01-31T12:00:00Z", "processor": "…", "threads": 2,
//!  "seed": 0, "numbers": {"accuracy": 0.98}, "texts": {"optimizer": "SGD"}, "series": {"loss": [2.3, 0.4]}}
//! ```
//!
//! A commit that ends in `-dirty` says that files had been changed since that commit.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::file::{workspace_root, write_atomic};

/// Why a record could not be written.
#[derive(Debug, Error)]
pub enum RecordError {
    /// JSON has no NaN and no infinity, and a page that quotes one would be wrong.
    #[error("{id}: the number '{name}' is {value}, which cannot be recorded")]
    NotFinite {
        /// The record.
        id: String,
        /// The number's name.
        name: String,
        /// What it was.
        value: f64,
    },
    /// The file could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The measurements of one run of one example.
#[derive(Debug, Clone)]
pub struct Record {
    id: String,
    recording: bool,
    root: PathBuf,
    seed: Option<u64>,
    numbers: Vec<(String, f64)>,
    texts: Vec<(String, String)>,
    series: Vec<(String, Vec<f64>)>,
}

impl Record {
    /// A record called `id` (`ch05_mnist`), written at the end if `--record` is among the program's arguments.
    pub fn from_args(id: &str) -> Self {
        Self::new(id, std::env::args().skip(1).any(|argument| argument == "--record"))
    }

    /// A record that is written at the end if `recording`; for programs that read their own arguments.
    pub fn new(id: &str, recording: bool) -> Self {
        Self::in_root(id, recording, workspace_root())
    }

    fn in_root(id: &str, recording: bool, root: PathBuf) -> Self {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        assert!(
            !id.is_empty() && id.chars().all(plain),
            "a record's id is made of letters, digits, _ and -: '{id}'"
        );
        let (numbers, texts, series) = Default::default();
        Record { id: id.to_owned(), recording, root, seed: None, numbers, texts, series }
    }

    /// Whether this run is being recorded.
    pub fn is_recording(&self) -> bool {
        self.recording
    }

    /// The seed that everything random in this run came from.
    pub fn seed(&mut self, seed: u64) -> &mut Self {
        self.seed = Some(seed);
        self
    }

    /// A number the book may quote as `{{result ID NAME}}`. Setting it again replaces it.
    pub fn number(&mut self, name: &str, value: f64) -> &mut Self {
        set(&mut self.numbers, name, value);
        self
    }

    /// A text, such as the name of an optimizer. Setting it again replaces it.
    pub fn text(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        set(&mut self.texts, name, value.into());
        self
    }

    /// A row of numbers, such as a loss per epoch. What is not finite is recorded as null.
    pub fn series(&mut self, name: &str, values: &[f64]) -> &mut Self {
        set(&mut self.series, name, values.to_vec());
        self
    }

    /// Where a figure called `name` belongs: `book/figures/NAME.svg` when recording, else `target/figures/NAME.svg`.
    pub fn figure_path(&self, name: &str) -> PathBuf {
        let folder = if self.recording { "book/figures" } else { "target/figures" };
        self.root.join(folder).join(format!("{name}.svg"))
    }

    /// Prints the numbers and texts; when recording, writes `book/results/ID.json` as well.
    ///
    /// # Errors
    /// When a number is not finite or the file cannot be written; the old file then stays as it was.
    pub fn finish(&self) -> Result<(), RecordError> {
        for (name, value) in &self.numbers {
            println!("{name}: {value}");
        }
        for (name, value) in &self.texts {
            println!("{name}: {value}");
        }
        if !self.recording {
            return Ok(());
        }
        if cfg!(debug_assertions) {
            eprintln!("warning: recorded without --release; the times in the book come from release builds");
        }
        let path = self.root.join("book/results").join(format!("{}.json", self.id));
        write_atomic(&path, self.to_json()?.as_bytes())
            .map_err(|source| RecordError::Write { path: path.clone(), source })?;
        println!("recorded in {}", path.strip_prefix(&self.root).unwrap_or(&path).display());
        Ok(())
    }

    /// The file's text: one line for each number, text and series, so that a new recording gives a readable diff.
    fn to_json(&self) -> Result<String, RecordError> {
        if let Some((name, value)) = self.numbers.iter().find(|(_, value)| !value.is_finite()) {
            return Err(RecordError::NotFinite { id: self.id.clone(), name: name.clone(), value: *value });
        }
        let head: [(&str, Value); 6] = [
            ("id", json!(self.id)),
            ("commit", json!(commit(&self.root))),
            ("date", json!(date(SystemTime::now()))),
            ("processor", json!(processor())),
            ("threads", json!(rayon::current_num_threads())),
            ("seed", json!(self.seed)),
        ];
        let mut lines: Vec<String> =
            head.iter().map(|(name, value)| format!("  \"{name}\": {value}")).collect();
        lines.push(block("numbers", self.numbers.iter().map(|(n, v)| (n.clone(), json!(v))).collect()));
        lines.push(block("texts", self.texts.iter().map(|(n, v)| (n.clone(), json!(v))).collect()));
        lines.push(block("series", self.series.iter().map(|(n, v)| (n.clone(), json!(v))).collect()));
        Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
    }
}

fn set<T>(list: &mut Vec<(String, T)>, name: &str, value: T) {
    match list.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = value,
        None => list.push((name.to_owned(), value)),
    }
}

fn block(name: &str, entries: Map<String, Value>) -> String {
    if entries.is_empty() {
        return format!("  \"{name}\": {{}}");
    }
    let lines: Vec<String> =
        entries.into_iter().map(|(name, value)| format!("    {}: {value}", Value::String(name))).collect();
    format!("  \"{name}\": {{\n{}\n  }}", lines.join(",\n"))
}

/// The commit the sources are at, with `-dirty` when they differ from it. The results and figures themselves do not
/// count: recording several experiments one after the other is one clean state. "unknown" without git.
fn commit(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(hash) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    let changed = git(&["status", "--porcelain", "--", ".", ":!book/results", ":!book/figures"]);
    if changed.is_none_or(|text| !text.is_empty()) { format!("{hash}-dirty") } else { hash }
}

/// The name of the processor where the system tells it in a file, else the architecture.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

/// The moment in UTC, as in `2026-01-31T12:00:00Z`. Days to year, month, day after Howard Hinnant's
/// "chrono-compatible low-level date algorithms": years begin in March, so that the leap day is the last one.
fn date(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_recorded_run_is_json_with_all_that_belongs_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::in_root("ch00_test", true, folder.path().to_owned());
        record.seed(7).number("accuracy", 0.5).number("accuracy", 0.75).text("what", "a \"test\"");
        record.series("loss", &[2.0, f64::NAN]).finish().unwrap();
        let text = std::fs::read_to_string(folder.path().join("book/results/ch00_test.json")).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["id"], "ch00_test");
        assert_eq!(value["seed"], 7);
        assert_eq!(value["numbers"], json!({"accuracy": 0.75}));
        assert_eq!(value["texts"]["what"], "a \"test\"");
        assert_eq!(value["series"]["loss"], json!([2.0, null]));
        assert!(value["threads"].as_u64().unwrap() >= 1);
        for name in ["commit", "date", "processor"] {
            assert!(!value[name].as_str().unwrap().is_empty(), "{name}");
        }
        assert_eq!(record.figure_path("x"), folder.path().join("book/figures/x.svg"));
    }

    #[test]
    fn an_ordinary_run_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::in_root("ch00_test", false, folder.path().to_owned());
        record.number("accuracy", 0.5).finish().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(record.figure_path("x"), folder.path().join("target/figures/x.svg"));
    }

    #[test]
    fn a_number_that_is_not_finite_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::in_root("ch00_test", true, folder.path().to_owned());
        let error = record.number("loss", f64::NAN).finish().unwrap_err();
        assert_eq!(error.to_string(), "ch00_test: the number 'loss' is NaN, which cannot be recorded");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn dates() {
        let at = |seconds| date(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_709_251_199), "2024-02-29T23:59:59Z");
        assert_eq!(at(4_107_542_399), "2100-02-28T23:59:59Z");
    }
}
