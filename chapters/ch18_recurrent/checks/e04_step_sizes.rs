//! Checks exercise e04_step_sizes.

#[allow(unused)]
#[path = "../exercises/e04_step_sizes.rs"]
mod step_sizes;

use ch00_start::check::close;
use step_sizes::step_sizes;

#[test]
fn sizes() {
    for lengths in [&[5i64, 3, 3, 1][..], &[2, 2], &[4], &[3, 0, 0]] {
        let longest = lengths[0] as usize;
        let count = |t: usize, counts: &dyn Fn(i64, i64) -> bool| {
            lengths.iter().filter(|&&l| counts(l, t as i64)).count() as f64
        };
        let all = |counts: &dyn Fn(i64, i64) -> bool| -> Vec<f64> {
            (0..longest).map(|t| count(t, counts)).collect()
        };
        let (want, one_more) = (all(&|length, t| length > t), all(&|length, t| length >= t));
        let everyone = vec![lengths.len() as f64; longest];
        let mut sizes = vec![-1; longest];
        step_sizes(lengths, &mut sizes);
        let got: Vec<f64> = sizes.iter().map(|&size| size as f64).collect();
        let mut mistakes: Vec<(&str, &[f64])> = Vec::new();
        if one_more != want {
            mistakes.push(("a sequence of length n has the steps 0 to n - 1: step n is padding", &one_more));
        }
        if everyone != want {
            mistakes.push(("the padding was counted", &everyone));
        }
        close("sizes of the steps", &got, &want, 0.0, &mistakes);
    }
}
