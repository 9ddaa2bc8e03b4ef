//! Cleaning a text, and cutting it into words.

// ANCHOR: clean_review
/// A film review as plain lower-case text: line breaks in HTML (`<br />`, `<br>`, `<br/>`) become spaces.
pub fn clean_review(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        clean.push_str(before);
        let length = ["<br />", "<br/>", "<br>"].iter().find(|&&b| starts_with(tag, b)).map(|b| b.len());
        clean.push(if length.is_some() { ' ' } else { '<' });
        rest = &tag[length.unwrap_or(1)..];
    }
    clean.push_str(rest);
    clean.to_lowercase()
}
// ANCHOR_END: clean_review

/// Whether a text starts with these ASCII letters, in either case.
fn starts_with(text: &str, start: &str) -> bool {
    text.as_bytes().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

// ANCHOR: tokenize_words
/// The words of a text, in order. A word is a run of letters and digits, in which an apostrophe may stand between two of
/// them (`don't`); every other character that is not white space is a word of its own.
pub fn tokenize_words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let length = if first.is_alphanumeric() { word_length(rest) } else { first.len_utf8() };
        let (word, after) = rest.split_at(length);
        rest = after;
        Some(word)
    })
}

/// The length in bytes of the word that a text begins with.
fn word_length(text: &str) -> usize {
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let inside = c == '\'' && characters.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if !c.is_alphanumeric() && !inside {
            return at;
        }
    }
    text.len()
}
// ANCHOR_END: tokenize_words
