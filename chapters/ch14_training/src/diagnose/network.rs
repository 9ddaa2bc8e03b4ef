//! What can be said about a network before its first step: one batch through it, layer by layer.

use std::collections::BTreeSet;

use ch01_tensors::{Array, Tensor};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Role, for_each_param};
use ch07_modules::Sequential;

use super::Report;

/// What each layer makes of a batch in training mode; the input comes first. The model is spent: nothing goes back.
pub fn outputs(model: &mut Sequential, input: &Tensor) -> Vec<Tensor> {
    let mut all = vec![input.clone()];
    for layer in model.layers_mut() {
        let out = layer.forward(all[all.len() - 1].clone());
        all.push(out.contiguous());
    }
    all
}

/// The layers with a matrix or kernel, by their places in the chain.
pub fn weighted(model: &mut Sequential) -> Vec<usize> {
    let mut places = BTreeSet::new();
    for_each_param(model, |path, param| {
        if param.role == Role::Weight && param.value.ndim() > 1 {
            let path = path.to_string();
            places.extend(path.split('.').next().and_then(|place| place.parse::<usize>().ok()));
        }
    });
    places.into_iter().collect()
}

/// Whether the outputs are probabilities already.
pub fn is_softmax(logits: &Tensor) -> Option<String> {
    let classes = logits.dim(1);
    let sums_to_one = |row: &[f32]| {
        row.iter().all(|&p| p >= 0.0) && (row.iter().map(|&p| f64::from(p)).sum::<f64>() - 1.0).abs() < 1e-3
    };
    (classes > 1 && logits.data().chunks(classes).all(sums_to_one))
        .then(|| "every row of the model's output is a distribution: positive, with the sum 1".to_owned())
}

// ANCHOR: init
/// Whether signals keep their size on the way, units begin differently, and the first loss is that of not knowing.
pub fn init(
    model: &mut Sequential,
    outputs: &[Tensor],
    labels: &Array<i64>,
    report: &mut Report,
) -> Option<String> {
    let weighted = weighted(model);
    if let Some(name) = alike(model, &weighted) {
        return Some(format!("{name}: all units begin with the same weights, and so always stay the same"));
    }
    // What arrives at one layer with weights, over what arrived at the one before.
    for pair in weighted.windows(2) {
        let (before, after) = (variation(&outputs[pair[0]]), variation(&outputs[pair[1]]));
        let ratio = report.measured("variation after a layer over before", after / before);
        if before > 0.0 && after > 0.0 && !(1.0 / 16.0..=8.0).contains(&ratio) {
            let [from, to] = [pair[0], pair[1]];
            return Some(format!(
                "from layer {from} to layer {to} the signal's variation changes by a factor {ratio:.2e}"
            ));
        }
    }
    let logits = &outputs[outputs.len() - 1];
    let loss = f64::from(CrossEntropy::default().forward(logits, labels).item());
    let ignorant = (logits.dim(1) as f64).ln();
    report.measured("first loss over ln(classes)", loss / ignorant);
    // Logits of standard deviation s cost about s²/2 more than none: 2 is s = 2.
    (loss.is_nan() || loss - ignorant >= 2.0)
        .then(|| format!("the first loss is {loss:.2}, where ln(classes) is {ignorant:.2}"))
}
// ANCHOR_END: init

/// The root mean square, over the units, of a unit's standard deviation over the examples (and places).
fn variation(x: &Tensor) -> f64 {
    let [batch, units] = [x.dim(0), x.dim(1)];
    let places = x.size() / (batch * units).max(1);
    let variance = |unit: usize| {
        let values = || {
            (0..batch).flat_map(move |example| {
                x.data()[(example * units + unit) * places..][..places].iter().map(|&v| f64::from(v))
            })
        };
        let count = (batch * places) as f64;
        let mean = values().sum::<f64>() / count;
        values().map(|v| (v - mean).powi(2)).sum::<f64>() / count
    };
    ((0..units).map(variance).sum::<f64>() / units as f64).sqrt()
}

/// A weight whose slices along one of its first two axes are all the same, the last layer's aside: zeros are a good
/// beginning there.
fn alike(model: &mut Sequential, weighted: &[usize]) -> Option<String> {
    let last = format!("{}.", weighted.last()?);
    let mut found = None;
    for_each_param(model, |path, param| {
        let path = path.to_string();
        let value = &param.value;
        if param.role != Role::Weight || value.ndim() < 2 || path.starts_with(&last) {
            return;
        }
        let value = value.clone().contiguous();
        let (rows, columns) = (value.dim(0), value.dim(1));
        let inner = value.size() / (rows * columns).max(1);
        let at = |row: usize, column: usize| &value.data()[(row * columns + column) * inner..][..inner];
        let pairs = || (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let same_rows = rows > 1 && pairs().all(|(row, column)| at(row, column) == at(0, column));
        let same_columns = columns > 1 && pairs().all(|(row, column)| at(row, column) == at(row, 0));
        if same_rows || same_columns {
            found.get_or_insert(path);
        }
    });
    found
}

// ANCHOR: dead
/// Whether in some layer of ReLUs more than half of the units are 0 for every example.
pub fn dead(model: &mut Sequential, outputs: &[Tensor], report: &mut Report) -> Option<String> {
    let weighted = weighted(model);
    let mut found = None;
    for layer in (0..outputs.len() - 1).filter(|layer| !weighted.contains(layer)) {
        let (before, after) = (&outputs[layer], &outputs[layer + 1]);
        let is_relu = before.iter().any(|x| x < 0.0) && after.iter().all(|x| x >= 0.0);
        if !is_relu || after.ndim() < 2 {
            continue;
        }
        let [batch, units] = [after.dim(0), after.dim(1)];
        let places = after.size() / (batch * units).max(1);
        let mut alive = vec![false; units];
        for (i, &x) in after.data().iter().enumerate() {
            alive[i / places % units] |= x > 0.0;
        }
        let dead = alive.iter().filter(|&&alive| !alive).count();
        let share = report.measured("share of dead units", dead as f64 / units as f64);
        if share > 0.5 {
            let text =
                || format!("layer {layer}: {dead} of {units} units are 0 for each of {batch} examples");
            found.get_or_insert_with(text);
        }
    }
    found
}
// ANCHOR_END: dead
