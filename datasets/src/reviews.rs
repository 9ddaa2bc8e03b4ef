//! Generated film reviews in the form of IMDb, most of which no bag of words can tell apart.
//!
//! Reviews are made in pairs: the same sentences with the same gaps, filled once for a positive and once for a
//! negative verdict. There are two kinds of pairs.
//!
//! In a **turned** pair each sentence takes one word of praise and one of blame, and only their places differ:
//! "The plot was not dull but clever." in the positive review is "The plot was not clever but dull." in the
//! negative one. Both have the same words, each as often, and so:
//!
//! > Whatever looks only at how often each word occurs gives both of a turned pair the same answer, which is right
//! > for exactly one of them: its accuracy on turned pairs is 1/2, whatever it has learned.
//!
//! In a **plain** pair, two in five, the sentences only say "The plot is clever." or "The plot is dull." A bag of
//! words can get these right, so on all reviews it reaches 2/5 + 3/5 x 1/2 = 0.7 at best. They are there because
//! they teach what the words mean: on turned pairs alone a network starts at a point where no single word helps,
//! and stays there for a long time.
//!
//! What decides in the turned ones is negation ("never dull, always clever"), contrast ("what begins as a dull film
//! becomes a clever one") and, in a third of them, a sentence that quotes the opposite opinion and one that rejects
//! it. Praise comes first about as often as blame, so that the order of the two words alone says little either.
//!
//! "Words" are what remains after lower-casing and splitting at everything that is no letter. A review has 10 to 40
//! of them. Pair k depends on the seed, its part and k alone.
//!
//! Left out: everything that makes real reviews hard, such as irony, names and stories retold.

use crate::imdb::{Imdb, Review};
use crate::stream::Stream;

/// Makes `train` and `test` reviews: pairs, negative before positive, the same number `id` in both.
///
/// An odd count leaves the last review without its companion.
pub fn generate(seed: u64, train: usize, test: usize) -> Imdb {
    Imdb { train: part(seed, 0, train), test: part(seed, 1, test), unlabelled: Vec::new() }
}

fn part(seed: u64, part: u64, count: usize) -> Vec<Review> {
    let pairs = (0..count.div_ceil(2) as u32).flat_map(|id| pair(seed, part, id));
    pairs.take(count).collect()
}

fn pair(seed: u64, part: u64, id: u32) -> [Review; 2] {
    let mut random = Stream::new(seed, "reviews", 2 * u64::from(id) + part);
    let plain = random.chance(PLAIN_SHARE);
    // Too short or too long: another one of the same kind from the same stream.
    loop {
        let outline = outline(&mut random, plain);
        let words: usize = outline.iter().map(|sentence| count_words(sentence.template)).sum();
        if (LEAST..=MOST).contains(&words) {
            let extreme = random.below(4) as u8;
            let write = |label: u8, stars| Review { id, text: text(&outline, label == 1), label, stars };
            return [write(0, 1 + extreme), write(1, 10 - extreme)];
        }
    }
}

/// The least and the largest number of words in a review.
const LEAST: usize = 10;
const MOST: usize = 40;

/// The share of plain pairs.
const PLAIN_SHARE: f64 = 0.4;

/// A sentence with its words chosen, but not yet placed.
struct Sentence {
    template: &'static str,
    /// A quoted opinion: the opposite of the review's.
    quoted: bool,
    part: &'static str,
    film: &'static str,
    praise: &'static str,
    blame: &'static str,
}

fn outline(random: &mut Stream, plain: bool) -> Vec<Sentence> {
    let mut templates: Vec<(&'static str, bool)> = Vec::new();
    if random.chance(0.7) {
        templates.push((random.pick(OPENINGS), false));
    }
    let (opinions, from) = match plain {
        true => (2 + random.below(3), PLAIN_OPINIONS),
        false => (1 + random.below(3), OPINIONS),
    };
    if !plain && random.chance(0.33) {
        templates.push((random.pick(QUOTES), true));
        templates.push((random.pick(REJECTIONS), false));
    }
    for _ in 0..opinions {
        templates.push((random.pick(from), false));
    }
    if random.chance(0.5) {
        templates.push((random.pick(ENDINGS), false));
    }
    let sentence = |(template, quoted)| Sentence {
        template,
        quoted,
        part: random.pick(PARTS),
        film: random.pick(FILMS),
        praise: random.pick(PRAISE),
        blame: random.pick(BLAME),
    };
    templates.into_iter().map(sentence).collect()
}

/// The review that praises, or the one that blames.
fn text(outline: &[Sentence], positive: bool) -> String {
    let mut text = String::new();
    for sentence in outline {
        let (right, wrong) = match positive != sentence.quoted {
            true => (sentence.praise, sentence.blame),
            false => (sentence.blame, sentence.praise),
        };
        if !text.is_empty() {
            text.push(' ');
        }
        let filled = sentence.template.replace("{part}", sentence.part).replace("{film}", sentence.film);
        text += &filled.replace("{yes}", right).replace("{no}", wrong);
    }
    text
}

/// A gap counts as one word.
fn count_words(template: &str) -> usize {
    template.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).count()
}

