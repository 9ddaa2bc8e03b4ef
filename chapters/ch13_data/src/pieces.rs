//! Cutting a text into pieces that no merge crosses: the rule of GPT-2, written out.
//!
//! GPT-2's pattern is `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`. A piece is an English
//! ending after an apostrophe; or a run of letters, of digits or of other signs, each with one space in front if there is
//! one; or white space, without its last character if something follows. The pieces joined are the text.
//!
//! Letters, digits and white space are Unicode's `\p{L}`, `\p{N}` and `\s`.

use crate::unicode::is_letter;

/// What a run is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Space,
    Other,
}

fn kind(c: char) -> Kind {
    match c {
        _ if c.is_whitespace() => Kind::Space,
        _ if is_letter(c) => Kind::Letter,
        _ if c.is_numeric() => Kind::Digit,
        _ => Kind::Other,
    }
}

/// The pieces of a text, in order and without gaps.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(piece_length(rest));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

// ANCHOR: piece_length
/// The length in bytes of the first piece.
fn piece_length(text: &str) -> usize {
    const ENDINGS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];
    if let Some(ending) = ENDINGS.iter().find(|&&ending| text.starts_with(ending)) {
        return ending.len();
    }
    // A single space belongs to what follows it.
    let start = usize::from(text.starts_with(' '));
    match text[start..].chars().next().map(kind) {
        Some(first) if first != Kind::Space => start + run_length(&text[start..], first),
        _ => {
            let length = run_length(text, Kind::Space);
            let last = text[..length].chars().next_back().map_or(0, char::len_utf8);
            // The last white space before something else is left to it, unless it is the only one.
            if length == text.len() || length == last { length } else { length - last }
        }
    }
}
// ANCHOR_END: piece_length

/// The length in bytes of the run of this kind that a text begins with.
fn run_length(text: &str, run: Kind) -> usize {
    // Most texts are ASCII for long stretches, where no character needs to be decoded.
    let ascii = text.bytes().take_while(|byte| byte.is_ascii() && kind(char::from(*byte)) == run).count();
    ascii + text[ascii..].find(|c| kind(c) != run).unwrap_or(text.len() - ascii)
}
