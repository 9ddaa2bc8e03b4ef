//! The shapes of the losses: of numbers over the error, of yes-or-no answers over the logit; and the slopes that explain
//! why squared error is a poor loss for classes.

use ch00_start::Record;
use ch00_start::figure::{Series, lines};
use ch01_tensors::Array;
use ch03_neurons::{sigmoid, sigmoid_backward};
use ch04_losses::*;

const NONE: Reduction = Reduction::None;

fn main() -> anyhow::Result<()> {
    let mut record = Record::from_args("ch04_loss_curves");
    let d = Array::<f64>::linspace(-4.0, 4.0, 321);
    let zero = d.zeros_like();
    let curve = |name: &str, x: &Array<f64>, y: Array<f64>| Series::of_pairs(name, &x.to_vec(), &y.to_vec());
    let numbers = [
        curve("MSE / 2", &d, mse(&d, &zero, NONE) * 0.5),
        curve("MAE", &d, mae(&d, &zero, NONE)),
        curve("Huber, delta 1", &d, huber(&d, &zero, 1.0, NONE)),
        curve("Huber, delta 2", &d, huber(&d, &zero, 2.0, NONE)),
    ];
    let path = record.figure_path("ch04_loss_numbers");
    lines(&path, "Losses of numbers", "prediction - target", "loss", &numbers)?;

    let x = Array::<f64>::linspace(-6.0, 6.0, 241);
    let one = x.ones_like();
    let bce = BceWithLogits { reduction: NONE, ..Default::default() };
    let focal = |gamma| Focal { alpha: None, gamma, reduction: NONE };
    let p = sigmoid(x.clone());
    let yes_no = [
        curve("BCE", &x, bce.forward(&x, &one)),
        curve("focal, gamma 2", &x, focal(2.0).forward(&x, &one)),
        curve("focal, gamma 5", &x, focal(5.0).forward(&x, &one)),
        curve("squared error of the probability", &x, mse(&p, &one, NONE)),
        curve("wrong or right", &x, x.map_to(|x| if x < 0.0 { 1.0 } else { 0.0 })).dashed(),
    ];
    let path = record.figure_path("ch04_loss_yes_no");
    lines(&path, "Losses of the answer yes, where yes is right", "logit", "loss", &yes_no)?;

    let of_squares = |x: &Array<f64>| {
        let p = sigmoid(x.clone());
        let dp = mse_backward(&x.ones_like(), &p, &x.ones_like(), NONE);
        sigmoid_backward(dp, &p)
    };
    let slopes = [
        curve("BCE", &x, bce.backward(&one, &x, &one)),
        curve("focal, gamma 2", &x, focal(2.0).backward(&one, &x, &one)),
        curve("squared error of the probability", &x, of_squares(&x)),
    ];
    let path = record.figure_path("ch04_loss_slopes");
    lines(&path, "Their slopes: how hard a step pulls", "logit", "slope", &slopes)?;

    // Confidently wrong: the logit is -6 and the answer is yes.
    let wrong = Array::from([-6.0]);
    record.number("bce_slope_at_-6", bce.backward(&wrong.ones_like(), &wrong, &wrong.ones_like()).item());
    record.number("squared_slope_at_-6", of_squares(&wrong).item());
    record.finish()?;
    Ok(())
}
