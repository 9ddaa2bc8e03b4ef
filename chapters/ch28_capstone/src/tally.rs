//! From probabilities to what was right and what was wrong.

/// What a network made of labelled examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// `[classes, classes]`, row by row: how often the class of the row was taken for that of the column.
    pub confusion: Vec<usize>,
    /// The examples that were taken for another class, those first that the network was surest about.
    pub mistakes: Vec<Wrong>,
}

/// An example that was taken for another class.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    /// Which example.
    pub index: usize,
    /// Its class.
    pub label: usize,
    /// The class that it was taken for.
    pub predicted: usize,
    /// How sure the network was, from 0 to 1.
    pub probability: f64,
}

// ANCHOR: tally
/// Counts and sorts, for probabilities `[examples, classes]` and the class of each example.
///
/// # Panics
/// When a label is not a class.
pub fn tally(probabilities: &[f32], labels: &[i64], classes: usize) -> Tally {
    let mut confusion = vec![0; classes * classes];
    let mut mistakes = Vec::new();
    for (index, (row, &label)) in probabilities.chunks(classes).zip(labels).enumerate() {
        let label = label as usize;
        let predicted = largest(row);
        // exercise: count - Count the example in its cell of `confusion`. If it was taken for another class, push a
        // `Wrong`, with the probability of the class that it was taken for.
        confusion[label * classes + predicted] += 1;
        if predicted != label {
            mistakes.push(Wrong { index, label, predicted, probability: f64::from(row[predicted]) });
        }
        // exercise: end
    }
    // exercise: sort - The surest mistakes first; equally sure ones in the order of the examples.
    mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    // exercise: end
    Tally { confusion, mistakes }
}

/// The place of the largest value; the first of equals.
pub fn largest(row: &[f32]) -> usize {
    // exercise: largest - Go through the places and keep the best so far.
    (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
    // exercise: end
}

/// The share that was classified correctly, from 0 to 1; NaN without examples.
pub fn accuracy(confusion: &[usize], classes: usize) -> f64 {
    // exercise: accuracy - What is right stands on the diagonal.
    let right: usize = (0..classes).map(|class| confusion[class * classes + class]).sum();
    let all: usize = confusion.iter().sum();
    right as f64 / all as f64
    // exercise: end
}
// ANCHOR_END: tally