const PRAISE: &[&str] = &[
    "brilliant",
    "clever",
    "gripping",
    "superb",
    "moving",
    "charming",
    "fresh",
    "funny",
    "splendid",
    "touching",
    "wonderful",
    "good",
];

const BLAME: &[&str] = &[
    "dull", "clumsy", "boring", "dreadful", "tedious", "silly", "stale", "weak", "terrible", "hollow",
    "lifeless", "bad",
];

const PARTS: &[&str] = &[
    "plot",
    "acting",
    "music",
    "dialogue",
    "script",
    "photography",
    "cast",
    "ending",
    "pace",
    "lead",
    "story",
    "opening",
];

const FILMS: &[&str] = &["film", "movie", "picture", "drama", "comedy", "thriller", "western", "sequel"];

/// {yes} takes the word that the review means, {no} the other one.
const OPINIONS: &[&str] = &[
    "The {part} was not {no} but {yes}.",
    "The {part} was {yes}, not {no}.",
    "The {part} is {yes} rather than {no}.",
    "The {part} is less {no} than {yes}.",
    "The {part} is more {yes} than {no}.",
    "It is never {no}, always {yes}.",
    "It is always {yes}, never {no}.",
    "Far from {no}, the {part} turned out {yes}.",
    "I expected a {no} {film} and got a {yes} one.",
    "I got a {yes} {film} where I had expected a {no} one.",
    "What begins as a {no} {film} soon becomes a {yes} one.",
    "There is nothing {no} about the {part}, but a lot that is {yes}.",
    "There is a lot that is {yes} about the {part}, but nothing {no}.",
    "It may sound {no} on paper, yet on screen the {part} is {yes}.",
    "The {part} is {yes}, however {no} the trailer looked.",
    "However {no} the trailer looked, the {part} is {yes}.",
    "Nobody could call the {part} {no}, because it is {yes}.",
    "Everybody will call the {part} {yes}, and nobody {no}.",
    "The last {film} of this director was {no}, but this one is {yes}.",
    "This {film} is {yes}, although the one before it was {no}.",
];

/// Without the other word.
const PLAIN_OPINIONS: &[&str] = &[
    "The {part} is {yes}.",
    "The {part} was {yes}.",
    "I found the {part} {yes}.",
    "It is a {yes} {film}.",
    "It is {yes} from start to end.",
    "What a {yes} {film} this is.",
    "We all thought the {part} was {yes}.",
];

const QUOTES: &[&str] = &[
    "Some say that the {part} is {yes} and not {no}.",
    "A friend told me that this {film} was {yes} rather than {no}.",
    "The papers wrote that the {part} was not {no} but {yes}.",
    "My brother finds it {yes}, never {no}.",
];

const REJECTIONS: &[&str] =
    &["I do not agree.", "They are wrong.", "That is simply not true.", "I saw another {film}."];

const OPENINGS: &[&str] = &[
    "I saw this {film} on a rainy Sunday.",
    "We watched this {film} at home with friends.",
    "This {film} runs for about two hours.",
    "A {film} about a small town and its secrets.",
    "I knew nothing about this {film} before.",
    "My sister made me watch this {film}.",
    "It tells of two brothers and an old debt.",
    "The {film} was shot in a single summer.",
];

const ENDINGS: &[&str] = &[
    "That is all I have to say.",
    "See for yourself.",
    "I will remember the {part}.",
    "It was made for little money.",
    "The {part} decides everything here.",
    "My friends and I talked about the {part} for hours.",
];
