//! Vectors that words receive when sentences are sorted by topic: `cargo run --release -p ch17_embeddings --example topics`.
//!
//! Sentences of a small made-up language are about animals, machines or food. The classifier sees the mean of the
//! vectors of a sentence's words, in no order, and learns both the vectors and a linear layer on top. Nobody tells it which
//! words belong together.

use ch00_start::Record;
use ch00_start::figure::{Series, scatter};
use ch01_tensors::{Array, Rng, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Linear, Module, Visitor, sgd_step, zero_grad};
use ch17_embeddings::{Embedding, Pca, cosine, masked_mean, masked_mean_backward, nearest};

const GROUPS: [(&str, &[&str]); 5] = [
    ("animals", &["horse", "sparrow", "whale", "fox", "sheep"]),
    ("machines", &["truck", "drill", "engine", "pump", "tractor"]),
    ("food", &["bread", "soup", "rice", "cheese", "butter"]),
    ("of two topics", &["crane", "turkey", "mixer"]),
    ("of every topic", &["the", "of", "and", "near", "with", "old"]),
];
/// The topics of the words of two topics.
const TWO: [[usize; 2]; 3] = [[0, 1], [0, 2], [1, 2]];
/// Words that belong to one topic alone, for each topic.
const OWN: usize = 5;
const SIZE: usize = 16;
const LONGEST: usize = 12;
const STEPS: usize = 2000;
const BATCH: usize = 64;
const RATE: f64 = 2.0;

/// Number 0 is the padding; the words follow, group by group.
fn vocabulary() -> Vec<&'static str> {
    ["<pad>"].into_iter().chain(GROUPS.iter().flat_map(|(_, words)| words.iter().copied())).collect()
}

/// The number of the first word of a group.
fn first(group: usize) -> usize {
    1 + GROUPS[..group].iter().map(|(_, words)| words.len()).sum::<usize>()
}

/// Words, which of them are real, and the topic of each sentence.
struct Sentences {
    ids: Array<i64>,
    mask: Array<bool>,
    topics: Array<i64>,
}

/// Half of the words belong to every topic, a third to the sentence's topic, the rest to any topic, at random.
fn sentences(count: usize, rng: &mut Rng) -> Sentences {
    let topics = Array::from_fn([count], |_| rng.below(3) as i64);
    let lengths: Vec<usize> = (0..count).map(|_| 5 + rng.below(LONGEST - 4)).collect();
    let mut word = |topic: usize| {
        let dice = rng.uniform();
        if dice < 0.5 {
            return first(4) + rng.below(GROUPS[4].1.len());
        }
        let topic = if dice < 0.84 { topic } else { rng.below(3) };
        // The topic's own words, and the two that it shares.
        match rng.below(OWN + 2) {
            own @ 0..OWN => first(topic) + own,
            shared => {
                let mut of_topic = (0..3).filter(|&word| TWO[word].contains(&topic));
                first(3) + of_topic.nth(shared - OWN).expect("two of the three words")
            }
        }
    };
    let ids = Array::from_fn([count, LONGEST], |i| {
        if i[1] < lengths[i[0]] { word(topics[[i[0]]] as usize) as i64 } else { 0 }
    });
    let mask = Array::from_fn([count, LONGEST], |i| i[1] < lengths[i[0]]);
    Sentences { ids, mask, topics }
}

/// Vectors, their mean, a linear layer.
struct Bag {
    embedding: Embedding,
    head: Linear,
}

impl Bag {
    fn infer(&self, of: &Sentences) -> Tensor {
        self.head.infer(masked_mean(&self.embedding.infer(&of.ids), &of.mask))
    }

    fn train_step(&mut self, of: &Sentences) -> f32 {
        let loss = CrossEntropy::default();
        zero_grad(self);
        let logits = self.head.forward(masked_mean(&self.embedding.forward(&of.ids), &of.mask));
        let grad = self.head.backward(loss.backward(&Array::scalar(1.0), &logits, &of.topics));
        self.embedding.backward(masked_mean_backward(&grad, &of.mask));
        sgd_step(self, RATE);
        loss.forward(&logits, &of.topics).item()
    }

    fn accuracy(&self, of: &Sentences) -> f64 {
        let guesses = self.infer(of).argmax(1, false);
        let right = guesses.iter().zip(of.topics.iter()).filter(|(guess, topic)| guess == topic).count();
        right as f64 / of.topics.size() as f64
    }

