//! The text of an exercise: a library file in which regions are marked that the reader writes.
//!
//! ```text
//! // exercise: backward - Push the gradient to weight, bias and input.
//! // A prompt may go on over comment lines directly below.
//! ...the solution...
//! // exercise: end
//! ```
//!
//! From it come the stub (each region becomes its prompt and `todo!()`) and, with a fragment that holds other code for
//! some regions, a file with a mistake. Lines end in `\n` here; [`plain`] removes the `\r` of Windows.

use thiserror::Error;

/// What is wrong with a marked file. Lines count from 1.
#[derive(Debug, Error, PartialEq)]
pub enum SourceError {
    #[error("line {line}: the region '{name}' has no `// exercise: end`")]
    Unterminated { line: usize, name: String },
    #[error("line {line}: `// exercise: end` without a region")]
    StrayEnd { line: usize },
    #[error("line {line}: the region '{inner}' begins inside the region '{outer}'")]
    Nested { line: usize, outer: String, inner: String },
    #[error("line {line}: there are two regions called '{name}'")]
    Duplicate { line: usize, name: String },
    #[error("line {line}: a region needs a name made of letters, digits and _, not '{name}'")]
    BadName { line: usize, name: String },
    #[error("line {line}: the region '{name}' needs a prompt: `// exercise: {name} - What to do.`")]
    NoPrompt { line: usize, name: String },
    #[error("no region is marked with `// exercise: NAME - PROMPT`")]
    NoRegion,
    #[error("the fragment must begin with `// expect: TEXT`")]
    NoExpectation,
    #[error("the fragment replaces '{name}', but the solution has only: {known}")]
    UnknownRegion { name: String, known: String },
    #[error("line {line}: in a fragment, code stands only inside regions")]
    OutsideRegion { line: usize },
}

/// One line, or one region, of a marked file.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Line(String),
    Region { name: String, indent: String, prompt: Vec<String>, body: Vec<String>, last_in_block: bool },
}

/// A marked file, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    parts: Vec<Part>,
}

/// A plausible mistake: the message it must lead to and the regions it replaces.
#[derive(Debug, Clone, PartialEq)]
pub struct Fragment {
    /// Text that the reader's failure message must contain.
    pub expect: String,
    regions: Vec<(String, Vec<String>)>,
}

