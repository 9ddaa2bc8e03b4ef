//! Checks exercise e05_alias.

#[allow(unused)]
#[path = "../exercises/e05_alias.rs"]
mod alias;

use alias::AliasTable;
use ch00_start::check::close;
use ch01_tensors::Rng;

#[test]
fn probabilities() {
    // Times 4 they are 0.2, 0.6, 1.2, 2: the third fills one column and has something left, the last fills two.
    let weights = [1.0, 3.0, 6.0, 10.0];
    let want: Vec<f64> = weights.iter().map(|w| w / 20.0).collect();
    // Last first: column 1 gets 0.4 of outcome 3, column 0 gets 0.8 of it. Not taken away, 3 fills them all the same.
    let not_taken = [0.05, 0.15, 0.25, 0.55];
    let swapped = [0.2, 0.1, 0.45, 0.25];
    let mistakes: [(&str, &[f64]); 2] = [
        ("what went into a column was not taken away from what is left of the other outcome", &not_taken),
        ("a column keeps its own outcome's share, not what the other one adds", &swapped),
    ];
    close("what the columns hold", &AliasTable::new(&weights).probabilities(), &want, 1e-12, &mistakes);
}

#[test]
fn many_weights() {
    let mut rng = Rng::new(0, "weights");
    for count in [1, 2, 3, 10, 500] {
        let weights: Vec<f64> = (0..count).map(|_| rng.uniform().powi(4)).collect();
        let total: f64 = weights.iter().sum();
        let want: Vec<f64> = weights.iter().map(|w| w / total).collect();
        close("what the columns hold", &AliasTable::new(&weights).probabilities(), &want, 1e-12, &[]);
    }
}

#[test]
fn draws() {
    let weights = [1.0, 3.0, 6.0, 10.0];
    let table = AliasTable::new(&weights);
    let (mut rng, mut counts) = (Rng::new(1, "draws"), [0.0; 4]);
    let draws = 200_000;
    for _ in 0..draws {
        counts[table.draw(&mut rng)] += 1.0 / f64::from(draws);
    }
    // Deviations of about 0.001: 0.01 is far outside for what is right, and far inside for what is wrong.
    let evenly = [0.25; 4];
    // The columns are 0.2 of 0 below 3, 0.6 of 1 below 3, 2 alone, 0.8 of 3 below 2; above and below exchanged:
    let turned = [0.8 / 4.0, 0.4 / 4.0, (1.0 + 0.8) / 4.0, (0.2 + 0.6 + 0.2) / 4.0];
    let mistakes: [(&str, &[f64]); 2] = [
        ("every outcome is drawn equally often: the height does not decide", &evenly),
        ("below `keep` it is the other outcome, not the column", &turned),
    ];
    close("how often each is drawn", &counts, &[0.05, 0.15, 0.3, 0.5], 0.01, &mistakes);
}
