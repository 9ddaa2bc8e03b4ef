//! Saying the same in other words: a list of phrases that mean the same, and texts taken apart into meanings and put together
//! again.
//!
//! Translating a text into another language and back gives it in other words. By rule: *forth*, every phrase of the list becomes
//! the number of its meaning, the longest phrase first; *back*, every meaning becomes one of its phrases. If only some
//! meanings that are single words are said anew, that is replacing words by synonyms.

use std::collections::HashMap;

use ch01_tensors::{Rng, fail};

/// Groups of phrases that mean the same.
#[derive(Clone, Debug)]
pub struct Thesaurus {
    /// The phrases of each meaning, as words.
    groups: Vec<Vec<Vec<String>>>,
    /// The meaning of a phrase, and which of its phrases it is.
    meanings: HashMap<Vec<String>, (usize, usize)>,
    /// The words of the longest phrase.
    longest: usize,
}

/// A piece of a text on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit<'a> {
    /// A word that the list does not have.
    Word(&'a str),
    /// Something that can be said in several ways.
    Meaning {
        /// Its number.
        group: usize,
        /// Which of its phrases it was said with.
        phrase: usize,
    },
}

impl Thesaurus {
    /// Reads groups, one per line, phrases separated by commas.
    ///
    /// # Panics
    /// When a phrase comes twice, or a line has fewer than two.
    #[track_caller]
    pub fn new(text: &str) -> Self {
        let mut list = Thesaurus { groups: Vec::new(), meanings: HashMap::new(), longest: 1 };
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let phrase = |phrase: &str| phrase.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let group: Vec<Vec<String>> = line.split(',').map(phrase).collect();
            if group.len() < 2 {
                fail("Thesaurus", format_args!("{line:?} has no second phrase"));
            }
            for (i, words) in group.iter().enumerate() {
                list.longest = list.longest.max(words.len());
                if words.is_empty() || list.meanings.insert(words.clone(), (list.groups.len(), i)).is_some() {
                    fail("Thesaurus", format_args!("{:?} comes twice, or is empty", words.join(" ")));
                }
            }
            list.groups.push(group);
        }
        list
    }

    /// A small list for reviews of films: words and phrases whose exchange leaves the verdict as it is.
    pub fn films() -> Self {
        Self::new(include_str!("thesaurus.txt"))
    }

    // ANCHOR: forth
    /// The text as words and meanings; at each place the longest phrase that is known.
    pub fn forth<'a>(&self, words: &[&'a str]) -> Vec<Unit<'a>> {
        let mut units = Vec::new();
        let mut rest = words;
        while let Some(&word) = rest.first() {
            let known = |length: usize| {
                let phrase: Vec<String> = rest[..length].iter().map(|word| word.to_string()).collect();
                self.meanings.get(&phrase).map(|&(group, phrase)| (length, Unit::Meaning { group, phrase }))
            };
            let longest = (1..=self.longest.min(rest.len())).rev().find_map(known);
            let (length, unit) = longest.unwrap_or((1, Unit::Word(word)));
            units.push(unit);
            rest = &rest[length..];
        }
        units
    }

    /// The units in words, every meaning with its phrase.
    ///
    /// # Panics
    /// When there is no such meaning or phrase.
    pub fn back<'s>(&'s self, units: &[Unit<'s>]) -> Vec<&'s str> {
        let mut words = Vec::new();
        for unit in units {
            match *unit {
                Unit::Word(word) => words.push(word),
                Unit::Meaning { group, phrase } => {
                    words.extend(self.groups[group][phrase].iter().map(String::as_str));
                }
            }
        }
        words
    }

    /// Says every meaning anew, evenly with one of its phrases: a paraphrase.
    pub fn draw_paraphrase(&self, units: &mut [Unit<'_>], rng: &mut Rng) {
        for unit in units {
            if let Unit::Meaning { group, phrase } = unit {
                *phrase = rng.below(self.groups[*group].len());
            }
        }
    }
    // ANCHOR_END: forth

    /// Replaces each single word that has other single words of its meaning by one of them, with probability `p`.
    pub fn draw_synonyms(&self, units: &mut [Unit<'_>], p: f64, rng: &mut Rng) {
        for unit in units {
            let Unit::Meaning { group, phrase } = unit else { continue };
            let words = &self.groups[*group];
            let others: Vec<usize> =
                (0..words.len()).filter(|&other| other != *phrase && words[other].len() == 1).collect();
            if words[*phrase].len() == 1 && !others.is_empty() && rng.uniform() < p {
                *phrase = others[rng.below(others.len())];
            }
        }
    }
}
