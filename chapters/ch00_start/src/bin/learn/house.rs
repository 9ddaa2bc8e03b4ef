//! Where things are: the chapters, their exercises, and finding an exercise by what a reader types.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};

use crate::source::{Fragment, Source, plain};

/// The workspace.
#[derive(Debug, Clone)]
pub struct House {
    pub root: PathBuf,
    pub chapters: Vec<Chapter>,
}

/// A chapter that has exercises.
#[derive(Debug, Clone)]
pub struct Chapter {
    /// The package and its folder: `ch05_backprop`.
    pub package: String,
    pub folder: PathBuf,
    pub exercises: Vec<Exercise>,
}

/// One exercise; it exists when `exercises/e01_linear.md` does.
#[derive(Debug, Clone)]
pub struct Exercise {
    pub package: String,
    /// `e01_linear`.
    pub id: String,
    folder: PathBuf,
}

impl House {
    /// Reads the folders below `root/chapters`.
    pub fn open(root: &Path) -> Result<Self> {
        let folder = root.join("chapters");
        let mut chapters = Vec::new();
        for package in names(&folder).with_context(|| format!("no chapters in {}", root.display()))? {
            let folder = folder.join(&package);
            let is_chapter =
                package.strip_prefix("ch").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            if !is_chapter || !folder.join("exercises").is_dir() {
                continue;
            }
            let files = names(&folder.join("exercises"))?;
            let ids = files.iter().filter_map(|file| file.strip_suffix(".md")).filter(|id| is_id(id));
            let exercises = ids
                .map(|id| Exercise { package: package.clone(), id: id.to_owned(), folder: folder.clone() })
                .collect::<Vec<_>>();
            if !exercises.is_empty() {
                chapters.push(Chapter { package, folder, exercises });
            }
        }
        Ok(House { root: root.to_owned(), chapters })
    }

    /// All exercises in the order of the book.
    pub fn exercises(&self) -> impl Iterator<Item = &Exercise> {
        self.chapters.iter().flat_map(|chapter| &chapter.exercises)
    }

    /// The chapter called `ch05` or `ch05_backprop`.
    pub fn chapter(&self, name: &str) -> Result<&Chapter> {
        let found = self.chapters.iter().find(|c| c.package == name || c.number() == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = self.chapters.iter().map(Chapter::number).collect();
            anyhow!("no chapter with exercises is called '{name}'; there are: {}", known.join(", "))
        })
    }

    /// The exercise a reader means by `ch05/linear`, `ch05/e01`, `linear`, `e01_linear` or the path of its file.
    pub fn exercise(&self, query: &str) -> Result<&Exercise> {
        let words: Vec<&str> = query.split(['/', '\\']).filter(|word| !word.is_empty()).collect();
        let (last, before) =
            words.split_last().ok_or_else(|| anyhow!("which exercise? For example `ch05/linear`"))?;
        let last = [".rs", ".md"].iter().find_map(|end| last.strip_suffix(end)).unwrap_or(last);
        let chapter = before.iter().rev().find(|word| word.starts_with("ch") && **word != "chapters");
        let in_chapter =
            |e: &&Exercise| chapter.is_none_or(|c| e.package == *c || e.number_of_chapter() == *c);
        let is_it =
            |e: &&Exercise| e.id == last || e.name() == last || (chapter.is_some() && e.number() == last);
        let found: Vec<&Exercise> = self.exercises().filter(in_chapter).filter(is_it).collect();
        match found[..] {
            [one] => Ok(one),
            [] => Err(anyhow!("no exercise is called '{query}'{}", self.suggestion(last))),
            _ => {
                let all: Vec<String> = found.iter().map(|e| e.short()).collect();
                Err(anyhow!("'{query}' could be {}", all.join(" or ")))
            }
        }
    }

    /// The names that are most like `word`.
    fn suggestion(&self, word: &str) -> String {
        let mut near: Vec<(usize, String)> = self
            .exercises()
            .map(|e| {
                let name = e.name();
                let inside = word.len() >= 3 && (name.contains(word) || word.contains(name));
                (if inside { 1 } else { distance(word, name).min(distance(word, &e.id)) }, e.short())
            })
            .filter(|(distance, _)| *distance <= 1 + word.len() / 3)
            .collect();
        near.sort();
        let names: Vec<String> = near.into_iter().take(3).map(|(_, name)| name).collect();
        if names.is_empty() {
            "; `cargo learn` lists them all".to_owned()
        } else {
            format!("; did you mean {}?", names.join(" or "))
        }
    }
}