    /// The mean cosine of the vectors of two words of the same topic, and of words of two topics.
    fn likeness(&self) -> [f64; 2] {
        let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
        let table = &self.embedding.weight.value;
        let vector = |word: usize| &table.data()[word * SIZE..][..SIZE];
        for a in 1..first(3) {
            for b in 1..a {
                let other = usize::from((a - 1) / OWN != (b - 1) / OWN);
                sums[other] += f64::from(cosine(vector(a), vector(b)));
                counts[other] += 1.0;
            }
        }
        [sums[0] / counts[0], sums[1] / counts[1]]
    }
}

impl Module for Bag {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        visitor.child("embedding", &mut self.embedding);
        visitor.child("head", &mut self.head);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch17_topics");
    let words = vocabulary();
    let rng = &mut Rng::new(0, "init");
    // Small vectors at first: what is learned then shows, instead of what was drawn.
    let mut table = Tensor::normal([words.len(), SIZE], 0.0, 0.1, rng);
    table.data_mut()[..SIZE].fill(0.0);
    let mut model = Bag { embedding: Embedding::from_parts(table, Some(0)), head: Linear::new(SIZE, 3, rng) };
    let (rng, test) = (&mut Rng::new(0, "train"), sentences(5000, &mut Rng::new(0, "test")));

    let [same, other] = model.likeness();
    println!("before: accuracy {:.3}, cosine {same:.3} same topic, {other:.3} others", model.accuracy(&test));
    record.seed(0).number("accuracy_before", model.accuracy(&test));
    record.number("same_before", same).number("other_before", other);
    for step in 0..STEPS {
        let loss = model.train_step(&sentences(BATCH, rng));
        if step % 400 == 0 {
            println!("step {step:4}: loss {loss:.3}");
        }
    }
    let [same, other] = model.likeness();
    println!("after:  accuracy {:.3}, cosine {same:.3} same topic, {other:.3} others", model.accuracy(&test));
    record.number("accuracy", model.accuracy(&test)).number("same", same).number("other", other);
    record
        .number("steps", STEPS as f64)
        .number("words", (words.len() - 1) as f64)
        .number("size", SIZE as f64);

    let table = &model.embedding.weight.value;
    for query in ["horse", "bread", "crane"] {
        let row = words.iter().position(|&word| word == query).expect("a word of the list");
        let found = nearest(table, &table.clone().narrow(0, row, 1).reshape([SIZE]), 6);
        let shown: Vec<String> =
            found.iter().filter(|f| f.0 != row).map(|&(w, cos)| format!("{} {cos:.2}", words[w])).collect();
        println!("like {query}: {}", shown.join(", "));
        record.text(&format!("like_{query}"), shown.join(", "));
    }
    let length = |group: usize| {
        let of = |word: usize| {
            table.clone().narrow(0, word, 1).iter().map(|x| f64::from(x * x)).sum::<f64>().sqrt()
        };
        GROUPS[group].1.iter().enumerate().map(|(i, _)| of(first(group) + i)).sum::<f64>()
            / GROUPS[group].1.len() as f64
    };
    let lengths = [(length(0) + length(1) + length(2)) / 3.0, length(3), length(4)];
    println!(
        "mean length: {:.2} one topic, {:.2} two topics, {:.2} every topic",
        lengths[0], lengths[1], lengths[2]
    );
    record
        .number("length_one", lengths[0])
        .number("length_two", lengths[1])
        .number("length_every", lengths[2]);

    let vectors = table.clone().narrow(0, 1, words.len() - 1).to_f64();
    let pca = Pca::fit(&vectors, SIZE);
    let share = (pca.variances[[0]] + pca.variances[[1]]) / pca.variances.sum_all();
    println!("{:.1} % of the variance lies along two directions", 100.0 * share);
    record.number("share_of_two", share);
    let places = pca.project(&vectors);
    let mut series = Vec::new();
    for (group, (name, members)) in GROUPS.iter().enumerate() {
        let at = |i: usize| (places[[first(group) - 1 + i, 0]], places[[first(group) - 1 + i, 1]]);
        series.push(Series::new(name, (0..members.len()).map(at).collect()).labelled(members));
    }
    let path = record.figure_path("ch17_topics");
    let title = "What words have in common, learned by sorting sentences";
    scatter(&path, title, "first principal component", "second principal component", &series)?;
    record.finish()?;
    Ok(())
}
