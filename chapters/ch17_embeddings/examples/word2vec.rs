//! Word vectors from film reviews, by skip-gram, CBOW and GloVe: `cargo run --release -p ch17_embeddings --example word2vec`.
//!
//! The texts are the training and unlabelled reviews of IMDb where the files are (`GRADUS_DATA`), else generated ones, which have
//! few words: then only the neighbours mean something. What is asked of the vectors: neighbours, analogies, a picture, and
//! how well the mean vector of a review tells praise from blame.

use std::error::Error;

use ch00_start::Record;
use ch00_start::figure::{Series, scatter};
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Linear, zero_grad};
use ch09_optimizers::{Adam, Optimizer};
use ch13_data::{WordVocabulary, clean_review, tokenize_words};
use ch17_embeddings::{
    BagMode, Cooccurrence, Corpus, EmbeddingBag, Glove, GloveOptions, Model, Tsne, TsneOptions, Word2Vec,
    Word2VecOptions, analogy, cosine, nearest, unit_rows,
};
use datasets::Source;
use datasets::imdb::{self, Imdb, Review};

const SIZE: usize = 100;
const WINDOW: usize = 5;
/// Pairs that are related in one way: any two of them make a question, "a is to b as c is to what?"
const RELATIONS: [(&str, &[(&str, &str)]); 4] = [
    (
        "gender",
        &[
            ("man", "woman"),
            ("boy", "girl"),
            ("he", "she"),
            ("his", "her"),
            ("himself", "herself"),
            ("father", "mother"),
            ("son", "daughter"),
            ("brother", "sister"),
            ("husband", "wife"),
            ("king", "queen"),
            ("actor", "actress"),
            ("uncle", "aunt"),
            ("guy", "girl"),
            ("hero", "heroine"),
        ],
    ),
    (
        "plural",
        &[
            ("film", "films"),
            ("movie", "movies"),
            ("actor", "actors"),
            ("character", "characters"),
            ("scene", "scenes"),
            ("story", "stories"),
            ("woman", "women"),
            ("man", "men"),
            ("girl", "girls"),
            ("child", "children"),
            ("friend", "friends"),
            ("song", "songs"),
            ("joke", "jokes"),
            ("line", "lines"),
        ],
    ),
    (
        "past tense",
        &[
            ("make", "made"),
            ("see", "saw"),
            ("take", "took"),
            ("go", "went"),
            ("get", "got"),
            ("think", "thought"),
            ("find", "found"),
            ("tell", "told"),
            ("come", "came"),
            ("give", "gave"),
            ("try", "tried"),
            ("know", "knew"),
        ],
    ),
    (
        "nationality",
        &[
            ("france", "french"),
            ("italy", "italian"),
            ("germany", "german"),
            ("japan", "japanese"),
            ("china", "chinese"),
            ("russia", "russian"),
            ("spain", "spanish"),
            ("england", "english"),
            ("mexico", "mexican"),
            ("india", "indian"),
            ("america", "american"),
            ("ireland", "irish"),
        ],
    ),
];
const QUERIES: [&str; 6] = ["actor", "terrible", "brilliant", "vampire", "japan", "boring"];
const GROUPS: [(&str, &[&str]); 8] = [
    ("family", &["father", "mother", "daughter", "brother", "uncle", "wife"]),
    ("praise", &["brilliant", "superb", "excellent", "wonderful", "amazing", "masterpiece"]),
    ("blame", &["awful", "terrible", "lame", "stupid", "boring", "worst"]),
    ("countries", &["france", "italy", "germany", "japan", "russia", "spain"]),
    ("numbers", &["two", "three", "five", "ten", "twenty", "hundred"]),
    ("genres", &["comedy", "horror", "drama", "thriller", "western", "musical"]),
    ("at work", &["director", "producer", "writer", "composer", "cast", "crew"]),
    ("monsters", &["vampire", "zombie", "werewolf", "ghost", "alien", "witch"]),
];

