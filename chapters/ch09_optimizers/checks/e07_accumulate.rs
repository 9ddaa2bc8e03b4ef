//! Checks exercise e07_accumulate.

#[allow(unused)]
#[path = "../exercises/e07_accumulate.rs"]
mod accumulate;

use accumulate::Accumulation;
use ch00_start::check::close;
use ch01_tensors::Array;
use ch05_backprop::Linear;

/// The gradients of five examples, in parts of 2, 2 and 1.
const EXAMPLES: [f64; 5] = [1.0, 4.0, -2.0, 7.0, 10.0];
const PARTS: [&[f64]; 3] = [&[1.0, 4.0], &[-2.0, 7.0], &[10.0]];

/// The gradient after a batch; `weight` is what `add` returned for each part.
fn batch(accumulation: &mut Accumulation, module: &mut Linear<f64>) -> f64 {
    module.weight.zero_grad();
    for part in PARTS {
        let weight = accumulation.add(part.len());
        let mean = part.iter().sum::<f64>() / part.len() as f64;
        module.weight.grad += weight * mean;
    }
    accumulation.finish(module);
    module.weight.grad.item()
}

#[test]
fn parts_are_as_good_as_the_whole() {
    let mut accumulation = Accumulation::default();
    let mut module = Linear::from_parts(Array::zeros([1, 1]), None);
    let mean = |xs: &[f64]| xs.iter().sum::<f64>() / xs.len() as f64;
    let means: Vec<f64> = PARTS.iter().map(|part| mean(part)).collect();
    let all = mean(&EXAMPLES);
    let first = batch(&mut accumulation, &mut module);
    let mistakes: [(&str, &[f64]); 5] = [
        ("the mean of the means: the example of the small last part counts twice", &[mean(&means)]),
        ("a sum over examples: divide by their number", &[5.0 * all]),
        ("the means were added up: as many parts, so many times too long", &[means.iter().sum()]),
        ("each part counts once, but the division is by examples", &[means.iter().sum::<f64>() / 5.0]),
        ("multiplied instead of divided", &[25.0 * all]),
    ];
    close("accumulation", &[first], &[all], 1e-12, &mistakes);
    let second = batch(&mut accumulation, &mut module);
    let mistakes: [(&str, &[f64]); 1] =
        [("the examples of the batch before are counted again", &[all / 2.0])];
    close("the second batch", &[second], &[all], 1e-12, &mistakes);
}
