//! A text as BERT sees it: cleaned, perhaps without capitals and accents, and cut into words and punctuation (`BasicTokenizer`).

use crate::unicode::{is_format, is_punctuation, push_bare};

// ANCHOR: basic_words
/// The words of a text. Control characters go; white space separates; a Chinese character is a word of its own, since
/// Chinese is written without spaces; so is every punctuation mark. With `lowercase`, accents are taken off and capitals made
/// small.
pub fn basic_words(text: &str, lowercase: bool) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut bare = String::new();
    for c in text.chars() {
        // A line break is a control character that separates.
        if c.is_whitespace() && (!c.is_control() || matches!(c, '\t' | '\n' | '\r')) {
            words.push(String::new());
            continue;
        }
        if c.is_control() || is_format(c) || c == '\u{fffd}' {
            continue;
        }
        bare.clear();
        if lowercase {
            push_bare(c, &mut bare)
        } else {
            bare.push(c)
        }
        let alone = is_chinese(c);
        for c in bare.chars() {
            let alone = alone || c.is_ascii_punctuation() || is_punctuation(c);
            if alone {
                words.push(String::new());
            }
            let word = words.last_mut().expect("there is a word at least");
            if lowercase {
                word.extend(c.to_lowercase())
            } else {
                word.push(c)
            }
            if alone {
                words.push(String::new());
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
// ANCHOR_END: basic_words

/// In one of the blocks of Chinese characters; Japanese and Korean letters are not.
fn is_chinese(c: char) -> bool {
    matches!(u32::from(c),
        0x4e00..=0x9fff | 0x3400..=0x4dbf | 0x20000..=0x2a6df | 0x2a700..=0x2b73f | 0x2b740..=0x2b81f
        | 0x2b820..=0x2ceaf | 0xf900..=0xfaff | 0x2f800..=0x2fa1f)
}
