//! What the standard library does not say of characters: Unicode's categories, and letters without their accents. Read from
//! unicode.txt, which tests/golden/make_ch13_unicode.py makes.

use std::collections::HashMap;
use std::sync::LazyLock;

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables::read(include_str!("unicode.txt")));

/// First and last characters, in rising order.
type Ranges = Vec<(char, char)>;

#[derive(Default)]
struct Tables {
    ranges: HashMap<&'static str, Ranges>,
    /// Characters and what is left of them.
    bare: HashMap<char, &'static str>,
}

impl Tables {
    fn read(text: &'static str) -> Self {
        let mut tables = Tables::default();
        let mut section = "";
        for line in text.lines().filter(|line| !line.starts_with("# ")) {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(name) => section = name,
                None => line.split(' ').for_each(|item| tables.add(section, item)),
            }
        }
        tables
    }

    fn add(&mut self, section: &'static str, item: &'static str) {
        if section == "bare" {
            let (bare, characters) = item.split_once('|').expect("unicode.txt: bare|characters");
            self.bare.extend(characters.chars().map(|c| (c, bare)));
        } else {
            let (first, last) = item.split_once('-').unwrap_or((item, item));
            let number = |digits| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
            let range = number(first).zip(number(last)).expect("unicode.txt: hexadecimal ranges");
            self.ranges.entry(section).or_default().push(range);
        }
    }

    fn has(&self, section: &str, c: char) -> bool {
        let ranges = &self.ranges[section];
        let after = ranges.partition_point(|&(first, _)| first <= c);
        after > 0 && c <= ranges[after - 1].1
    }
}

/// A letter: `\p{L}`. The standard library's `is_alphabetic` also has Roman numerals, circled letters and vowel signs.
pub(crate) fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    c.is_alphabetic() && !TABLES.has("alphabetic but no letter", c)
}

/// A mark without a width of its own, such as an accent: `\p{Mn}`.
pub(crate) fn is_mark(c: char) -> bool {
    !c.is_ascii() && TABLES.has("mark", c)
}

/// Punctuation: `\p{P}`.
pub(crate) fn is_punctuation(c: char) -> bool {
    TABLES.has("punctuation", c)
}

/// What is not seen but controls how others are, and what is for private use: `\p{Cf}`, `\p{Co}`.
pub(crate) fn is_format(c: char) -> bool {
    !c.is_ascii() && TABLES.has("format", c)
}

/// Writes a character taken apart into letters and marks (Unicode's normal form D), without the marks.
pub(crate) fn push_bare(c: char, text: &mut String) {
    if c.is_ascii() {
        text.push(c);
    } else if ('\u{ac00}'..='\u{d7a3}').contains(&c) {
        // A Korean syllable is 19 x 21 x 28 combinations of a first consonant, a vowel, and a last consonant or none.
        let number = c as u32 - 0xac00;
        let parts = [0x1100 + number / 588, 0x1161 + number % 588 / 28, 0x11a7 + number % 28];
        let last = if number.is_multiple_of(28) { 2 } else { 3 };
        text.extend(parts[..last].iter().filter_map(|&part| char::from_u32(part)));
    } else if let Some(bare) = TABLES.bare.get(&c) {
        text.push_str(bare);
    } else if !is_mark(c) {
        text.push(c);
    }
}