impl Chapter {
    /// `ch05`.
    pub fn number(&self) -> &str {
        self.package.split('_').next().unwrap_or_default()
    }
}

impl Exercise {
    /// `e01`.
    pub fn number(&self) -> &str {
        self.id.split('_').next().unwrap_or_default()
    }

    /// `linear`, the name of the library's module.
    pub fn name(&self) -> &str {
        self.id.split_once('_').map_or("", |(_, name)| name)
    }

    fn number_of_chapter(&self) -> &str {
        self.package.split('_').next().unwrap_or_default()
    }

    /// What readers type: `ch05/linear`.
    pub fn short(&self) -> String {
        format!("{}/{}", self.number_of_chapter(), self.name())
    }

    /// The name in the state file: `ch05_backprop/e01_linear`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.package, self.id)
    }

    /// The reader's file.
    pub fn file(&self) -> PathBuf {
        self.folder.join("exercises").join(format!("{}.rs", self.id))
    }

    /// The reader's file as seen from the root, with `/`.
    pub fn shown_file(&self) -> String {
        format!("chapters/{}/exercises/{}.rs", self.package, self.id)
    }

    /// The library's file, which holds the solution.
    pub fn solution_file(&self) -> PathBuf {
        self.folder.join("src").join(format!("{}.rs", self.name()))
    }

    /// The installed snapshot, which exists when the library runs on the reader's code.
    pub fn installed_file(&self) -> PathBuf {
        self.folder.join("yours").join(format!("{}.rs", self.id))
    }

    /// The check.
    pub fn check_file(&self) -> PathBuf {
        self.folder.join("checks").join(format!("{}.rs", self.id))
    }

    /// The name of the test target.
    pub fn check(&self) -> String {
        format!("check_{}", self.id)
    }

    /// The chapter's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The reader's text; None when the file is not there.
    pub fn text(&self) -> Result<Option<String>> {
        let path = self.file();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(plain(&text))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// The solution's text.
    pub fn solution(&self) -> Result<String> {
        let path = self.solution_file();
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// The solution, taken apart.
    pub fn source(&self) -> Result<Source> {
        Source::parse(&self.solution()?).with_context(|| self.solution_file().display().to_string())
    }

    /// The stub as the solution gives it.
    pub fn stub(&self) -> Result<String> {
        Ok(self.source()?.stub())
    }

    /// The task and its hints.
    pub fn task(&self) -> Result<Task> {
        let path = self.folder.join("exercises").join(format!("{}.md", self.id));
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Task::parse(&text).with_context(|| path.display().to_string())
    }

    /// The plausible mistakes: the file's name without `.rs`, and what is in it.
    pub fn wrongs(&self) -> Result<Vec<(String, Fragment)>> {
        let folder = self.folder.join("wrong");
        let mut wrongs = Vec::new();
        if !folder.is_dir() {
            return Ok(wrongs);
        }
        for file in names(&folder)? {
            let Some(name) = file.strip_suffix(".rs") else { continue };
            if !name.starts_with(&format!("{}_", self.id)) {
                continue;
            }
            let path = folder.join(&file);
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let fragment = Fragment::parse(&text).with_context(|| path.display().to_string())?;
            wrongs.push((name.to_owned(), fragment));
        }
        Ok(wrongs)
    }
}

/// What `exercises/e01_linear.md` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub title: String,
    pub text: String,
    pub hints: Vec<String>,
}