impl Source {
    /// Takes a solution apart; it must have at least one region and every region a prompt.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let source = Self::parse_regions(text, true)?;
        if source.regions().next().is_none() { Err(SourceError::NoRegion) } else { Ok(source) }
    }

    fn parse_regions(text: &str, prompts: bool) -> Result<Self, SourceError> {
        let text = plain(text);
        let lines: Vec<&str> = text.lines().collect();
        let mut parts: Vec<Part> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let line = at + 1;
            let Some(head) = marker(lines[at]) else {
                parts.push(Part::Line(lines[at].to_owned()));
                at += 1;
                continue;
            };
            if head == "end" {
                return Err(SourceError::StrayEnd { line });
            }
            let (name, first) = head.split_once(" - ").map_or((head, ""), |(n, p)| (n.trim(), p.trim()));
            let name = name.to_owned();
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(SourceError::BadName { line, name });
            }
            if names.contains(&name) {
                return Err(SourceError::Duplicate { line, name });
            }
            if prompts && first.is_empty() {
                return Err(SourceError::NoPrompt { line, name });
            }
            let indent: String = lines[at].chars().take_while(|c| c.is_whitespace()).collect();
            at += 1;
            let mut prompt = vec![first.to_owned()];
            while prompts && at < lines.len() && is_prompt(lines[at]) {
                prompt.push(lines[at].trim_start().trim_start_matches('/').trim().to_owned());
                at += 1;
            }
            let mut body = Vec::new();
            loop {
                match lines.get(at).map(|text| (marker(text), text)) {
                    None => return Err(SourceError::Unterminated { line, name }),
                    Some((Some("end"), _)) => break,
                    Some((Some(inner), _)) => {
                        let inner = inner.split(" - ").next().unwrap_or_default().to_owned();
                        return Err(SourceError::Nested { line: at + 1, outer: name, inner });
                    }
                    Some((None, text)) => body.push((*text).to_owned()),
                }
                at += 1;
            }
            at += 1;
            let code = |text: &&&str| !text.trim().is_empty() && !text.trim_start().starts_with("//");
            let next = lines[at..].iter().find(code);
            let last_in_block = next.is_none_or(|text| text.trim_start().starts_with('}'));
            names.push(name.clone());
            parts.push(Part::Region { name, indent, prompt, body, last_in_block });
        }
        Ok(Source { parts })
    }

    /// The names of the regions, in order.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Region { name, .. } => Some(name.as_str()),
            Part::Line(_) => None,
        })
    }

    /// The file that the reader completes. The book's anchors are left out.
    pub fn stub(&self) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Line(text) if is_anchor(text) => {}
                Part::Line(text) => push(&mut out, text),
                Part::Region { indent, prompt, last_in_block, .. } => {
                    for (i, text) in prompt.iter().enumerate() {
                        let yours = if i == 0 { "Yours: " } else { "" };
                        push(&mut out, format!("{indent}// {yours}{text}").trim_end());
                    }
                    push(&mut out, &format!("{indent}todo!(){}", if *last_in_block { "" } else { ";" }));
                }
            }
        }
        out
    }

    /// The solution with some regions replaced by those of the fragment.
    pub fn with(&self, fragment: &Fragment) -> Result<String, SourceError> {
        for (name, _) in &fragment.regions {
            if !self.regions().any(|known| known == name) {
                let known = self.regions().collect::<Vec<_>>().join(", ");
                return Err(SourceError::UnknownRegion { name: name.clone(), known });
            }
        }
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Line(text) => push(&mut out, text),
                Part::Region { name, body, .. } => {
                    let other = fragment.regions.iter().find(|(replaced, _)| replaced == name);
                    other.map_or(body, |(_, body)| body).iter().for_each(|text| push(&mut out, text));
                }
            }
        }
        Ok(out)
    }
}

impl Fragment {
    /// Reads `// expect: TEXT` and the regions below it.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let first = text.lines().next().unwrap_or_default();
        let expect = first.trim().strip_prefix("// expect:").map(str::trim).unwrap_or_default();
        if expect.is_empty() {
            return Err(SourceError::NoExpectation);
        }
        let mut regions = Vec::new();
        let mut line = 0;
        for part in Source::parse_regions(text, false)?.parts {
            match part {
                Part::Region { name, body, .. } => {
                    line += body.len() + 2;
                    regions.push((name, body));
                }
                Part::Line(text) => {
                    line += 1;
                    if !text.trim().is_empty() && !text.trim_start().starts_with("//") {
                        return Err(SourceError::OutsideRegion { line });
                    }
                }
            }
        }
        if regions.is_empty() {
            return Err(SourceError::NoRegion);
        }
        Ok(Fragment { expect: expect.to_owned(), regions })
    }
}

/// The text with `\n` line ends, whatever git made of them.
pub fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Whether a `todo!` is left in the code (comments do not count).
pub fn has_todo(text: &str) -> bool {
    text.lines().any(|line| line.split("//").next().unwrap_or_default().contains("todo!"))
}

/// What stands behind `// exercise:`.
fn marker(line: &str) -> Option<&str> {
    line.trim().strip_prefix("// exercise:").map(str::trim)
}

fn is_anchor(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("// ANCHOR:") || line.starts_with("// ANCHOR_END:")
}

