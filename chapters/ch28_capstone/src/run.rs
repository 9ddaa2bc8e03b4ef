//! The folder of a run, and what it says about itself.
//!
//! `run.json` is written first and never changed: what is learned, by which recipe, with which seed, from where. So a
//! run that was stopped can go on, and a finished one can be tested and used. Beside it lie the checkpoints and the
//! history (chapter 14), what the network needs to be used (`best.safetensors`, and `preparation.json`, `vocabulary.json` or
//! `vocab.txt`), the result (`test.json`) and the figures.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ch00_start::file::{workspace_root, write_atomic};
use ch14_training::RunDir;
use datasets::Source;
use serde_json::{Value, json};

use crate::task::{Recipe, Task};

/// What a run trains on what: everything that its result depends on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub task: Task,
    pub recipe: Recipe,
    pub seed: u64,
    pub epochs: u32,
    /// The folder or archive with the data, if it is not generated.
    pub data: Option<PathBuf>,
    /// The folder with the weights to begin with, if they are not random.
    pub weights: Option<PathBuf>,
}

/// The folder of a run.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub folder: PathBuf,
    pub plan: Plan,
}

/// Why a folder cannot be used as a run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// A new run would mix with an old one.
    #[error("{} holds a run already", .0.display())]
    Taken(PathBuf),
    /// There is no `run.json`.
    #[error("{} holds no run: there is no run.json", .0.display())]
    Absent(PathBuf),
    /// Training has not ended.
    #[error("the run in {} is not finished: there is no {file}", .folder.display())]
    Unfinished {
        /// The folder.
        folder: PathBuf,
        /// What is missing.
        file: &'static str,
    },
    /// The data are not where they were.
    #[error("the data of the run are no longer in {}", .0.display())]
    Moved(PathBuf),
    /// The run trains many networks, and keeps what came out of each.
    #[error("the run in {} compares trainings and keeps no network", .0.display())]
    Compares(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot {verb} {}", .path.display())]
    File {
        /// "read" or "write".
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{} is damaged: {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// `--resume` with a flag that says otherwise.
    #[error("the run in {} was begun with {flag} {was}, not {asked}", .folder.display())]
    Other {
        /// The folder.
        folder: PathBuf,
        /// The flag.
        flag: &'static str,
        /// What the run was begun with.
        was: String,
        /// What was asked for now.
        asked: String,
    },
}

impl RunError {
    /// What can be done about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            RunError::Taken(folder) => {
                format!("go on with it: --resume {}; or choose another --out", folder.display())
            }
            RunError::Absent(_) => "name the folder that a training run printed at its start".into(),
            RunError::Unfinished { folder, .. } => {
                format!("go on with the training: --resume {}", folder.display())
            }
            RunError::Moved(_) => "say where they are now: --data DIR".into(),
            RunError::Compares(folder) => {
                format!("look at transfer.json and figures/transfer.svg in {}", folder.display())
            }
            RunError::File { verb: "write", .. } => {
                "choose a folder that you may write to, on a disk with room".into()
            }
            RunError::File { .. } => "look whether the file is there and whether you may read it".into(),
            RunError::Damaged { path, .. } if path.ends_with("test.json") => {
                "remove it and go on with --resume: only the test is done again".into()
            }
            RunError::Damaged { .. } => "begin a new run: nothing else in the folder was changed".into(),
            RunError::Other { .. } => "leave the flag away, or begin a new run with --out".into(),
        }
    }
}

impl Plan {
    fn to_json(&self) -> Value {
        json!({
            "version": 1,
            "task": self.task.name(),
            "recipe": self.recipe.name(),
            "seed": self.seed,
            "epochs": self.epochs,
            "data": self.data.as_ref().map(|path| path.to_string_lossy()),
            "weights": self.weights.as_ref().map(|path| path.to_string_lossy()),
        })
    }

    fn from_json(value: &Value) -> Result<Plan, String> {
        let text = |key: &str| value[key].as_str().ok_or_else(|| format!("'{key}' is no text"));
        let number = |key: &str| value[key].as_u64().ok_or_else(|| format!("'{key}' is no whole number"));
        let version = number("version")?;
        if version != 1 {
            return Err(format!("its version is {version}, and this program knows version 1"));
        }
        let task = text("task")?;
        let recipe = text("recipe")?;
        let epochs = number("epochs")?;
        let plan = Plan {
            task: Task::named(task).ok_or_else(|| format!("there is no task '{task}'"))?,
            recipe: Recipe::named(recipe).ok_or_else(|| format!("there is no recipe '{recipe}'"))?,
            seed: number("seed")?,
            epochs: u32::try_from(epochs).map_err(|_| format!("{epochs} epochs are too many"))?,
            data: value["data"].as_str().map(PathBuf::from),
            weights: value["weights"].as_str().map(PathBuf::from),
        };
        if plan.data.is_none() && matches!(plan.task, Task::Cifar10 | Task::Imdb) {
            return Err("it does not say where the data are".into());
        }
        Ok(plan)
    }
}

impl Run {
    /// Makes the folder and writes the plan into it; without a folder takes the first free one.
    pub fn create(out: Option<&Path>, plan: Plan) -> Result<Run, RunError> {
        let folder = match out {
            Some(out) => out.to_owned(),
            None => first_free(
                &workspace_root().join("runs"),
                &format!("{}-{}", plan.task.name(), plan.recipe.name()),
            ),
        };
        if folder.join("run.json").exists() {
            return Err(RunError::Taken(folder));
        }
        let run = Run { folder, plan };
        run.write_json("run.json", &run.plan.to_json())?;
        Ok(run)
    }