impl Task {
    /// `# Title`, the task, then sections `## Hint`.
    fn parse(text: &str) -> Result<Self> {
        let text = plain(text);
        let Some((title, rest)) = text.trim_start().strip_prefix("# ").and_then(|t| t.split_once('\n'))
        else {
            bail!("must begin with `# Title` and the task");
        };
        let mut sections = vec![String::new()];
        for line in rest.lines() {
            if line.trim_end() == "## Hint" || line.starts_with("## Hint ") {
                sections.push(String::new());
            } else {
                let last = sections.len() - 1;
                sections[last] += &format!("{line}\n");
            }
        }
        let mut sections = sections.into_iter().map(|section| section.trim().to_owned());
        let text = sections.next().unwrap_or_default();
        Ok(Task { title: title.trim().to_owned(), text, hints: sections.collect() })
    }
}

/// `e01_linear`: a letter, digits, a name.
fn is_id(id: &str) -> bool {
    let number = id.strip_prefix('e').and_then(|rest| rest.split_once('_'));
    number.is_some_and(|(n, name)| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()) && !name.is_empty())
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}

/// The edit distance (Levenshtein): how many letters to insert, remove or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..b.len() {
            let replaced = diagonal + usize::from(ca != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house() -> House {
        let chapter = |package: &str, ids: &[&str]| {
            let folder = PathBuf::from(package);
            let exercise =
                |id: &&str| Exercise { package: package.into(), id: (*id).into(), folder: folder.clone() };
            Chapter {
                package: package.into(),
                folder: folder.clone(),
                exercises: ids.iter().map(exercise).collect(),
            }
        };
        let chapters = vec![
            chapter("ch03_neurons", &["e01_relu", "e02_softmax"]),
            chapter("ch05_backprop", &["e01_linear", "e02_relu"]),
        ];
        House { root: PathBuf::new(), chapters }
    }

    #[test]
    fn an_exercise_is_found_by_all_its_names() {
        let house = house();
        let key = |query: &str| house.exercise(query).unwrap().key();
        for query in ["ch05/linear", "ch05/e01", "ch05_backprop/e01_linear", "linear", "e01_linear"] {
            assert_eq!(key(query), "ch05_backprop/e01_linear");
        }
        assert_eq!(key("chapters/ch03_neurons/exercises/e01_relu.rs"), "ch03_neurons/e01_relu");
        assert_eq!(key(r"chapters\ch03_neurons\exercises\e01_relu.rs"), "ch03_neurons/e01_relu");
    }

    #[test]
    fn unknown_and_ambiguous_names_are_explained() {
        let house = house();
        let error = |query: &str| house.exercise(query).unwrap_err().to_string();
        assert_eq!(error("relu"), "'relu' could be ch03/relu or ch05/relu");
        assert_eq!(error("liner"), "no exercise is called 'liner'; did you mean ch05/linear?");
        assert_eq!(error("ch03/sotfmax"), "no exercise is called 'ch03/sotfmax'; did you mean ch03/softmax?");
        assert_eq!(error("zzzzzz"), "no exercise is called 'zzzzzz'; `cargo learn` lists them all");
        assert!(error("/").starts_with("which exercise?"));
        assert!(house.chapter("ch09").unwrap_err().to_string().contains("there are: ch03, ch05"));
    }

    #[test]
    fn a_task_has_hints() {
        let task =
            Task::parse("# Linear\r\n\nDo it.\n\n## Hint\nOne.\n\n## Hint 2\nTwo.\n\nMore.\n").unwrap();
        assert_eq!((task.title.as_str(), task.text.as_str()), ("Linear", "Do it."));
        assert_eq!(task.hints, ["One.", "Two.\n\nMore."]);
        assert!(Task::parse("no title").is_err());
    }

    #[test]
    fn distances() {
        assert_eq!(
            (distance("linear", "linear"), distance("", "ab"), distance("kitten", "sitting")),
            (0, 2, 3)
        );
    }
}