/// A comment line that carries on a prompt.
fn is_prompt(line: &str) -> bool {
    let text = line.trim_start();
    text.starts_with("//") && !text.starts_with("///") && marker(line).is_none() && !is_anchor(line)
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOLUTION: &str = "\
//! Doubling.

// ANCHOR: double
pub fn double(x: f64) -> f64 {
    // exercise: double - Give twice `x`.
    // Do not add a constant.
    // ANCHOR: inner
    let two = 2.0;
    two * x
    // exercise: end
}
// ANCHOR_END: double

pub fn both(x: f64) -> f64 {
    // exercise: both - Check the argument.
    assert!(x > 0.0);
    // exercise: end
    double(x) + x
}
";

    #[test]
    fn the_stub_has_prompts_in_place_of_the_regions() {
        let stub = Source::parse(SOLUTION).unwrap().stub();
        let want = "\
//! Doubling.

pub fn double(x: f64) -> f64 {
    // Yours: Give twice `x`.
    // Do not add a constant.
    todo!()
}

pub fn both(x: f64) -> f64 {
    // Yours: Check the argument.
    todo!();
    double(x) + x
}
";
        assert_eq!(stub, want);
        assert!(has_todo(&stub) && !has_todo(SOLUTION) && !has_todo("// todo!()"));
    }

    #[test]
    fn windows_line_ends_change_nothing() {
        let there = Source::parse(&SOLUTION.replace('\n', "\r\n")).unwrap();
        assert_eq!(there, Source::parse(SOLUTION).unwrap());
    }

    #[test]
    fn a_fragment_replaces_its_regions_only() {
        let source = Source::parse(SOLUTION).unwrap();
        let text = "// expect: three times\n\n// exercise: double\n    3.0 * x\n// exercise: end\n";
        let fragment = Fragment::parse(text).unwrap();
        assert_eq!(fragment.expect, "three times");
        let wrong = source.with(&fragment).unwrap();
        assert!(wrong.contains("    3.0 * x\n}") && wrong.contains("assert!(x > 0.0);"), "{wrong}");
        assert!(!wrong.contains("exercise:"));
    }

    #[test]
    fn a_fragment_that_names_an_unknown_region_is_refused() {
        let fragment = Fragment::parse("// expect: x\n// exercise: triple\n// exercise: end").unwrap();
        let error = Source::parse(SOLUTION).unwrap().with(&fragment).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the fragment replaces 'triple', but the solution has only: double, both"
        );
    }

    #[test]
    fn bad_marks_are_refused_with_their_line() {
        let error = |text: &str| Source::parse(text).unwrap_err().to_string();
        assert_eq!(
            error("fn a() {\n// exercise: a - Do."),
            "line 2: the region 'a' has no `// exercise: end`"
        );
        assert_eq!(error("// exercise: end"), "line 1: `// exercise: end` without a region");
        let one = "// exercise: a - Do.\n1\n// exercise: end\n";
        assert_eq!(error(&one.repeat(2)), "line 4: there are two regions called 'a'");
        assert_eq!(
            error("// exercise: a - Do.\n1\n// exercise: b - Do.\n// exercise: end"),
            "line 3: the region 'b' begins inside the region 'a'"
        );
        assert_eq!(
            error("// exercise: a b - Do.\n// exercise: end"),
            "line 1: a region needs a name made of letters, digits and _, not 'a b'"
        );
        assert!(error("// exercise: a\n// exercise: end").contains("needs a prompt"));
        assert_eq!(Source::parse("fn main() {}"), Err(SourceError::NoRegion));
    }

    #[test]
    fn bad_fragments_are_refused() {
        let error = |text: &str| Fragment::parse(text).unwrap_err();
        assert_eq!(error("// exercise: a\n// exercise: end"), SourceError::NoExpectation);
        assert_eq!(error("// expect:\n// exercise: a\n// exercise: end"), SourceError::NoExpectation);
        assert_eq!(error("// expect: x\n"), SourceError::NoRegion);
        assert_eq!(error("// expect: x\nlet y = 1;\n"), SourceError::OutsideRegion { line: 2 });
        assert!(matches!(error("// expect: x\n// exercise: a\n"), SourceError::Unterminated { .. }));
    }
}
