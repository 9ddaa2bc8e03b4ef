//! The perceptron's mistakes before it converges, against Novikoff's bound, for narrower and narrower margins.

use ch00_start::Record;
use ch00_start::figure::{Series, lines_log_log, scatter};
use ch01_tensors::{Array, Rng};
use ch03_neurons::Perceptron;

/// Points in the unit square at least `margin` from the line `0.6 x + 0.8 y = 0.7`, labelled by their side.
fn points(n: usize, margin: f64, rng: &mut Rng) -> (Array<f64>, Array<f64>) {
    let (mut x, mut labels) = (Vec::new(), Vec::new());
    while labels.len() < n {
        let [a, b] = [rng.uniform(), rng.uniform()];
        let distance = 0.6 * a + 0.8 * b - 0.7;
        if distance.abs() >= margin {
            x.extend([a, b]);
            labels.push(distance.signum());
        }
    }
    (Array::from_slice(&x, [n, 2]), Array::from_slice(&labels, [n]))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch03_perceptron");
    record.seed(0);
    let (mut made, mut bounds) = (Vec::new(), Vec::new());
    for margin in [0.2, 0.1, 0.05, 0.02, 0.01] {
        let (x, labels) = points(300, margin, &mut Rng::new(0, "points"));
        let mut perceptron = Perceptron::new(2);
        let epochs = perceptron.train(&x, &labels, 1_000_000);
        let mistakes: usize = epochs.iter().sum();
        // (x, 1) is at most √3 long; (0.6, 0.8, -0.7) has length √1.49, which shrinks the margin.
        let bound = 3.0 * 1.49 / (margin * margin);
        made.push((margin, mistakes as f64));
        bounds.push((margin, bound));
        record.number(&format!("mistakes_{margin}"), mistakes as f64);
        record.number(&format!("epochs_{margin}"), epochs.len() as f64);
        record.number(&format!("bound_{margin}"), bound);
        if margin == 0.05 {
            let class = |sign: f64| -> Vec<(f64, f64)> {
                let rows = (0..300).filter(|&i| labels[[i]] == sign);
                rows.map(|i| (x[[i, 0]], x[[i, 1]])).collect()
            };
            let [w, v] = [perceptron.weight[0], perceptron.weight[1]];
            let at = |a: f64| -(w * a + perceptron.bias) / v;
            let line = (0..=150).map(|i| f64::from(i) / 150.0).map(|a| (a, at(a)));
            let line = line.filter(|(_, b)| (0.0..=1.0).contains(b)).collect();
            let path = record.figure_path("ch03_perceptron");
            let series = [
                Series::new("+1", class(1.0)),
                Series::new("-1", class(-1.0)),
                Series::new("boundary", line),
            ];
            scatter(&path, "What the perceptron found", "x₁", "x₂", &series)?;
        }
    }
    let path = record.figure_path("ch03_perceptron_mistakes");
    let series =
        [Series::new("mistakes made", made).marked(), Series::new("Novikoff's bound", bounds).dashed()];
    lines_log_log(&path, "Mistakes until the perceptron converges", "margin", "mistakes", &series)?;
    Ok(record.finish()?)
}
