//! Checks exercise e02_masked_mean.

#[allow(unused)]
#[path = "../exercises/e02_masked_mean.rs"]
mod masked_mean;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use masked_mean::{masked_mean, masked_mean_backward};

const TIME: usize = 5;
const SIZE: usize = 3;

fn numbers(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 1.0, 1.0, &mut Rng::new(seed, "numbers"))
}

fn mask() -> Array<bool> {
    Array::from([
        [true, true, true, false, false],
        [true, false, true, false, true],
        [true, false, false, false, false],
    ])
}

/// How many real tokens the sentence has.
fn real(sentence: usize) -> f64 {
    (0..TIME).filter(|&t| mask()[[sentence, t]]).count() as f64
}

#[test]
fn forward() {
    let x = numbers(&[3, TIME, SIZE], 1);
    let sums = |all: bool, divisor: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let counted = |b: usize, t: usize| all || mask()[[b, t]];
        let sum =
            |b: usize, j: usize| (0..TIME).filter(|&t| counted(b, t)).map(|t| x[[b, t, j]]).sum::<f64>();
        (0..3 * SIZE).map(|i| sum(i / SIZE, i % SIZE) / divisor(i / SIZE)).collect()
    };
    let want = sums(false, &real);
    let (long, with_padding) = (sums(false, &|_| TIME as f64), sums(true, &real));
    let (plain, sum) = (sums(true, &|_| TIME as f64), sums(false, &|_| 1.0));
    let mistakes: [(&str, &[f64]); 4] = [
        ("divided by the length of the batch, padding included", &long),
        ("the vectors of the padding were added up too", &with_padding),
        ("the mask was not used", &plain),
        ("the sum was not divided", &sum),
    ];
    close("forward", &masked_mean(&x, &mask()).to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn nothing_real() {
    let x = numbers(&[1, TIME, SIZE], 2);
    let y = masked_mean(&x, &Array::full([1, TIME], false)).to_vec();
    let mistakes: [(&str, &[f64]); 1] = [("0 / 0 is not a number", &[f64::NAN; SIZE])];
    close("forward without real tokens", &y, &[0.0; SIZE], 1e-12, &mistakes);
    let dx = masked_mean_backward(&numbers(&[1, SIZE], 3), &Array::full([1, TIME], false)).to_vec();
    close("backward without real tokens", &dx, &[0.0; TIME * SIZE], 1e-12, &[]);
}

#[test]
fn backward() {
    let g = numbers(&[3, SIZE], 4);
    let spread = |all: bool, divisor: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let at =
            |b: usize, t: usize, j: usize| if all || mask()[[b, t]] { g[[b, j]] / divisor(b) } else { 0.0 };
        (0..3 * TIME * SIZE).map(|i| at(i / SIZE / TIME, i / SIZE % TIME, i % SIZE)).collect()
    };
    let want = spread(false, &real);
    let (whole, long) = (spread(false, &|_| 1.0), spread(false, &|_| TIME as f64));
    let to_padding = spread(true, &real);
    let mistakes: [(&str, &[f64]); 3] = [
        ("not divided by the number of real tokens", &whole),
        ("divided by the length of the batch, padding included", &long),
        ("the padding received a gradient", &to_padding),
    ];
    close("backward", &masked_mean_backward(&g, &mask()).to_vec(), &want, 1e-12, &mistakes);
}
