//! Checks exercise e04_drop_block.

#[allow(unused)]
#[path = "../exercises/e04_drop_block.rs"]
mod drop_block;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use drop_block::{DropBlock2d, seed_probability};

#[test]
fn probability_of_a_seed() {
    for (p, height, width, b) in [(0.1, 7, 7, 3), (0.2, 5, 9, 2), (0.05, 10, 6, 5)] {
        let (numbers, places) = ((height * width) as f64, ((height + 1 - b) * (width + 1 - b)) as f64);
        let square = (b * b) as f64;
        let want = p * numbers / (square * places);
        let mistakes: [(&str, &[f64]); 4] = [
            ("p itself: then each seed drops a whole square", &[p]),
            ("every number can be a seed: squares would stick out", &[p / square]),
            ("divided by the side of a square instead of its area", &[want * b as f64]),
            ("the area of a square was left out", &[want * square]),
        ];
        close("probability of a seed", &[seed_probability(p, [height, width], b)], &[want], 1e-12, &mistakes);
    }
    close("probability of a seed", &[seed_probability(1.0, [4, 4], 4)], &[1.0], 1e-12, &[]);
    close("probability of a seed, at most 1", &[seed_probability(1.0, [4, 4], 1)], &[1.0], 1e-12, &[]);
}

/// Seeds of two images with two channels, and the squares that they drop, by the definition: a number is dropped if a seed
/// lies in the `b` by `b` places that end at it, or as `from` and `to` say otherwise.
fn dropped(seeds: &Array<bool>, b: usize, from: isize, to: isize) -> Array<bool> {
    let (rows, columns) = (seeds.dim(2), seeds.dim(3));
    Array::from_fn([2, 2, rows + b - 1, columns + b - 1], |i| {
        (from..to).any(|down| {
            (from..to).any(|right| {
                let (row, column) = (i[2] as isize - down, i[3] as isize - right);
                let inside = (0..rows as isize).contains(&row) && (0..columns as isize).contains(&column);
                inside && seeds[[i[0], i[1], row as usize, column as usize]]
            })
        })
    })
}

#[test]
fn squares_and_factor() {
    let (b, p) = (3usize, 0.2);
    let mut rng = Rng::new(0, "seeds");
    let seeds = Array::from_fn([2, 2, 5, 6], |_| rng.uniform() < 0.06);
    let x = Array::<f64>::normal([2, 2, 7, 8], 3.0, 0.5, &mut rng);
    let y = DropBlock2d::new(p, b, &mut rng).forward_with(x.clone(), &seeds);
    let output = |dropped: &Array<bool>, factor: f64| -> Vec<f64> {
        x.iter().zip(dropped.iter()).map(|(x, dropped)| if dropped { 0.0 } else { x * factor }).collect()
    };
    let exact = |dropped: &Array<bool>| {
        let kept = dropped.iter().filter(|&dropped| !dropped).count();
        x.size() as f64 / kept as f64
    };
    let right = dropped(&seeds, b, 0, b as isize);
    let only_seeds = dropped(&seeds, b, 0, 1);
    let too_small = dropped(&seeds, b, 0, b as isize - 1);
    let want = output(&right, exact(&right));
    let mistakes = [
        ("the seeds alone were dropped", output(&only_seeds, exact(&only_seeds))),
        ("the squares are one row and one column too small", output(&too_small, exact(&too_small))),
        ("the factor is 1 / (1 - p) instead of all / kept", output(&right, 1.0 / (1.0 - p))),
        ("the factor is upside down: kept / all", output(&right, 1.0 / exact(&right))),
        ("nothing makes up for what was dropped", output(&right, 1.0)),
    ];
    let mistakes: Vec<(&str, &[f64])> = mistakes.iter().map(|(what, y)| (*what, &y[..])).collect();
    close("output", &y.to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn everything_may_be_dropped() {
    let seeds = Array::full([1, 1, 1, 1], true);
    let y = DropBlock2d::new(0.9, 2, &mut Rng::new(0, "all"))
        .forward_with(Array::<f64>::ones([1, 1, 2, 2]), &seeds);
    close("output when nothing is kept", &y.to_vec(), &[0.0; 4], 1e-12, &[]);
}
