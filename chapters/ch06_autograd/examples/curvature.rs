//! Gradients of gradients at work: `cargo run --release -p ch06_autograd --example curvature`.
//!
//! Gradient descent on a parabola of curvature λ multiplies the distance from the minimum by `1 - rate λ` in every step: it
//! converges for `rate < 2 / λ` and flies apart beyond. A network's loss has as many curvatures as parameters, the eigenvalues of
//! its Hessian, and the largest one rules. We compute it by power iteration on Hessian-vector products, without ever writing
//! the Hessian down, and then look which learning rates do fly apart.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Array, Rng};
use ch06_autograd::{Tape, Var, grad, hessian_vector};

const SAMPLES: usize = 200;
const SIZES: [usize; 3] = [8, 32, 3];
const STEPS: usize = 400;

/// A network with weight decay, so that the loss has a minimum: its value on all samples.
fn loss(p: &[Var<f64>], x: &Var<f64>, labels: &Array<i64>) -> Var<f64> {
    let h = (x.matmul(&p[0]) + &p[1]).tanh();
    let decay =
        p.iter().map(|p| p.pow(2.0).sum(.., false)).reduce(|a, b| a + b).expect("there are parameters");
    (h.matmul(&p[2]) + &p[3]).cross_entropy(labels) + decay * 0.01
}

/// `steps` steps of gradient descent from `start`; the parameters afterwards, and the loss before each step.
fn descend(
    start: &[Array<f64>],
    (x, labels): (&Var<f64>, &Array<i64>),
    rate: f64,
    steps: usize,
) -> (Vec<Array<f64>>, Vec<f64>) {
    let p: Vec<Var<f64>> = start.iter().cloned().map(Var::variable).collect();
    let mut losses = Vec::new();
    for _ in 0..steps {
        let loss = loss(&p, x, labels);
        losses.push(loss.item());
        loss.backward();
        for p in &p {
            let step = p.grad().expect("backward reaches every parameter") * rate;
            p.zero_grad();
            p.edit(|p| *p -= &step);
        }
    }
    (p.iter().map(Var::value).collect(), losses)
}

/// The largest eigenvalue of the Hessian at `p`: multiply a vector with it again and again.
fn largest_curvature(p: &[Array<f64>], x: &Var<f64>, labels: &Array<i64>, rng: &mut Rng) -> (f64, usize) {
    let p: Vec<Var<f64>> = p.iter().cloned().map(Var::variable).collect();
    let p: Vec<&Var<f64>> = p.iter().collect();
    let variables: Vec<Var<f64>> = p.iter().map(|&p| p.clone()).collect();
    let gradient = grad(&loss(&variables, x, labels), &p, Tape::Create);
    let mut v: Vec<Array<f64>> = p.iter().map(|p| Array::normal(p.shape(), 0.0, 1.0, rng)).collect();
    let (mut curvature, mut products) = (0.0, 0);
    loop {
        let length = v.iter().map(|v| (v * v).sum_all()).sum::<f64>().sqrt();
        v.iter_mut().for_each(|v| *v *= 1.0 / length);
        let product = hessian_vector(&gradient, &p, &v);
        products += 1;
        // v has length 1, so vᵀ H v is the curvature in its direction.
        let now: f64 = product.iter().zip(&v).map(|(h, v)| (h * v).sum_all()).sum();
        v = product;
        if (now - curvature).abs() < 1e-9 * now || products == 1000 {
            return (now, products);
        }
        curvature = now;
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch06_curvature");
    record.seed(0);
    let mut rng = Rng::new(0, "curvature");
    let x = Var::constant(Array::normal([SAMPLES, SIZES[0]], 0.0, 1.0, &mut rng));
    // Labels from another network, so that there is something to learn.
    let teacher = Array::normal([SIZES[0], SIZES[2]], 0.0, 1.0, &mut rng);
    let labels = x.matmul(&Var::constant(teacher)).value().argmax(1, false);
    let mut weight = |shape: &[usize]| Array::normal(shape, 0.0, 1.0 / (shape[0] as f64).sqrt(), &mut rng);
    let start = [weight(&[8, 32]), Array::zeros([32]), weight(&[32, 3]), Array::zeros([3])];
    let parameters: usize = start.iter().map(Array::size).sum();

    // Down to the minimum first: there the loss is a parabola.
    let (minimum, losses) = descend(&start, (&x, &labels), 0.3, 6000);
    let (curvature, products) = largest_curvature(&minimum, &x, &labels, &mut rng);
    let limit = 2.0 / curvature;
    println!("{parameters} parameters; loss from {:.4} to {:.4}", losses[0], losses[losses.len() - 1]);
    println!(
        "largest curvature {curvature:.4} after {products} products; gradient descent should fly apart beyond {limit:.4}"
    );

    // A little beside the minimum, with rates on both sides of the limit.
    let beside: Vec<Array<f64>> =
        minimum.iter().map(|p| p + &Array::normal(*p.shape(), 0.0, 1e-6, &mut rng)).collect();
    let bottom = losses[losses.len() - 1];
    let share: Vec<f64> = (0..=24).map(|i| 0.80 + 0.0125 * f64::from(i) * 1.3).collect();
    let mut ends = Vec::new();
    for share in &share {
        // Both descend: what grows or shrinks is the distance between them.
        let [end, from] =
            [&beside, &minimum].map(|start| descend(start, (&x, &labels), share * limit, STEPS).0);
        let distance = |p: &[Array<f64>], q: &[Array<f64>]| -> f64 {
            p.iter().zip(q).map(|(p, q)| (p - q).map(|d| d * d).sum_all()).sum::<f64>().sqrt()
        };
        ends.push(distance(&end, &from) / distance(&beside, &minimum));
    }
    let apart = share.iter().zip(&ends).find(|(_, end)| **end > 1.0).map(|(share, _)| *share);
    let first = apart.expect("some rate flies apart");
    println!("the first rate that ends farther away than it began: {first:.4} of the limit");
    record
        .number("parameters", parameters as f64)
        .number("curvature", curvature)
        .number("products", products as f64);
    record.number("limit", limit).number("first_apart", first).number("minimum", bottom);
    record.number("steps", STEPS as f64);
    let path = record.figure_path("ch06_curvature");
    figure::lines_log_y(
        &path,
        "Gradient descent beside a minimum: how far it is after 400 steps",
        "learning rate, as a share of 2 / largest curvature",
        "distance, as a share of that at the start",
        &[
            Series::of_pairs("after 400 steps", &share, &ends).marked(),
            Series::new("no change", vec![(share[0], 1.0), (share[24], 1.0)]).dashed(),
        ],
    )?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
