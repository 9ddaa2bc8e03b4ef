//! A made-up language, and sentences of it with their English-like source.
//!
//! Source: `the small dogs do not see a red house today`. Target, with the verb at the end, adjectives behind their nouns, and
//! endings as tokens of their own:
//!
//! - a noun is a root, `-i` if there are several, then `-n` if it is the object;
//! - every noun has one of three genders, which no word of the source tells; an adjective repeats it: `-ka`, `-lo` or `-mu`, and
//!   takes the noun's `-i`;
//! - "the" is the ending `-ta` behind noun and adjectives, "a" is nothing;
//! - the verb follows subject and object; it takes `-sa` for one who does it, `-sai` for several; "not" goes before it; the
//!   past is `-de`;
//! - a word for the time goes to the front.

use ch01_tensors::Rng;

const NOUNS: usize = 30;
const ADJECTIVES: usize = 14;
const VERBS: usize = 16;
const TIMES: usize = 6;

/// Words by number, both sides.
pub struct Language {
    /// The words of the source.
    pub source: Vec<String>,
    /// The tokens of the target; 0 is padding, 1 BEGIN, 2 END.
    pub target: Vec<String>,
    genders: Vec<usize>,
}

pub const BEGIN: i64 = 1;
pub const END: i64 = 2;

const NOUN: [&str; NOUNS] = [
    "dog", "cat", "house", "tree", "river", "child", "king", "book", "boat", "bird", "horse", "stone",
    "road", "city", "garden", "door", "fish", "wolf", "mountain", "song", "letter", "ship", "field", "cloud",
    "knife", "sister", "brother", "teacher", "farmer", "friend",
];
const ADJECTIVE: [&str; ADJECTIVES] = [
    "small", "big", "red", "green", "old", "young", "quiet", "strong", "tired", "happy", "dark", "bright",
    "slow", "wise",
];
const VERB: [&str; VERBS] = [
    "see", "love", "carry", "find", "follow", "paint", "hear", "draw", "remember", "leave", "want", "wash",
    "know", "seek", "guard", "watch",
];
const TIME: [&str; TIMES] = ["today", "now", "often", "here", "soon", "again"];

/// Tokens of the target that are no roots.
const ENDINGS: [&str; 12] =
    ["<pad>", "<begin>", "<end>", "-i", "-n", "-ka", "-lo", "-mu", "-ta", "-sa", "-sai", "-de"];
const NOT: usize = 12;
const ROOTS: usize = 13;

/// A noun with what belongs to it.
struct Phrase {
    noun: usize,
    adjectives: Vec<usize>,
    several: bool,
    definite: bool,
}

impl Language {
    /// Roots and genders are drawn from the seed.
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed, "language");
        let source = ["<pad>", "the", "a", "some", "do", "does", "did", "not"].map(str::to_owned).into_iter();
        let plural = NOUN.map(|noun| format!("{noun}s"));
        let words = [&NOUN[..], &ADJECTIVE, &VERB, &TIME].concat();
        let source = source.chain(words.into_iter().map(str::to_owned)).chain(plural).collect();
        let mut target: Vec<String> = ENDINGS.iter().map(|&ending| ending.to_owned()).collect();
        target.push("ne".into());
        while target.len() < ROOTS + NOUNS + ADJECTIVES + VERBS + TIMES {
            let syllable = |rng: &mut Rng| {
                let (consonants, vowels) = ("bdfghjklmnprstvz".as_bytes(), "aeiou".as_bytes());
                [consonants[rng.below(consonants.len())], vowels[rng.below(vowels.len())]]
            };
            let root: Vec<u8> = (0..2).flat_map(|_| syllable(&mut rng)).collect();
            let root = String::from_utf8(root).expect("letters");
            if !target.contains(&root) {
                target.push(root);
            }
        }
        let genders = (0..NOUNS).map(|_| rng.below(3)).collect();
        Language { source, target, genders }
    }

    fn word(&self, word: &str) -> u32 {
        self.source.iter().position(|other| other == word).expect("a word of the source") as u32
    }

    // ANCHOR: sentence
    /// A random sentence: the numbers of its words, and those of its translation without BEGIN and END.
    pub fn sentence(&self, rng: &mut Rng) -> (Vec<u32>, Vec<u32>) {
        let (subject, object) = (phrase(rng), phrase(rng));
        let (verb, past, not) = (rng.below(VERBS), rng.below(2) == 1, rng.below(3) == 0);
        let time = (rng.below(2) == 0).then(|| rng.below(TIMES));

        let mut source = self.source_phrase(&subject);
        source.push(self.word(match (past, subject.several) {
            (true, _) => "did",
            (false, true) => "do",
            (false, false) => "does",
        }));
        if not {
            source.push(self.word("not"));
        }
        source.push(self.word(VERB[verb]));
        source.extend(self.source_phrase(&object));
        source.extend(time.map(|time| self.word(TIME[time])));

        let mut target = Vec::new();
        target.extend(time.map(|time| (ROOTS + NOUNS + ADJECTIVES + VERBS + time) as u32));
        target.extend(self.target_phrase(&subject, false));
        target.extend(self.target_phrase(&object, true));
        if not {
            target.push(NOT as u32);
        }
        target.push((ROOTS + NOUNS + ADJECTIVES + verb) as u32);
        target.push(ending(if subject.several { "-sai" } else { "-sa" }));
        if past {
            target.push(ending("-de"));
        }
        (source, target)
    }
    // ANCHOR_END: sentence

    fn source_phrase(&self, phrase: &Phrase) -> Vec<u32> {
        let article = match (phrase.definite, phrase.several) {
            (true, _) => "the",
            (false, true) => "some",
            (false, false) => "a",
        };
        let mut words = vec![self.word(article)];
        words.extend(phrase.adjectives.iter().map(|&adjective| self.word(ADJECTIVE[adjective])));
        let noun = NOUN[phrase.noun];
        words.push(if phrase.several { self.word(&format!("{noun}s")) } else { self.word(noun) });
        words
    }

    fn target_phrase(&self, phrase: &Phrase, object: bool) -> Vec<u32> {
        let mut tokens = vec![(ROOTS + phrase.noun) as u32];
        let plural = phrase.several.then(|| ending("-i"));
        tokens.extend(plural);
        if object {
            tokens.push(ending("-n"));
        }
        for adjective in &phrase.adjectives {
            tokens.push((ROOTS + NOUNS + adjective) as u32);
            tokens.push(ending(["-ka", "-lo", "-mu"][self.genders[phrase.noun]]));
            tokens.extend(plural);
        }
        if phrase.definite {
            tokens.push(ending("-ta"));
        }
        tokens
    }

    /// The words of a source.
    pub fn source_text(&self, ids: &[u32]) -> String {
        let words: Vec<&str> = ids.iter().map(|&id| self.source[id as usize].as_str()).collect();
        words.join(" ")
    }

    /// The words of a target, endings joined to what they belong to.
    pub fn target_text(&self, ids: &[u32]) -> String {
        let tokens: Vec<&str> = ids.iter().map(|&id| self.target[id as usize].as_str()).collect();
        tokens.join(" ").replace(" -", "")
    }
}

fn phrase(rng: &mut Rng) -> Phrase {
    let adjectives = (0..rng.below(3)).map(|_| rng.below(ADJECTIVES)).collect();
    Phrase { noun: rng.below(NOUNS), adjectives, several: rng.below(2) == 1, definite: rng.below(2) == 1 }
}

fn ending(name: &str) -> u32 {
    ENDINGS.iter().position(|&other| other == name).expect("an ending") as u32
}
