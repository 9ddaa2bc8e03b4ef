//! The map of names, `numpy_pytorch.md`, may name only what exists: every function, method and type in the last column
//! of its tables must occur in the sources of the chapters.

use crate::{Fault, Repo, files_below};
use std::collections::HashSet;

/// Names in the last column of the map's tables that no chapter's source holds.
///
/// # Errors
/// When a file cannot be read.
pub fn unknown(repo: &Repo) -> std::io::Result<Vec<Fault>> {
    let page = repo.pages().join("numpy_pytorch.md");
    if !page.is_file() {
        return Ok(Vec::new());
    }
    let mut known = HashSet::new();
    let sources =
        files_below(&repo.chapters())?.into_iter().chain(files_below(&repo.root().join("datasets"))?);
    for file in sources.filter(|file| file.extension().is_some_and(|e| e == "rs")) {
        if file.components().any(|part| part.as_os_str() == "src") {
            // Comments may speak of what is not there.
            let text = std::fs::read_to_string(&file)?;
            let code = text.lines().map(|line| line.split("//").next().unwrap_or(""));
            known.extend(code.flat_map(words).map(str::to_owned));
        }
    }
    let mut faults = Vec::new();
    for (number, line) in std::fs::read_to_string(&page)?.lines().enumerate() {
        let cells = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|'));
        let Some(cell) = cells.and_then(|cells| cells.rsplit(" | ").next()) else { continue };
        for code in cell.split('`').skip(1).step_by(2) {
            for name in names(code).filter(|name| !known.contains(*name)) {
                let place = format!("{}:{}", repo.show(&page), number + 1);
                faults.push(Fault::new(place, format!("`{name}` occurs in no source (in `{code}`)")));
            }
        }
    }
    Ok(faults)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The names in a piece of code that a source must define: what is called, and what begins with a capital.
fn names(code: &str) -> impl Iterator<Item = &str> {
    let standard = ["Some", "None", "Ok", "Err", "Vec", "Box"];
    words(code).filter(move |word| {
        let end = word.as_ptr() as usize - code.as_ptr() as usize + word.len();
        let called = ["(", "!(", "::"].iter().any(|next| code[end..].starts_with(next));
        let first = word.starts_with(|c: char| c.is_ascii_uppercase());
        (called || first) && word.len() > 1 && !standard.contains(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_source_holds_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::at(folder.path());
        std::fs::create_dir_all(repo.pages()).unwrap();
        std::fs::create_dir_all(repo.chapters().join("ch01_a/src")).unwrap();
        let source = "pub struct Array;\nfn zeros() {} // not ones\nfn sum(axis: isize) {}\n";
        std::fs::write(repo.chapters().join("ch01_a/src/lib.rs"), source).unwrap();
        let page = "| numpy | Gradus |\n| --- | --- |\n| `np.zeros(3)` | `Array::zeros([3])` |\n\
            | `a.sum(0)` | `a.sum(0, keepdim)`, as `a.ones(n)` or `Tensor` |\n\nText with `nothing()`.\n";
        std::fs::write(repo.pages().join("numpy_pytorch.md"), page).unwrap();
        let faults: Vec<String> = unknown(&repo).unwrap().iter().map(Fault::to_string).collect();
        assert_eq!(
            faults,
            [
                "book/src/numpy_pytorch.md:4: `ones` occurs in no source (in `a.ones(n)`)",
                "book/src/numpy_pytorch.md:4: `Tensor` occurs in no source (in `Tensor`)"
            ]
        );
    }

    #[test]
    fn the_map_names_only_what_exists() {
        let faults = unknown(&Repo::here()).unwrap();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}
