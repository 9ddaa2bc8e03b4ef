//! A line fitted to points of which some are far off, with squared, absolute and Huber's loss.
//!
//! Plain gradient descent on slope and intercept, with this chapter's gradients; the loss is the only difference.

use ch00_start::Record;
use ch00_start::figure::{Series, scatter};
use ch01_tensors::{Array, Rng};
use ch04_losses::{Reduction, huber, huber_backward, mae, mae_backward, mse, mse_backward};

type Numbers = Array<f64>;

const SLOPE: f64 = 2.0;
const INTERCEPT: f64 = 1.0;

/// The gradient of a loss with respect to the predictions, and its value.
type Gradient<'a> = &'a dyn Fn(&Numbers, &Numbers) -> (f64, Numbers);

/// Slope and intercept after gradient descent with a step that shrinks, so that the absolute loss settles too.
fn fit(x: &Numbers, y: &Numbers, loss: Gradient) -> (f64, f64) {
    let (mut slope, mut intercept) = (0.0, 0.0);
    for step in 0..4000 {
        let predicted = x * slope + intercept;
        let (_, g) = loss(&predicted, y);
        let rate = 0.1 / (1.0 + f64::from(step) / 400.0);
        slope -= rate * (&g * x).sum_all();
        intercept -= rate * g.sum_all();
    }
    (slope, intercept)
}

fn main() -> anyhow::Result<()> {
    let mut record = Record::from_args("ch04_outliers");
    record.seed(0);
    let mut rng = Rng::new(0, "outliers");
    let n = 60;
    let x = Array::<f64>::uniform([n], -2.0, 2.0, &mut rng);
    let clean = x.clone() * SLOPE + INTERCEPT + Array::<f64>::normal([n], 0.0, 0.4, &mut rng);
    // Every fifth target on the right half, where it tilts the line, is 12 too low.
    let outlier = |i: usize| i.is_multiple_of(5) && x[[i]] > 0.0;
    let y = Array::from_fn([n], |at| clean[[at[0]]] - if outlier(at[0]) { 12.0 } else { 0.0 });
    let count = (0..n).filter(|&i| outlier(i)).count();
    record.number("points", n as f64).number("outliers", count as f64);

    let (one, r) = (Array::scalar(1.0), Reduction::Mean);
    let losses: [(&str, &str, Gradient); 3] = [
        ("MSE", "mse", &|x, y| (mse(x, y, r).item(), mse_backward(&one, x, y, r))),
        ("MAE", "mae", &|x, y| (mae(x, y, r).item(), mae_backward(&one, x, y, r))),
        ("Huber, delta 1", "huber", &|x, y| (huber(x, y, 1.0, r).item(), huber_backward(&one, x, y, 1.0, r))),
    ];
    let points =
        |keep: &dyn Fn(usize) -> bool| (0..n).filter(|&i| keep(i)).map(|i| (x[[i]], y[[i]])).collect();
    let mut series =
        vec![Series::new("points", points(&|i| !outlier(i))), Series::new("outliers", points(&outlier))];
    for (name, key, loss) in losses {
        let (slope, intercept) = fit(&x, &y, loss);
        // The mean distance from the true line over the range of x.
        let grid = (0..=400).map(|i| -2.0 + f64::from(i) / 100.0);
        let off =
            grid.clone().map(|x| (slope * x + intercept - SLOPE * x - INTERCEPT).abs()).sum::<f64>() / 401.0;
        record.number(&format!("{key}_slope"), slope);
        record.number(&format!("{key}_intercept"), intercept);
        record.number(&format!("{key}_off"), off);
        // A dotted line, so that points and lines share one picture.
        series.push(Series::new(name, grid.step_by(8).map(|x| (x, slope * x + intercept)).collect()));
    }
    scatter(&record.figure_path("ch04_outliers"), "Three losses, one line each", "x", "y", &series)?;
    record.finish()?;
    Ok(())
}
