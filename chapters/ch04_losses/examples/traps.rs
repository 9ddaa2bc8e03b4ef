//! Three traps, measured: softmax twice, log(0), and squared error on classes.

use ch00_start::Record;
use ch00_start::figure::{Series, lines};
use ch01_tensors::{Array, Rng, Tensor};
use ch02_matmul::matmul;
use ch03_neurons::{sigmoid, sigmoid_backward, softmax, softmax_backward};
use ch04_losses::*;

const CLASSES: usize = 3;
const STEPS: usize = 1500;

/// Three clouds that hardly overlap: `[n, 3]` (the last column is 1) and labels.
fn clouds(n: usize, rng: &mut Rng) -> (Tensor, Array<i64>) {
    let labels = Array::<i64>::from_fn([n], |at| (at[0] % CLASSES) as i64);
    let centers = [(0.0, 3.0), (-2.6, -1.5), (2.6, -1.5)];
    let points = Tensor::from_fn([n, 3], |at| {
        let (x, y) = centers[at[0] % CLASSES];
        match at[1] {
            0 => (x + rng.normal()) as f32,
            1 => (y + rng.normal()) as f32,
            _ => 1.0,
        }
    });
    (points, labels)
}

fn accuracy(z: &Tensor, labels: &Array<i64>) -> f64 {
    let rows = z.data().chunks(CLASSES).zip(labels.data());
    let right = rows.filter(|(row, label)| {
        let best = (0..CLASSES).max_by(|&a, &b| row[a].total_cmp(&row[b])).expect("classes");
        best as i64 == **label
    });
    right.count() as f64 / labels.size() as f64
}

/// Trains a linear classifier; `twice` puts a softmax before the loss, which has its own.
fn train(twice: bool, x: &Tensor, y: &Array<i64>) -> (Vec<f64>, f64) {
    let (ce, one) = (CrossEntropy::default(), Tensor::scalar(1.0));
    let mut w = Tensor::zeros([3, CLASSES]);
    let mut losses = Vec::new();
    for _ in 0..STEPS {
        let z = matmul(x, &w);
        let p = softmax(z.clone(), 1);
        let input = if twice { &p } else { &z };
        losses.push(f64::from(ce.forward(input, y).item()));
        let g = ce.backward(&one, input, y);
        let g = if twice { softmax_backward(g, &p, 1) } else { g };
        w -= &(matmul(&x.clone().t(), &g) * 0.5);
    }
    (losses, accuracy(&matmul(x, &w), y))
}

/// How many steps of 1 take the logit -8 across 0, where the answer is yes.
fn steps_to_cross(slope: impl Fn(&Array<f64>) -> f64) -> f64 {
    let (mut x, mut steps) = (Array::from([-8.0]), 0.0);
    while x[[0]] < 0.0 {
        x = &x - slope(&x);
        steps += 1.0;
    }
    steps
}

fn main() -> anyhow::Result<()> {
    let mut record = Record::from_args("ch04_traps");
    record.seed(0);
    let (x, y) = clouds(300, &mut Rng::new(0, "clouds"));
    let ((once, once_accuracy), (twice, twice_accuracy)) = (train(false, &x, &y), train(true, &x, &y));
    // The best input that a softmax can give is 1 for the true class and 0 for the others.
    let floor = (1.0 + (CLASSES - 1) as f64 * (-1.0f64).exp()).ln();
    record
        .number("once_loss", once[STEPS - 1])
        .number("twice_loss", twice[STEPS - 1])
        .number("twice_floor", floor);
    record.number("floor_of_10_classes", (1.0 + 9.0 * (-1.0f64).exp()).ln());
    record.number("once_accuracy", once_accuracy).number("twice_accuracy", twice_accuracy);
    let series = [
        Series::of_values("softmax once", &once),
        Series::of_values("softmax twice", &twice),
        Series::of_values("floor", &vec![floor; STEPS]).dashed(),
    ];
    lines(&record.figure_path("ch04_softmax_twice"), "Softmax twice", "step", "loss", &series)?;

    // The first whole logit at which ln(1 - σ(x)) is minus infinity in 32 bits, and what the stable form gives there.
    let naive = |x: f32| -(1.0 - sigmoid(Tensor::from([x]))[[0]]).ln();
    let first = (0..200).find(|&x| naive(x as f32).is_infinite()).expect("σ(x) rounds to 1 somewhere");
    let logit = Tensor::from([first as f32]);
    let stable = BceWithLogits::default().forward(&logit, &logit.zeros_like()).item();
    record.number("log_zero_at", f64::from(first)).number("stable_loss_there", f64::from(stable));

    let one = Array::from([1.0]);
    let bce = BceWithLogits::default();
    record.number("bce_steps", steps_to_cross(|x| bce.backward(&Array::scalar(1.0), x, &one).item()));
    let squared = |x: &Array<f64>| {
        let p = sigmoid(x.clone());
        sigmoid_backward(mse_backward(&Array::scalar(1.0), &p, &one, Reduction::Mean), &p).item()
    };
    record.number("squared_steps", steps_to_cross(squared));
    record.finish()?;
    Ok(())
}