/// Praise and blame, and the words of each review.
struct Labelled {
    texts: Vec<Vec<u32>>,
    labels: Array<i64>,
}

fn read() -> Result<(Imdb, bool), Box<dyn Error>> {
    let (mut data, source) = imdb::load_or_generate(None)?;
    println!("{}", imdb::announce(&source));
    if let Source::Real(place) = &source {
        data = imdb::load(place)?;
    }
    Ok((data, matches!(source, Source::Real(_))))
}

/// The words of a text that have a number; signs and rare words are left out.
fn encode(vocabulary: &WordVocabulary, text: &str) -> Vec<u32> {
    let word =
        |word: &str| word.starts_with(char::is_alphanumeric).then(|| vocabulary.number(word)).flatten();
    tokenize_words(text).filter_map(word).collect()
}

/// How many questions of a relation are answered rightly, and how many there are.
fn ask(units: &Tensor, vocabulary: &WordVocabulary, pairs: &[(&str, &str)]) -> (usize, usize) {
    let number = |word: &str| vocabulary.number(word).map(|number| number as usize);
    let known: Vec<[usize; 2]> = pairs.iter().filter_map(|(a, b)| Some([number(a)?, number(b)?])).collect();
    let (mut right, mut asked) = (0, 0);
    for [a, b] in &known {
        for [c, d] in known.iter().filter(|pair| pair[0] != *a && pair[1] != *b) {
            // "man is to king as woman to what" would have an answer among the words of the question.
            if [a, b, c].contains(&d) {
                continue;
            }
            asked += 1;
            right += usize::from(analogy(units, [*a, *b, *c], 1).first().is_some_and(|found| found.0 == *d));
        }
    }
    (right, asked)
}

/// The share of reviews that a linear layer on their mean vectors sorts rightly: learned on `train`, measured on `test`.
fn sentiment(table: &Tensor, [train, test]: [&Labelled; 2]) -> f64 {
    let bag = EmbeddingBag::from_parts(table.clone(), BagMode::Mean, None);
    let means = |of: &Labelled| {
        let ids: Vec<i64> = of.texts.iter().flatten().map(|&word| i64::from(word)).collect();
        let mut starts: Vec<i64> = Vec::new();
        let mut end = 0;
        for text in &of.texts {
            starts.push(end);
            end += text.len() as i64;
        }
        bag.infer(
            &Array::from_slice(&ids, [ids.len()]),
            Some(&Array::from_slice(&starts, [starts.len()])),
            None,
        )
    };
    let (mut x, mut x_test) = (means(train), means(test));
    // Every number with mean 0 and deviation 1, as measured on what is learned from.
    let (mean, deviation) = (x.mean(0, false), x.var(0, false, 0).map(|v| 1.0 / (v + 1e-12).sqrt()));
    x = (x - &mean) * &deviation;
    x_test = (x_test - &mean) * &deviation;
    let mut layer = Linear::new(table.dim(1), 2, &mut Rng::new(0, "head"));
    let (mut adam, loss) = (Adam::new(), CrossEntropy::default());
    for _ in 0..300 {
        zero_grad(&mut layer);
        let logits = layer.forward(x.clone());
        layer.backward(loss.backward(&Array::scalar(1.0), &logits, &train.labels));
        adam.step(&mut layer, 0.02);
    }
    let guesses = layer.infer(x_test).argmax(1, false);
    let right = guesses.iter().zip(test.labels.iter()).filter(|(a, b)| a == b).count();
    right as f64 / test.labels.size() as f64
}

