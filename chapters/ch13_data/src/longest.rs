//! One word as parts that a vocabulary knows, the longest first: the heart of WordPiece (Wu et al. 2016).
//!
//! Parts that do not begin the word are written with `##` in front: `unwatchable` is `un ##watch ##able`. The first part is the
//! longest beginning of the word that is known, the next the longest beginning of the rest, and so on. A word with a rest of which
//! no beginning is known is one unknown token as a whole, whatever was found before.

// ANCHOR: longest_parts
/// The numbers of the parts of a word; `number` knows the parts, with `##` where it belongs. `[unknown]` when the word
/// cannot be put together.
pub fn longest_parts(word: &str, number: impl Fn(&str) -> Option<u32>, unknown: u32) -> Vec<u32> {
    let mut parts = Vec::new();
    // exercise: longest_parts - From the front: the longest part that is known, then the same with what is left. `&word[a..b]`
    // must not cut a character in two: `word.is_char_boundary(b)`.
    let mut start = 0;
    while start < word.len() {
        let known = |end: usize| {
            let mark = if start > 0 { "##" } else { "" };
            number(&format!("{mark}{}", word.get(start..end)?)).map(|number| (end, number))
        };
        let longest = (start + 1..=word.len()).rev().find_map(known);
        let Some((end, number)) = longest else { return vec![unknown] };
        parts.push(number);
        start = end;
    }
    // exercise: end
    parts
}
// ANCHOR_END: longest_parts
