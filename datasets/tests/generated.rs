//! The generated shapes and reviews: the same everywhere, and neither trivial nor a riddle.

mod common;

use std::collections::BTreeMap;

use common::crc;
use datasets::cifar10::{Images, PIXELS};
use datasets::imdb::Review;
use datasets::{reviews, shapes};

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Recorded once; a change here changes every result on generated shapes.
#[test]
fn golden_shapes() {
    let shapes = shapes::generate(0, 500, 100);
    assert_eq!(shapes.train.labels[..10], [3, 4, 8, 1, 7, 7, 7, 1, 5, 8]);
    assert_eq!(
        shapes.train.image(0)[10 * 32 + 8..10 * 32 + 20],
        [129, 137, 137, 151, 137, 143, 120, 127, 107, 88, 97, 99]
    );
    assert_eq!([crc(&shapes.train.pixels), crc(&shapes.train.labels)], [3471217955, 689698992]);
    assert_eq!([crc(&shapes.test.pixels), crc(&shapes.test.labels)], [3988007093, 1084925164]);
}

#[test]
fn more_shapes_change_none_and_seeds_and_parts_differ() {
    // Seeds 3 and 4.
    let (few, many, other) =
        (shapes::generate(3, 20, 5), shapes::generate(3, 40, 30), shapes::generate(4, 20, 5));
    assert_eq!(few.train.pixels, many.train.pixels[..20 * PIXELS]);
    assert_eq!(few.test.labels, many.test.labels[..5]);
    assert_ne!(few.train.pixels, other.train.pixels);
    assert_ne!(few.train.image(0), few.test.image(0));
}

#[test]
fn every_shape_is_about_as_frequent() {
    // Seed 0, 3000 images: 300 each, standard deviation sqrt(3000 * 0.1 * 0.9) = 16.4. Five of them are allowed.
    let labels = shapes::generate(0, 3000, 0).train.labels;
    for class in 0..10 {
        let count = labels.iter().filter(|&&label| label == class).count() as i64;
        assert!((count - 300).abs() < 82, "{count} times {class}");
    }
}