/// The words most like one, with their cosines.
fn neighbours(units: &Tensor, vocabulary: &WordVocabulary, word: &str, count: usize) -> Option<String> {
    let row = vocabulary.number(word)? as usize;
    let found = nearest(units, &units.clone().narrow(0, row, 1).reshape([SIZE]), count + 1);
    let shown = found.iter().filter(|found| found.0 != row);
    let names: Vec<String> =
        shown.take(count).map(|&(word, cos)| format!("{} {cos:.2}", vocabulary.word(word as u32))).collect();
    Some(names.join(", "))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut record = Record::from_args("ch17_word2vec");
    let (data, real) = read()?;
    let clean = |reviews: &[Review]| -> Vec<String> {
        reviews.iter().map(|review| clean_review(&review.text)).collect()
    };
    let (train, test) = (clean(&data.train), clean(&data.test));
    let unlabelled: Vec<String> = data.unlabelled.iter().map(|text| clean_review(text)).collect();
    let texts: Vec<&str> = train.iter().chain(&unlabelled).map(String::as_str).collect();
    let vocabulary = WordVocabulary::build(&texts, 20_000, 5, false);
    let corpus = Corpus::new(vocabulary.size(), texts.iter().map(|text| encode(&vocabulary, text)));
    println!("{} texts, {} words, {} in the vocabulary", corpus.texts(), corpus.len(), vocabulary.size());
    record.seed(0).text("data", if real { "IMDb" } else { "generated reviews" });
    record.number("texts", corpus.texts() as f64).number("words", corpus.len() as f64);
    record.number("vocabulary", vocabulary.size() as f64).number("size", SIZE as f64);

    let labelled = |texts: &[String], reviews: &[Review]| Labelled {
        texts: texts.iter().map(|text| encode(&vocabulary, text)).collect(),
        labels: Array::from_fn([reviews.len()], |i| i64::from(reviews[i[0]].label)),
    };
    let (train, test) = (labelled(&train, &data.train), labelled(&test, &data.test));
    // How many rows of a table a batch of an encoder touches: 32 reviews, 256 words each.
    let mut rows: Vec<u32> =
        train.texts[..32].iter().flat_map(|text| text.iter().take(256).copied()).collect();
    let tokens = rows.len();
    rows.sort_unstable();
    rows.dedup();
    println!("a batch: {tokens} tokens, {} rows of {}", rows.len(), vocabulary.size());
    record.number("batch_tokens", tokens as f64).number("batch_rows", rows.len() as f64);

    let report = |name: &'static str| {
        let start = std::time::Instant::now();
        move |epoch: usize, loss: f64| {
            println!("{name}, epoch {}: loss {loss:.4} ({:.0} s)", epoch + 1, start.elapsed().as_secs_f64());
        }
    };
    let options =
        Word2VecOptions { size: SIZE, window: WINDOW, epochs: 2, subsample: 1e-4, ..Default::default() };
    let skip_gram = Word2Vec::train(&corpus, &options, report("skip-gram")).input;
    let options = Word2VecOptions { model: Model::Cbow, rate: 0.05, epochs: 4, ..options };
    let cbow = Word2Vec::train(&corpus, &options, report("CBOW")).input;
    let counts = Cooccurrence::count(&corpus, 10);
    println!("{} pairs of words stand near each other", counts.pairs.len());
    record.number("pairs", counts.pairs.len() as f64);
    let options = GloveOptions { size: SIZE, epochs: 8, rate: 0.1, x_max: 10.0, ..Default::default() };
    let glove = Glove::train(&counts, &options, report("GloVe")).vectors();
    let random = Tensor::normal([vocabulary.size(), SIZE], 0.0, 1.0, &mut Rng::new(0, "random"));

    let number = |word: &str| vocabulary.number(word).map(|number| number as usize);
    for (name, table) in [("skip_gram", &skip_gram), ("cbow", &cbow), ("glove", &glove), ("random", &random)]
    {
        let units = unit_rows(table);
        let (mut right, mut asked) = (0, 0);
        for (relation, pairs) in RELATIONS {
            let found = ask(&units, &vocabulary, pairs);
            println!("{name}: {relation}: {} of {} analogies", found.0, found.1);
            let share = found.0 as f64 / found.1.max(1) as f64;
            record.number(&format!("{name}_{}", relation.replace(' ', "_")), share);
            (right, asked) = (right + found.0, asked + found.1);
        }
        let accuracy = sentiment(table, [&train, &test]);
        println!("{name}: {right} of {asked} analogies, sentiment {accuracy:.4}");
        record.number(&format!("{name}_analogies"), right as f64 / asked.max(1) as f64);
        record.number("questions", asked as f64).number(&format!("{name}_sentiment"), accuracy);
        for word in QUERIES {
            let Some(found) = neighbours(&units, &vocabulary, word, 5) else { continue };
            println!("{name}: like {word}: {found}");
            record.text(&format!("{name}_like_{word}"), found);
        }
        if let (Some(good), Some(bad)) = (number("good"), number("bad")) {
            let at = |row: usize| &units.data()[row * SIZE..][..SIZE];
            record.number(&format!("{name}_good_bad"), f64::from(cosine(at(good), at(bad))));
        }
    }
    let units = unit_rows(&skip_gram);
    for [a, b, c] in [
        ["man", "king", "woman"],
        ["actor", "actress", "hero"],
        ["france", "paris", "japan"],
        ["good", "better", "bad"],
    ] {
        let (Some(x), Some(y), Some(z)) = (number(a), number(b), number(c)) else { continue };
        let found = analogy(&units, [x, y, z], 3);
        let names: Vec<String> =
            found.iter().map(|&(word, cos)| format!("{} {cos:.2}", vocabulary.word(word as u32))).collect();
        // Without leaving out the words of the question.
        let target = Array::from_fn([SIZE], |k| units[[y, k[0]]] - units[[x, k[0]]] + units[[z, k[0]]]);
        let naive = vocabulary.word(nearest(&units, &target, 1)[0].0 as u32).to_owned();
        println!("{a} : {b} = {c} : {} (with the question's words: {naive})", names.join(", "));
        record.text(&format!("{a}_{b}_{c}"), names.join(", ")).text(&format!("{a}_{b}_{c}_naive"), naive);
    }
    picture(&mut record, &units, &vocabulary)?;
    record.finish()?;
    Ok(())
}