    /// The run in a folder.
    pub fn open(folder: &Path) -> Result<Run, RunError> {
        if !folder.join("run.json").is_file() {
            return Err(RunError::Absent(folder.to_owned()));
        }
        let value = read_json(&folder.join("run.json"))?;
        let plan = Plan::from_json(&value)
            .map_err(|what| RunError::Damaged { path: folder.join("run.json"), what })?;
        Ok(Run { folder: folder.to_owned(), plan })
    }

    /// A file of the run.
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// Whether the run has been tested: nothing more is to be done.
    pub fn is_finished(&self) -> bool {
        self.path("test.json").is_file()
    }

    /// Finds the data again: in `data`, or where they were when the run was begun.
    ///
    /// # Errors
    /// If they are not there.
    pub fn find_data(&mut self, data: Option<&Path>) -> anyhow::Result<()> {
        if let Some(data) = data {
            if let Source::Real(place) = self.plan.task.find(Some(data))? {
                self.plan.data = Some(place);
            }
        } else if let Some(place) = self.plan.data.as_ref().filter(|place| !place.exists()) {
            return Err(RunError::Moved(place.clone()).into());
        }
        Ok(())
    }

    /// A file that a finished run has.
    pub fn finished(&self, file: &'static str) -> Result<PathBuf, RunError> {
        if self.plan.recipe == Recipe::Transfer {
            return Err(RunError::Compares(self.folder.clone()));
        }
        let path = self.path(file);
        if path.is_file() {
            Ok(path)
        } else if self.is_finished() {
            Err(RunError::Damaged { path, what: "it is not there any more".into() })
        } else {
            Err(RunError::Unfinished { folder: self.folder.clone(), file })
        }
    }

    /// Writes a file of the run, whole or not at all.
    pub fn write(&self, file: &str, content: &[u8]) -> Result<(), RunError> {
        let path = self.path(file);
        write_atomic(&path, content).map_err(|source| RunError::File { verb: "write", path, source })
    }

    /// Whether the run itself has begun, after whatever comes before it: what it began with is not needed any more.
    pub fn has_checkpoint(&self) -> bool {
        RunDir::open(&self.folder).is_ok_and(|folder| !folder.is_new())
    }

    /// Copies a file into the run.
    pub fn copy(&self, from: &Path, file: &str) -> Result<(), RunError> {
        let content = fs::read(from).map_err(|source| RunError::File {
            verb: "read",
            path: from.to_owned(),
            source,
        })?;
        self.write(file, &content)
    }

    /// Writes a JSON file of the run.
    pub fn write_json(&self, file: &str, value: &Value) -> Result<(), RunError> {
        self.write(file, format!("{value:#}\n").as_bytes())
    }

    /// Fails if a flag that was given says something else than the run does.
    pub fn agrees<T: PartialEq + ToString>(
        &self,
        flag: &'static str,
        asked: Option<T>,
        is: T,
    ) -> Result<(), RunError> {
        match asked {
            Some(asked) if asked != is => Err(RunError::Other {
                folder: self.folder.clone(),
                flag,
                was: is.to_string(),
                asked: asked.to_string(),
            }),
            _ => Ok(()),
        }
    }
}

/// The value in a JSON file.
pub(crate) fn read_json(path: &Path) -> Result<Value, RunError> {
    let text = fs::read_to_string(path).map_err(|source| RunError::File {
        verb: "read",
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text)
        .map_err(|error| RunError::Damaged { path: path.to_owned(), what: error.to_string() })
}

/// `NAME-1`, or the first number that is free.
fn first_free(folder: &Path, name: &str) -> PathBuf {
    let numbered = (1..).map(|number| folder.join(format!("{name}-{number}")));
    numbered.into_iter().find(|path| !path.exists()).expect("numbers do not end")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            task: Task::Imdb,
            recipe: Recipe::BagOfWords,
            seed: 7,
            epochs: 3,
            data: Some("data".into()),
            weights: None,
        }
    }

    #[test]
    fn a_run_is_found_again_as_it_was_begun() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("deep/run");
        Run::create(Some(&out), plan()).unwrap();
        assert_eq!(Run::open(&out).unwrap().plan, plan());
        assert!(matches!(Run::create(Some(&out), plan()), Err(RunError::Taken(_))));
        assert!(matches!(Run::open(folder.path()), Err(RunError::Absent(_))));
    }

    #[test]
    fn a_plan_that_is_damaged_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for (content, what) in [
            ("{", "EOF"),
            ("{\"version\": 2}", "version is 2"),
            (
                "{\"version\": 1, \"task\": \"chess\", \"recipe\": \"smallcnn\", \"epochs\": 1}",
                "no task 'chess'",
            ),
            (
                "{\"version\": 1, \"task\": \"imdb\", \"recipe\": \"bilstm\", \"seed\": 0, \"epochs\": 1}",
                "where the data are",
            ),
            ("{\"version\": 1, \"task\": \"imdb\", \"recipe\": \"smallcnn\", \"epochs\": 1}", "'seed'"),
        ] {
            fs::write(folder.path().join("run.json"), content).unwrap();
            let error = Run::open(folder.path()).unwrap_err();
            assert!(matches!(&error, RunError::Damaged { what: said, .. } if said.contains(what)), "{error}");
        }
    }

    #[test]
    fn flags_that_contradict_the_run_are_named() {
        let run = Run { folder: "run".into(), plan: plan() };
        assert!(run.agrees("--seed", None, 7).is_ok() && run.agrees("--seed", Some(7), 7).is_ok());
        let error = run.agrees("--seed", Some(8), 7).unwrap_err();
        assert_eq!(error.to_string(), "the run in run was begun with --seed 7, not 8");
    }

    #[test]
    fn the_first_free_number_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("imdb-1")).unwrap();
        assert_eq!(first_free(folder.path(), "imdb"), folder.path().join("imdb-2"));
    }
}
