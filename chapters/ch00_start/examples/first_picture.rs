//! The first picture: a small network learns to tell two spirals apart.
//!
//! Everything is here, in plain Rust and with no library but the one that draws: the data, a network with one hidden
//! layer, its gradient worked out by hand, and the loop that makes the loss go down. The chapters take each part apart
//! and build it properly; here you only need to see that it is little.
//!
//! `cargo run --release -p ch00_start --example first_picture`

use std::error::Error;
use std::f64::consts::PI;

use ch00_start::Record;
use ch00_start::figure::{Series, decision_regions};

const SEED: u64 = 1;
const POINTS: usize = 150; // of each class
const HIDDEN: usize = 32;
const EPOCHS: usize = 200; // how often every point is looked at
const RATE: f64 = 0.02; // how far one step goes

/// Random numbers: good enough for a picture (a 64-bit linear congruential generator, its upper bits).
struct Rng(u64);

impl Rng {
    /// A number in -1..1.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1u64 << 30) as f64 - 1.0
    }
}

/// A point and its class, 0 or 1.
type Example = ([f64; 2], f64);

/// Two spirals around each other, a little blurred.
fn spirals(rng: &mut Rng) -> Vec<Example> {
    let mut data = Vec::new();
    for i in 0..2 * POINTS {
        let class = (i % 2) as f64;
        let t = 0.1 + 0.9 * (i / 2) as f64 / POINTS as f64; // how far out
        let angle = 1.5 * 2.0 * PI * t + class * PI;
        let blur = 0.03;
        let point = [t * angle.cos() + blur * rng.uniform(), t * angle.sin() + blur * rng.uniform()];
        data.push((point, class));
    }
    data
}

/// `p = sigmoid(v · tanh(W x + b) + c)`: the probability of class 1 at the point x.
struct Network {
    w: [[f64; 2]; HIDDEN],
    b: [f64; HIDDEN],
    v: [f64; HIDDEN],
    c: f64,
}

impl Network {
    /// Random weights: were they all equal, all hidden units would stay equal for ever.
    fn new(rng: &mut Rng) -> Self {
        let w = [(); HIDDEN].map(|()| [4.0 * rng.uniform(), 4.0 * rng.uniform()]);
        let b = [(); HIDDEN].map(|()| 2.0 * rng.uniform());
        let v = [(); HIDDEN].map(|()| 0.3 * rng.uniform());
        Network { w, b, v, c: 0.0 }
    }

    // ANCHOR: forward
    /// Forward: the hidden values and the probability.
    fn forward(&self, x: [f64; 2]) -> ([f64; HIDDEN], f64) {
        let mut hidden = [0.0; HIDDEN];
        let mut z = self.c;
        for i in 0..HIDDEN {
            hidden[i] = (self.w[i][0] * x[0] + self.w[i][1] * x[1] + self.b[i]).tanh();
            z += self.v[i] * hidden[i];
        }
        (hidden, 1.0 / (1.0 + (-z).exp()))
    }
    // ANCHOR_END: forward

    // ANCHOR: step
    /// One step of gradient descent on one example. Gives the loss before the step: minus
    /// the log of the probability that the network gave to the true class.
    fn step(&mut self, (x, class): Example) -> f64 {
        let (hidden, p) = self.forward(x);
        let dz = p - class; // the slope of the loss at z
        for i in 0..HIDDEN {
            let da = dz * self.v[i] * (1.0 - hidden[i] * hidden[i]); // through tanh
            self.v[i] -= RATE * dz * hidden[i];
            self.w[i][0] -= RATE * da * x[0];
            self.w[i][1] -= RATE * da * x[1];
            self.b[i] -= RATE * da;
        }
        self.c -= RATE * dz;
        let of_the_truth = if class == 1.0 { p } else { 1.0 - p };
        -of_the_truth.max(1e-12).ln()
    }
    // ANCHOR_END: step
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut record = Record::from_args("ch00_first_picture");
    let mut rng = Rng(SEED);
    let mut data = spirals(&mut rng);
    let mut network = Network::new(&mut rng);

    let mut losses = Vec::new();
    // ANCHOR: loop
    for epoch in 0..EPOCHS {
        for i in (1..data.len()).rev() {
            let j = ((rng.uniform() + 1.0) / 2.0 * (i + 1) as f64) as usize;
            data.swap(i, j); // a new order every time
        }
        let sum: f64 = data.iter().map(|&example| network.step(example)).sum();
        let loss = sum / data.len() as f64;
        losses.push(loss);
        if epoch % 20 == 0 || epoch + 1 == EPOCHS {
            let bar = "#".repeat((60.0 * loss) as usize);
            println!("epoch {:3}  loss {loss:.4}  {bar}", epoch + 1);
        }
    }
    // ANCHOR_END: loop

    let classify = |x: f64, y: f64| usize::from(network.forward([x, y]).1 > 0.5);
    let right = data.iter().filter(|(x, class)| classify(x[0], x[1]) == *class as usize).count();
    let of_class = |wanted: f64| data.iter().filter(|d| d.1 == wanted).map(|d| (d.0[0], d.0[1])).collect();
    let points = [Series::new("class 0", of_class(0.0)), Series::new("class 1", of_class(1.0))];
    let path = record.figure_path("ch00_first_picture");
    decision_regions(&path, "What the network says at every place", -1.9..1.9, -1.2..1.2, classify, &points)?;

    record.seed(SEED).number("first_loss", losses[0]).number("last_loss", losses[EPOCHS - 1]);
    record.number("accuracy", right as f64 / data.len() as f64).number("parameters", (4 * HIDDEN + 1) as f64);
    record.number("epochs", EPOCHS as f64).number("points", data.len() as f64);
    record.series("loss", &losses).finish()?;
    Ok(())
}
