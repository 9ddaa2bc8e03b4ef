//! Checks exercise e07_beam_search.

#[allow(unused)]
#[path = "../exercises/e07_beam_search.rs"]
mod beam_search;

use beam_search::{BeamSearch, best_candidates, length_score};
use ch00_start::check::close;
use ch01_tensors::Array;
use ch20_transformer::Uncached;

#[test]
fn the_best_of_all_continuations() {
    let sums = [-1.0, -1.25, -4.0];
    let logs = [vec![-3.0, -0.25, -2.0], vec![-0.5, -1.5, -2.5], vec![-0.125, -2.25, -2.5]];
    let found = best_candidates(&sums, &logs, 3);
    let got: Vec<f64> = found.iter().map(|candidate| candidate.sum).collect();
    let mistakes: [(&str, &[f64]); 2] = [
        ("the sums of the beginnings are missing", &[-0.125, -0.25, -0.5]),
        ("the best continuation of each beginning, not the best of all", &[-1.25, -1.75, -4.125]),
    ];
    close("sums", &got, &[-1.25, -1.75, -2.75], 1e-12, &mistakes);
    let places: Vec<(usize, usize)> =
        found.iter().map(|candidate| (candidate.beam, candidate.token)).collect();
    assert_eq!(places, [(0, 1), (1, 0), (1, 1)], "beams and tokens");
}

#[test]
fn long_texts_are_not_punished() {
    let got = [length_score(-6.0, 4, 1.0), length_score(-6.0, 4, 0.5), length_score(-6.0, 4, 0.0)];
    let times: [(&str, &[f64]); 1] =
        [("multiplied with the power of the length instead of divided by it", &[-24.0, -12.0, -6.0])];
    close("score", &got, &[-1.5, -3.0, -6.0], 1e-12, &times);
}

/// Two tokens and a stop: greedy search begins with 0, but the best text begins with 1.
#[test]
fn it_finds_what_greedy_search_misses() {
    let infer = |ids: &Array<i64>| {
        let next = |last: i64| match last {
            2 => [0.55f32, 0.45, 1e-6],
            0 => [0.3, 0.3, 0.4],
            _ => [0.05, 0.05, 0.9],
        };
        Array::from_fn([ids.size(), 3], |at| next(ids.to_vec()[at[0]])[at[1]].ln())
    };
    let model = Uncached::new(infer, 3, 8);
    let search = |beams| BeamSearch { beams, new_tokens: 2, length_penalty: 0.0, stop: Some(2) };
    assert_eq!(search(1).run(&model, &[2])[0].tokens, [0], "one beam is greedy");
    let best = &search(2).run(&model, &[2])[0];
    assert_eq!(best.tokens, [1]);
    // The logits are f32.
    close("score", &[best.score], &[(0.45f64 * 0.9).ln()], 1e-5, &[]);
}
