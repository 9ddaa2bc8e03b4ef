//! The exercises of a chapter as a page shows them: `{{exercises ch05_backprop}}`.
//!
//! Each `chapters/CHAPTER/exercises/eNN_name.md` holds a title (`# ...`), the task, and three sections `## Hint`, from
//! nudge to answer. The hints are hidden, each inside the one before, so that the answer takes three clicks.

use crate::Repo;

/// The exercises of a chapter, in the order of their numbers.
///
/// # Errors
/// When there is none, one does not have the form above, or its starter or check is missing.
pub fn chapter(repo: &Repo, chapter: &str) -> Result<String, String> {
    let folder = repo.chapters().join(chapter).join("exercises");
    let files = crate::files_below(&folder).map_err(|e| format!("{}: {e}", repo.show(&folder)))?;
    let files: Vec<_> = files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "md")).collect();
    if files.is_empty() {
        return Err(format!("{} holds no exercise", repo.show(&folder)));
    }
    let mut out = String::new();
    for (number, file) in files.iter().enumerate() {
        let place = repo.show(file);
        let fault = |what: &str| format!("{place}: {what}");
        let stem =
            file.file_stem().and_then(|s| s.to_str()).ok_or_else(|| fault("a name that is not text"))?;
        let text = std::fs::read_to_string(file).map_err(|e| fault(&e.to_string()))?;
        let exercise = parse(&text).map_err(|what| fault(&what))?;
        for (path, what) in [
            (folder.join(format!("{stem}.rs")), "has no starter"),
            (repo.chapters().join(chapter).join(format!("checks/{stem}.rs")), "has no check"),
        ] {
            if !path.is_file() {
                return Err(fault(&format!("{what} {}", repo.show(&path))));
            }
        }
        if number > 0 {
            out.push_str("\n\n");
        }
        let name = stem.split_once('_').map_or(stem, |(_, name)| name);
        let short = chapter.split('_').next().unwrap_or(chapter);
        out.push_str(&format!(
            "### Exercise {}: {} {{#{short}-{stem}}}\n\n{}\n\n\
             - Open: `chapters/{chapter}/exercises/{stem}.rs`\n\
             - Check: `cargo learn run {short}/{name}`, or `cargo test -p {chapter} --test check_{stem}`\n\n",
            number + 1,
            exercise.title,
            exercise.task
        ));
        for (i, hint) in exercise.hints.iter().enumerate() {
            out.push_str(&format!("<details><summary>Hint {} of 3</summary>\n\n{hint}\n\n", i + 1));
        }
        out.push_str(&"</details>".repeat(exercise.hints.len()));
    }
    Ok(out)
}

/// One exercise as its Markdown file describes it.
#[derive(Debug, PartialEq, Eq)]
struct Exercise {
    title: String,
    task: String,
    hints: Vec<String>,
}

fn parse(text: &str) -> Result<Exercise, String> {
    let mut lines = text.trim().lines();
    let title = lines.next().and_then(|line| line.strip_prefix("# ")).ok_or("begins with no `# Title`")?;
    let mut parts = vec![String::new()];
    let mut fence = false;
    for line in lines {
        fence ^= line.trim_start().starts_with("```");
        if !fence && line.starts_with("## ") {
            if !line.starts_with("## Hint") {
                return Err(format!("has a section `{line}`; only `## Hint` is known"));
            }
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    let mut parts: Vec<String> = parts.iter().map(|part| part.trim().to_owned()).collect();
    let hints = parts.split_off(1);
    let task = parts.remove(0);
    if hints.len() != 3 {
        return Err(format!("has {} hints in place of three", hints.len()));
    }
    if task.is_empty() || hints.iter().any(String::is_empty) {
        return Err("has an empty task or hint".to_owned());
    }
    Ok(Exercise { title: title.trim().to_owned(), task, hints })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Push back\n\nWrite $x$.\n\n## Hint\n\none\n\n## Hint\n\n```rust\n## Hint\n```\n\n## Hint\n\nthree\n";

    fn repo() -> (tempfile::TempDir, Repo) {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::at(folder.path());
        let chapter = repo.chapters().join("ch05_backprop");
        for (name, text) in
            [("exercises/e01_linear.md", GOOD), ("exercises/e01_linear.rs", ""), ("checks/e01_linear.rs", "")]
        {
            let path = chapter.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        (folder, repo)
    }

    #[test]
    fn an_exercise_shows_its_task_and_hides_its_hints() {
        let (_folder, repo) = repo();
        let got = chapter(&repo, "ch05_backprop").unwrap();
        let start = "### Exercise 1: Push back {#ch05-e01_linear}\n\nWrite $x$.\n\n\
             - Open: `chapters/ch05_backprop/exercises/e01_linear.rs`\n\
             - Check: `cargo learn run ch05/linear`, or `cargo test -p ch05_backprop --test check_e01_linear`\n\n\
             <details><summary>Hint 1 of 3</summary>\n\none\n\n<details><summary>Hint 2 of 3</summary>\n";
        assert!(got.starts_with(start), "{got}");
        assert!(got.ends_with("three\n\n</details></details></details>"), "{got}");
    }

    #[test]
    fn an_exercise_without_its_parts_is_an_error() {
        for (text, what) in [
            ("Push back", "begins with no `# Title`"),
            ("# T\n\ntask\n\n## Hint\na\n## Hint\nb\n", "has 2 hints in place of three"),
            ("# T\n\n## Hint\na\n## Hint\nb\n## Hint\nc\n", "has an empty task or hint"),
            ("# T\ntask\n## Hint\na\n## Hint\nb\n## Hint\n\n", "has an empty task or hint"),
            ("# T\ntask\n## Answer\na\n", "has a section `## Answer`; only `## Hint` is known"),
        ] {
            assert_eq!(parse(text).unwrap_err(), what);
        }
        let (_folder, repo) = repo();
        assert_eq!(
            chapter(&repo, "ch04_losses").unwrap_err(),
            "chapters/ch04_losses/exercises holds no exercise"
        );
        std::fs::remove_file(repo.chapters().join("ch05_backprop/checks/e01_linear.rs")).unwrap();
        let fault = chapter(&repo, "ch05_backprop").unwrap_err();
        assert!(fault.ends_with("has no check chapters/ch05_backprop/checks/e01_linear.rs"), "{fault}");
    }
}
