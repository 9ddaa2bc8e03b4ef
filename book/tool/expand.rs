//! The directives of a page.
//!
//! | written in the page | becomes |
//! | --- | --- |
//! | `{{#include FILE:ANCHOR}}` | code from a source file, see [`crate::include`] |
//! | `{{result ID KEY FORMAT}}` | a recorded number or text, see [`crate::results`] |
//! | `{{result_table ID FORMAT KEY...}}` | a table of recorded numbers |
//! | `{{provenance ID}}` | where a recorded number comes from: command, commit, seed, processor |
//! | `{{exercises CHAPTER}}` | the exercises of a chapter, hints hidden, see [`crate::exercises`] |
//!
//! They work everywhere, code blocks too; a backslash before the braces shows the directive itself.

use crate::{Fault, Repo, exercises, include, results};
use std::path::Path;

const WORDS: [&str; 5] = ["#include", "result", "result_table", "provenance", "exercises"];
/// Words of mdBook or slips of the pen that would otherwise stay in the page as they are.
const REFUSED: [&str; 7] =
    ["#result", "#exercises", "include", "#rustdoc_include", "#playground", "#title", "results"];

/// The text of a page with every directive replaced.
///
/// # Errors
/// All the directives that could not be resolved, with their lines.
pub fn expand(repo: &Repo, page: &Path, text: &str) -> Result<String, Vec<Fault>> {
    let mut out = String::with_capacity(text.len());
    let mut faults = Vec::new();
    let mut done = 0;
    while let Some(found) = text[done..].find("{{") {
        let at = done + found;
        let inner = &text[at + 2..];
        let word = inner.split(|c: char| c.is_whitespace() || c == '}').next().unwrap_or("");
        if !WORDS.contains(&word) && !REFUSED.contains(&word) {
            out.push_str(&text[done..at + 2]);
            done = at + 2;
            continue;
        }
        if let Some(before) = text[done..at].strip_suffix('\\') {
            out.push_str(before);
            out.push_str("{{");
            done = at + 2;
            continue;
        }
        out.push_str(&text[done..at]);
        let line = text[..at].matches('\n').count() + 1;
        let line_so_far = &text[text[..at].rfind('\n').map_or(0, |n| n + 1)..at];
        let (result, length) = match inner.find("}}") {
            Some(end) if !inner[..end].contains('\n') => (directive(repo, page, &inner[..end]), end + 4),
            _ => (Err(format!("`{{{{{word}` is never closed on its line")), 2),
        };
        match result {
            Ok(new) if line_so_far.trim().is_empty() => {
                // In a list, a block goes on only as far as its indentation does.
                out.push_str(&new.replace('\n', &format!("\n{line_so_far}")));
            }
            Ok(new) => out.push_str(&new),
            Err(what) => faults.push(Fault::new(format!("{}:{line}", repo.show(page)), what)),
        }
        done = at + length;
    }
    out.push_str(&text[done..]);
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

/// What one directive, given without its braces, stands for.
fn directive(repo: &Repo, page: &Path, inner: &str) -> Result<String, String> {
    let words: Vec<&str> = inner.split_whitespace().collect();
    match words[..] {
        ["#include", argument] => include::include(page.parent().unwrap_or(Path::new("")), argument),
        ["result", id, key] => results::value(repo, id, key, None),
        ["result", id, key, format] => results::value(repo, id, key, Some(format)),
        ["result_table", id, format, ref keys @ ..] => results::table(repo, id, format, keys),
        ["provenance", id] => results::provenance(repo, id),
        ["exercises", chapter] => exercises::chapter(repo, chapter),
        _ => Err(format!("unknown directive `{{{{{inner}}}}}`; contributing.md lists them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repo() -> (tempfile::TempDir, Repo) {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::at(folder.path());
        std::fs::create_dir_all(repo.pages()).unwrap();
        std::fs::create_dir_all(repo.results()).unwrap();
        std::fs::write(repo.pages().join("a.rs"), "// ANCHOR: a\nfn a() {\n}\n// ANCHOR_END: a\n").unwrap();
        std::fs::write(
            repo.results().join("ch05_x.json"),
            r#"{"id":"ch05_x","numbers":{"accuracy":0.98123}}"#,
        )
        .unwrap();
        (folder, repo)
    }

    fn run(text: &str) -> Result<String, Vec<Fault>> {
        let (_folder, repo) = repo();
        expand(&repo, &repo.pages().join("ch05.md"), text)
    }

    #[test]
    fn directives_are_replaced_and_escaped_ones_shown() {
        let got = run(
            "- x\n\n  {{#include a.rs:a}}\n{{result ch05_x accuracy percent.1}}, \\{{result a b}}, {{a}}",
        );
        assert_eq!(got.unwrap(), "- x\n\n  fn a() {\n  }\n98.1\u{a0}%, {{result a b}}, {{a}}");
    }

    #[test]
    fn every_fault_is_reported_with_its_line() {
        let faults = run("{{result ch05_x loss}}\n\n{{#include a.rs:b}} {{results x}}\n{{result ch05_x\n")
            .unwrap_err();
        let got: Vec<String> = faults.iter().map(Fault::to_string).collect();
        assert_eq!(
            got,
            [
                "book/src/ch05.md:1: book/results/ch05_x.json holds no `loss`",
                "book/src/ch05.md:3: a.rs: there is no anchor `b`",
                "book/src/ch05.md:3: unknown directive `{{results x}}`; contributing.md lists them",
                "book/src/ch05.md:4: `{{result` is never closed on its line",
            ]
        );
    }
}
