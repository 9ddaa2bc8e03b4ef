//! What can be said about the data before anything is trained.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use ch01_tensors::Tensor;
use ch13_data::{Dataset, Loader};

use super::Report;

/// Examples as rows of numbers.
pub struct Rows {
    /// `[examples, features]`, row by row.
    pub values: Vec<f32>,
    /// Numbers in a row.
    pub features: usize,
    /// The class of each example.
    pub labels: Vec<i64>,
}

impl Rows {
    /// The first examples that a loader gives, `limit` at most.
    pub fn first<D: Dataset<Input = Tensor>>(loader: &Loader<D>, limit: usize) -> Self {
        let mut rows = Rows { values: Vec::new(), features: 0, labels: Vec::new() };
        for batch in loader.epoch(0, 0) {
            rows.labels.extend(batch.labels.iter());
            let input = batch.input.contiguous();
            rows.features = input.size() / input.dim(0).max(1);
            rows.values.extend_from_slice(input.data());
            if rows.labels.len() >= limit {
                break;
            }
        }
        rows.labels.truncate(limit);
        rows.values.truncate(rows.labels.len() * rows.features);
        rows
    }

    fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks(self.features.max(1))
    }
}

// ANCHOR: input
/// Whether the input is on the scale that initialisation and learning rates are made for.
pub fn input(rows: &Rows, report: &mut Report) -> Option<String> {
    let count = rows.values.len() as f64;
    let mean = rows.values.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let square = rows.values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
    let std = square.sqrt();
    report.measured("input mean", mean);
    report.measured("input std", std);
    let uneven = report.measured("largest feature std over the median", uneven(rows));
    if !std.is_finite() {
        return Some("it holds NaN or infinity".to_owned());
    }
    let (far, scale) = (mean.abs() > std, !(0.25..=4.0).contains(&std));
    (far || scale || uneven > 30.0).then(|| {
        format!(
            "mean {mean:.3}, standard deviation {std:.3}, one feature varies {uneven:.0} times the median"
        )
    })
}
// ANCHOR_END: input

/// The largest standard deviation of a feature over the median of those that vary at all.
fn uneven(rows: &Rows) -> f64 {
    let (features, count) = (rows.features, rows.labels.len() as f64);
    let (mut sums, mut squares) = (vec![0.0; features], vec![0.0; features]);
    for row in rows.rows() {
        for ((sum, square), &x) in sums.iter_mut().zip(&mut squares).zip(row) {
            *sum += f64::from(x);
            *square += f64::from(x) * f64::from(x);
        }
    }
    let variance = |(sum, square): (&f64, &f64)| square / count - (sum / count).powi(2);
    let mut variances: Vec<f64> = sums.iter().zip(&squares).map(variance).filter(|&v| v > 1e-12).collect();
    variances.sort_by(f64::total_cmp);
    match variances.last() {
        Some(largest) => (largest / variances[variances.len() / 2]).sqrt(),
        None => 1.0,
    }
}

// ANCHOR: leaked
/// How many of the validation examples are also training examples, bit for bit.
pub fn leaked<D, V>(train: &Loader<D>, valid: &Loader<V>, report: &mut Report) -> Option<String>
where
    D: Dataset<Input = Tensor>,
    V: Dataset<Input = Tensor>,
{
    let known: HashSet<u64> = hashes(train).into_iter().collect();
    let valid = hashes(valid);
    let twice = valid.iter().filter(|hash| known.contains(hash)).count();
    let share = report
        .measured("share of validation examples in the training data", twice as f64 / valid.len() as f64);
    // Real collections hold a few duplicates of their own.
    (share > 0.01).then(|| format!("{twice} of {} validation examples are training examples", valid.len()))
}
// ANCHOR_END: leaked

fn hashes<D: Dataset<Input = Tensor>>(loader: &Loader<D>) -> Vec<u64> {
    let mut all = Vec::new();
    for batch in loader.epoch(0, 0) {
        let input = batch.input.contiguous();
        for row in input.data().chunks((input.size() / input.dim(0).max(1)).max(1)) {
            let mut hasher = DefaultHasher::new();
            row.iter().for_each(|x| x.to_bits().hash(&mut hasher));
            all.push(hasher.finish());
        }
    }
    all
}

// ANCHOR: neighbours
/// How often an example has the label of its nearest neighbour, in standard deviations above chance. No model is asked:
/// if inputs say anything about labels at all, near inputs mostly have the same one.
pub fn neighbours(rows: &Rows, report: &mut Report) -> f64 {
    let count = rows.labels.len();
    let all: Vec<&[f32]> = rows.rows().collect();
    let distance =
        |i: usize, j: usize| all[i].iter().zip(all[j]).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
    let nearest =
        |i: usize| (0..count).filter(|&j| j != i).min_by(|&j, &k| distance(i, j).total_cmp(&distance(i, k)));
    let agree = (0..count).filter(|&i| nearest(i).is_some_and(|j| rows.labels[i] == rows.labels[j])).count();
    // Two examples drawn blindly agree with probability Σ p².
    let chance = shares(&rows.labels).iter().map(|p| p * p).sum::<f64>();
    let share =
        report.measured("share of nearest neighbours with the same label", agree as f64 / count as f64);
    report.measured("the same for shuffled labels", chance);
    (share - chance) / (chance * (1.0 - chance) / count as f64).sqrt()
}
// ANCHOR_END: neighbours

/// The share of each class.
pub fn shares(labels: &[i64]) -> Vec<f64> {
    let classes = labels.iter().max().map_or(0, |&label| label as usize + 1);
    let mut shares = vec![0.0; classes];
    labels.iter().for_each(|&label| shares[label as usize] += 1.0 / labels.len() as f64);
    shares
}