/// Logistic regression on the pixels: 10 rows of weights, stochastic gradient descent, 8 passes.
fn linear_accuracy(train: &Images, test: &Images) -> f64 {
    let input = |images: &Images, index: usize| -> Vec<f32> {
        images.image(index).iter().map(|&pixel| f32::from(pixel) / 128.0 - 1.0).collect()
    };
    let mut weights = vec![[0.0f32; PIXELS + 1]; 10];
    let scores = |weights: &[[f32; PIXELS + 1]], x: &[f32]| -> Vec<f32> {
        weights.iter().map(|w| w[PIXELS] + w.iter().zip(x).map(|(w, x)| w * x).sum::<f32>()).collect()
    };
    for pass in 0..8 {
        let rate = 0.001 / (1 + pass) as f32;
        for index in 0..train.len() {
            let x = input(train, index);
            let scores = scores(&weights, &x);
            let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let total: f32 = scores.iter().map(|score| (score - most).exp()).sum();
            for (class, w) in weights.iter_mut().enumerate() {
                let p = (scores[class] - most).exp() / total;
                let grad = p - f32::from(class == usize::from(train.labels[index]));
                w.iter_mut().zip(&x).for_each(|(w, x)| *w -= rate * grad * x);
                w[PIXELS] -= rate * grad;
            }
        }
    }
    let right = |index: &usize| {
        let scores = scores(&weights, &input(test, *index));
        let best = (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        best == Some(usize::from(test.labels[*index]))
    };
    (0..test.len()).filter(right).count() as f64 / test.len() as f64
}

/// Seed 0. Chance is 0.1; a shape covers more of the image in some classes than in others, which says a little.
#[test]
fn a_linear_model_cannot_read_the_shapes() {
    let shapes = shapes::generate(0, 3000, 1000);
    let accuracy = linear_accuracy(&shapes.train, &shapes.test);
    assert!(accuracy < 0.3, "{accuracy}");
}

#[test]
fn golden_reviews() {
    let reviews = reviews::generate(0, 1000, 100);
    let all =
        |reviews: &[Review]| reviews.iter().map(|review| review.text.as_str()).collect::<Vec<_>>().join("\n");
    assert_eq!(
        reviews.train[0].text,
        "I saw this comedy on a rainy Sunday. However funny the trailer looked, the music is lifeless. \
         The script decides everything here."
    );
    assert_eq!(
        reviews.train[1].text,
        "I saw this comedy on a rainy Sunday. However lifeless the trailer looked, the music is funny. \
         The script decides everything here."
    );
    assert_eq!(
        [crc(all(&reviews.train).as_bytes()), crc(all(&reviews.test).as_bytes())],
        [4067534928, 2596725610]
    );
}

#[test]
fn more_reviews_change_none_and_seeds_and_parts_differ() {
    // Seeds 3 and 4.
    let (few, many, other) =
        (reviews::generate(3, 9, 4), reviews::generate(3, 40, 30), reviews::generate(4, 9, 4));
    assert_eq!((few.train.len(), few.test.len()), (9, 4));
    assert_eq!(few.train, many.train[..9]);
    assert_eq!(few.test, many.test[..4]);
    assert_ne!(few.train, other.train);
    assert_ne!(few.train[0], few.test[0]);
}

#[test]
fn reviews_are_short_and_fit_the_layout_of_the_real_ones() {
    // Seed 1.
    let reviews = reviews::generate(1, 2000, 0).train;
    for (index, review) in reviews.iter().enumerate() {
        let count = words(&review.text).count();
        assert!((10..=40).contains(&count), "{count} words: {}", review.text);
        assert_eq!((review.id as usize, usize::from(review.label)), (index / 2, index % 2));
        assert!(if review.label == 1 {
            (7..=10).contains(&review.stars)
        } else {
            (1..=4).contains(&review.stars)
        });
        assert!(!review.text.contains(['{', '}']), "{}", review.text);
    }
}

/// The words of a review in alphabetical order, so that sums over them come out equal to the last bit.
fn bag(text: &str) -> Vec<String> {
    let mut words: Vec<String> = words(text).collect();
    words.sort();
    words
}

/// Whether both of a pair have the same words.
fn is_turned(pair: &[Review]) -> bool {
    bag(&pair[0].text) == bag(&pair[1].text)
}

#[test]
fn three_pairs_in_five_have_the_same_words_in_another_order() {
    // Seed 2, 2000 pairs: 1200 are expected to be turned, standard deviation sqrt(2000 * 0.6 * 0.4) = 22.
    // Five of them are allowed.
    let reviews = reviews::generate(2, 4000, 0).train;
    let mut turned = 0;
    for pair in reviews.chunks_exact(2) {
        assert_eq!((pair[0].label, pair[1].label, pair[0].id), (0, 1, pair[1].id));
        assert_ne!(pair[0].text, pair[1].text);
        turned += usize::from(is_turned(pair));
    }
    assert!((1090..1310).contains(&turned), "{turned}");
}

/// Naive Bayes on what `parts` makes of a review: the accuracy on `test` after counting in `train`.
fn naive_bayes(train: &[Review], test: &[Review], parts: impl Fn(&str) -> Vec<String>) -> f64 {
    let mut counts: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    for review in train {
        for part in parts(&review.text) {
            counts.entry(part).or_default()[usize::from(review.label)] += 1.0;
        }
    }
    let evidence =
        |part: &String| counts.get(part).map_or(0.0, |[neg, pos]| ((pos + 1.0) / (neg + 1.0)).ln());
    let right = test.iter().filter(|review| {
        let sum: f64 = parts(&review.text).iter().map(evidence).sum();
        (sum > 0.0) == (review.label == 1)
    });
    right.count() as f64 / test.len() as f64
}

#[test]
fn a_bag_of_words_is_right_for_half_of_the_turned_reviews() {
    // Seed 0.
    let reviews = reviews::generate(0, 4000, 2000);
    let turned: Vec<Review> =
        reviews.test.chunks_exact(2).filter(|pair| is_turned(pair)).flatten().cloned().collect();
    // Exactly: whatever the bag says about one of a pair it says about the other.
    assert_eq!(naive_bayes(&reviews.train, &turned, bag), 0.5);
    // And so on all of them no more than this.
    let share = turned.len() as f64 / reviews.test.len() as f64;
    let accuracy = naive_bayes(&reviews.train, &reviews.test, bag);
    assert!(accuracy <= 1.0 - share / 2.0, "{accuracy}");
    assert!((0.62..0.74).contains(&accuracy), "{accuracy}");
    // The same method is not to blame: it learns from neighbouring words, "not dull", which the bag loses.
    let neighbours = |text: &str| {
        let words: Vec<String> = words(text).collect();
        words.windows(2).map(|pair| pair.join(" ")).collect()
    };
    let accuracy = naive_bayes(&reviews.train, &turned, neighbours);
    assert!((0.6..0.97).contains(&accuracy), "{accuracy}");
}

#[test]
fn whether_praise_comes_first_says_little() {
    // Seed 0. The first word of praise or blame in a turned review: how often it is the review's own opinion.
    let praise =
        "brilliant clever gripping superb moving charming fresh funny splendid touching wonderful good";
    let blame = "dull clumsy boring dreadful tedious silly stale weak terrible hollow lifeless bad";
    let reviews = reviews::generate(0, 4000, 0).train;
    let mut agree = 0;
    let turned: Vec<&Review> = reviews.chunks_exact(2).filter(|pair| is_turned(pair)).flatten().collect();
    for review in &turned {
        let first = words(&review.text).find_map(|word| {
            let is_in = |list: &str| list.split(' ').any(|other| other == word);
            (is_in(praise) || is_in(blame)).then(|| is_in(praise))
        });
        agree += u32::from(first.expect("an opinion") == (review.label == 1));
    }
    let share = f64::from(agree) / turned.len() as f64;
    assert!((0.35..0.65).contains(&share), "{share}");
}