/// The words of [`GROUPS`] in a plane, by t-SNE.
fn picture(record: &mut Record, units: &Tensor, vocabulary: &WordVocabulary) -> Result<(), Box<dyn Error>> {
    let known: Vec<(usize, &str, usize)> = (GROUPS.iter().enumerate())
        .flat_map(|(group, (_, words))| words.iter().map(move |&word| (group, word)))
        .filter_map(|(group, word)| Some((group, word, vocabulary.number(word)? as usize)))
        .collect();
    if known.len() < 20 {
        println!("too few of the words are known for a picture");
        return Ok(());
    }
    let x = Array::from_fn([known.len(), SIZE], |i| f64::from(units[[known[i[0]].2, i[1]]]));
    let options = TsneOptions { perplexity: 16.0, ..Default::default() };
    let tsne = Tsne::fit(&x, &options);
    println!("t-SNE of {} words: divergence {:.3}", known.len(), tsne.divergence);
    record.number("tsne_words", known.len() as f64).number("tsne_divergence", tsne.divergence);
    let of = |group: usize| known.iter().enumerate().filter(move |(_, known)| known.0 == group);
    let series: Vec<Series> = (GROUPS.iter().enumerate())
        .map(|(group, (name, _))| {
            let labels: Vec<&str> = of(group).map(|(_, known)| known.1).collect();
            let places = of(group).map(|(i, _)| (tsne.places[[i, 0]], tsne.places[[i, 1]]));
            Series::new(name, places.collect()).labelled(&labels)
        })
        .collect();
    let path = record.figure_path("ch17_word2vec");
    scatter(&path, "Words of film reviews, by t-SNE", "", "", &series)?;
    Ok(())
}
