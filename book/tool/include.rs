//! Code from the real sources: `{{#include ../../chapters/ch05_backprop/src/linear.rs:backward}}`.
//!
//! An anchor is a pair of comment lines in the source, `// ANCHOR: backward` and `// ANCHOR_END: backward`. What lies
//! between them is shown, moved to the left margin, without the lines that mark anchors and exercises. mdBook's own
//! include shows nothing when an anchor is missing; this one is an error.

use std::path::Path;

/// The code that an include directive asks for: `file`, or `file:anchor`, relative to the folder of the page.
///
/// # Errors
/// When the file cannot be read, the anchor is missing, opened twice, never closed, or holds no line.
pub fn include(folder: &Path, argument: &str) -> Result<String, String> {
    let (file, anchor) = match argument.rsplit_once(':') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (argument, None),
    };
    if let Some(lines) = anchor.filter(|a| a.is_empty() || a.starts_with(|c: char| c.is_ascii_digit())) {
        return Err(format!("{file}: `:{lines}`: line numbers go out of date unnoticed; use an anchor"));
    }
    let text = std::fs::read_to_string(folder.join(file)).map_err(|e| format!("include of {file}: {e}"))?;
    let code = match anchor {
        Some(anchor) => part(&text, anchor).map_err(|what| format!("{file}: {what}"))?,
        None => text,
    };
    let code = tidy(&code);
    if code.is_empty() { Err(format!("include of {argument}: there is nothing to show")) } else { Ok(code) }
}

/// The text between the two lines that mark an anchor.
fn part(text: &str, anchor: &str) -> Result<String, String> {
    let mut found = None;
    let mut open = false;
    let mut code = String::new();
    for line in text.lines() {
        if marker(line, "ANCHOR:") == Some(anchor) {
            if found.is_some() {
                return Err(format!("the anchor `{anchor}` is opened twice"));
            }
            (found, open) = (Some(()), true);
        } else if marker(line, "ANCHOR_END:") == Some(anchor) {
            open = false;
        } else if open {
            code.push_str(line);
            code.push('\n');
        }
    }
    match (found, open) {
        (None, _) => Err(format!("there is no anchor `{anchor}`")),
        (_, true) => Err(format!("the anchor `{anchor}` is never closed")),
        _ => Ok(code),
    }
}

/// The name in a marker line, `// ANCHOR: name` or `# ANCHOR: name`.
fn marker<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let comment = line.trim_start().trim_start_matches(['/', '#']).trim_start();
    comment.strip_prefix(word).map(str::trim)
}

/// Removes the marker lines and empty lines around the code, and moves it to the left margin.
fn tidy(code: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut prompt = false;
    for line in code.lines() {
        let start = line.trim_start();
        if let Some(rest) = start.strip_prefix("// exercise:") {
            // The prompt goes on in the plain comment lines directly below its first line.
            prompt = rest.trim() != "end";
            continue;
        }
        prompt = prompt && start.starts_with("//") && !start.starts_with("///") && !start.starts_with("//!");
        if prompt || marker(line, "ANCHOR:").is_some() || marker(line, "ANCHOR_END:").is_some() {
            continue;
        }
        // Where a marker was removed, do not leave two empty lines.
        if start.is_empty() && lines.last().is_none_or(|last| last.trim().is_empty()) {
            continue;
        }
        lines.push(line);
    }
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let margin = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<&str> =
        lines.into_iter().map(|line| line.get(margin..).unwrap_or("").trim_end()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
//! A file.
impl Linear {
    // ANCHOR: backward
    /// The gradient.
    fn backward(&self) {
        // exercise: backward - Push the gradient on;
        // it is [batch, out].

        let x = 1;
        // exercise: end
    }
    // ANCHOR_END: backward
}
// ANCHOR: open
fn f() {}
";

    fn file() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.rs"), SOURCE).unwrap();
        folder
    }

    #[test]
    fn an_anchor_is_cut_out_moved_left_and_freed_of_markers() {
        let got = include(file().path(), "a.rs:backward").unwrap();
        assert_eq!(got, "/// The gradient.\nfn backward(&self) {\n\n    let x = 1;\n}");
    }

    #[test]
    fn a_whole_file_loses_only_its_markers() {
        let got = include(file().path(), "a.rs").unwrap();
        assert!(got.starts_with("//! A file.\nimpl Linear {") && got.ends_with("}\nfn f() {}"), "{got}");
        assert!(!got.contains("ANCHOR") && !got.contains("exercise"), "{got}");
    }

    #[test]
    fn what_is_missing_is_an_error() {
        let folder = file();
        let fault = |argument: &str| include(folder.path(), argument).unwrap_err();
        assert_eq!(fault("a.rs:forward"), "a.rs: there is no anchor `forward`");
        assert_eq!(fault("a.rs:open"), "a.rs: the anchor `open` is never closed");
        assert!(fault("b.rs").starts_with("include of b.rs: "));
        assert!(fault("a.rs:3:9").contains("use an anchor"));
        std::fs::write(folder.path().join("twice.rs"), "// ANCHOR: a\n// ANCHOR_END: a\n// ANCHOR: a\n")
            .unwrap();
        assert_eq!(fault("twice.rs:a"), "twice.rs: the anchor `a` is opened twice");
        std::fs::write(folder.path().join("empty.rs"), "// ANCHOR: a\n\n// ANCHOR_END: a\n").unwrap();
        assert_eq!(fault("empty.rs:a"), "include of empty.rs:a: there is nothing to show");
    }
}
