//! The tape against the backward passes by hand of chapters 3 to 5, in f64. (Those of later chapters: `tests/tests/autograd.rs`.)
//!
//! The composed formulas here and the derived ones there share nothing but the arrays. Both carry 16 digits and do a few
//! dozen operations on numbers of order 1: they agree within 1e-12 of the largest element.

use ch01_tensors::{Array, Rng};
use ch03_neurons::{Activation, SELU_ALPHA, SELU_SCALE, prelu, prelu_backward};
use ch04_losses::{
    BceWithLogits, Contrastive, Coral, CosineEmbedding, CrossEntropy, Focal, KlDiv, Nll, Reduction, Triplet,
    huber, huber_backward, mae, mae_backward, mse, mse_backward, smooth_l1, smooth_l1_backward,
};
use ch05_backprop::{ActivationLayer, Layer, Linear, Mlp, PRelu, Residual, for_each_param};
use ch06_autograd::{Tape, Var};

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "layers"))
}

fn largest(x: &Array<f64>) -> f64 {
    x.iter().fold(0.0, |largest, x| largest.max(x.abs()))
}

#[track_caller]
fn assert_same(what: &str, tape: &Array<f64>, hand: &Array<f64>) {
    assert_eq!(tape.shape(), hand.shape(), "{what}: shapes");
    let off = largest(&(tape - hand));
    assert!(off <= 1e-12 * largest(hand), "{what}: off by {off}, the largest element is {}", largest(hand));
}

/// A layer against the same function composed on the tape from its input and parameters.
#[track_caller]
fn compare(
    what: &str,
    layer: &mut dyn Layer<f64>,
    x: &Array<f64>,
    f: impl Fn(&Var<f64>, &[Var<f64>]) -> Var<f64>,
) {
    let mut parameters = Vec::new();
    for_each_param(layer, |_, param| parameters.push(Var::variable(param.value.clone())));
    let input = Var::variable(x.clone());
    let (y, hand) = (f(&input, &parameters), layer.forward(x.clone()));
    assert_same(&format!("{what}, output"), &y.value(), &hand);
    let g = random(hand.shape(), 99);
    y.backward_with(g.clone(), Tape::Release);
    let dx = layer.backward(g);
    assert_same(&format!("{what}, input"), &input.grad().expect("a gradient"), &dx);
    let mut parameters = parameters.iter();
    for_each_param(layer, |path, param| {
        let ours = parameters.next().and_then(Var::grad).expect("a gradient for each parameter");
        assert_same(&format!("{what}, {path}"), &ours, &param.grad);
    });
}

fn linear(x: &Var<f64>, weight: &Var<f64>, bias: &Var<f64>) -> Var<f64> {
    x.matmul(&weight.t()) + bias
}

#[test]
fn linear_layers() {
    let mut rng = Rng::new(0, "weights");
    for shape in [&[7, 5][..], &[2, 3, 5], &[5]] {
        let mut layer = Linear::new(5, 4, &mut rng).to_f64();
        compare("Linear", &mut layer, &random(shape, 1), |x, p| linear(x, &p[0], &p[1]));
    }
    let mut mlp = Mlp::new(&[5, 8, 6, 3], Activation::Tanh, &mut rng).to_f64();
    compare("Mlp", &mut mlp, &random(&[9, 5], 2), |x, p| {
        let h = linear(x, &p[0], &p[1]).tanh();
        linear(&linear(&h, &p[2], &p[3]).tanh(), &p[4], &p[5])
    });
    let mut residual = Residual::new(Linear::new(5, 5, &mut rng).to_f64());
    compare("Residual", &mut residual, &random(&[4, 5], 3), |x, p| x + linear(x, &p[0], &p[1]));
}

/// `x` below 0, and 0 above.
fn below(x: &Var<f64>) -> Var<f64> {
    -(-x).relu()
}

fn softplus(x: &Var<f64>) -> Var<f64> {
    x.relu() + ((-x.abs()).exp() + 1.0).ln()
}

#[test]
fn activations() {
    type Function = fn(&Var<f64>) -> Var<f64>;
    let elu: Function = |x| x.relu() + (below(x).exp() - 1.0);
    let gelu_tanh: Function = |x| {
        let u = (x + x.pow(3.0) * 0.044715) * (2.0 / std::f64::consts::PI).sqrt();
        x * (u.tanh() + 1.0) * 0.5
    };
    let cases: Vec<(Activation, Function)> = vec![
        (Activation::Relu, |x| x.relu()),
        (Activation::LeakyRelu { slope: 0.1 }, |x| x.relu() + below(x) * 0.1),
        (Activation::Elu { alpha: 1.0 }, elu),
        (Activation::Selu, |x| (x.relu() + (below(x).exp() - 1.0) * SELU_ALPHA) * SELU_SCALE),
        (Activation::Gelu, |x| x.gelu()),
        (Activation::Gelu, |x| x * ((x * std::f64::consts::FRAC_1_SQRT_2).erf() + 1.0) * 0.5),
        (Activation::GeluTanh, gelu_tanh),
        (Activation::Silu, |x| x * x.sigmoid()),
        (Activation::Sigmoid, |x| x.sigmoid()),
        (Activation::Sigmoid, |x| 1.0 / ((-x).exp() + 1.0)),
        (Activation::Tanh, |x| x.tanh()),
        (Activation::Tanh, |x| 1.0 - 2.0 / ((x * 2.0).exp() + 1.0)),
        (Activation::Softplus { beta: 1.0, threshold: 20.0 }, softplus),
        (Activation::HardSwish, |x| x * ((x + 3.0).relu() - (x - 3.0).relu()) / 6.0),
    ];
    for (kind, f) in cases {
        let x = random(&[6, 7], 4) * 3.0;
        compare(&format!("{kind:?}"), &mut ActivationLayer::new(kind), &x, |x, _| f(x));
    }
    let mut layer = PRelu::new(5).to_f64();
    layer.slope.value = random(&[5], 5);
    compare("PRelu", &mut layer, &random(&[4, 5, 3], 6), |x, p| x.relu() + below(x) * p[0].reshape([5, 1]));
    let (x, slope, g) = (random(&[4, 5], 7), random(&[5], 8), random(&[4, 5], 9));
    let (vx, vs) = (Var::variable(x.clone()), Var::variable(slope.clone()));
    let y = vx.relu() + below(&vx) * &vs;
    assert_same("prelu", &y.value(), &prelu(x.clone(), &slope));
    y.backward_with(g.clone(), Tape::Release);
    let (dx, dslope) = prelu_backward(&g, &x, &slope);
    assert_same("prelu, input", &vx.grad().unwrap(), &dx);
    assert_same("prelu, slope", &vs.grad().unwrap(), &dslope);
}

#[test]
fn softmaxes() {
    for axis in [0, 1, 2] {
        let (x, g) = (random(&[3, 4, 5], 10), random(&[3, 4, 5], 11));
        let run = |f: &dyn Fn(&Var<f64>) -> Var<f64>| {
            let x = Var::variable(x.clone());
            f(&x).backward_with(g.clone(), Tape::Release);
            x.grad().unwrap()
        };
        // Composed from exp and sum, and as operations of their own, against chapter 3's backward passes.
        let y = ch03_neurons::softmax(x.clone(), axis);
        let hand = ch03_neurons::softmax_backward(g.clone(), &y, axis);
        assert_same("softmax", &run(&|x| x.softmax(axis)), &hand);
        assert_same("softmax composed", &run(&|x| x.exp() / x.exp().sum(axis, true)), &hand);
        let z = ch03_neurons::log_softmax(x.clone(), axis);
        let hand = ch03_neurons::log_softmax_backward(g.clone(), &z, axis);
        assert_same("log_softmax", &run(&|x| x.log_softmax(axis)), &hand);
        assert_same("log_softmax composed", &run(&|x| x - x.exp().sum(axis, true).ln()), &hand);
    }
}

/// The loss and its gradients by hand against those of a composition, for the gradient 1.7 of the loss.
#[track_caller]
fn loss(
    what: &str,
    hand: (Array<f64>, Vec<Array<f64>>),
    inputs: &[&Array<f64>],
    f: impl Fn(&[Var<f64>]) -> Var<f64>,
) {
    let x: Vec<Var<f64>> = inputs.iter().map(|&x| Var::variable(x.clone())).collect();
    let y = f(&x);
    assert_same(what, &y.value(), &hand.0);
    y.backward_with(Array::scalar(1.7), Tape::Release);
    for (i, (x, hand)) in x.iter().zip(&hand.1).enumerate() {
        assert_same(&format!("{what}, gradient {i}"), &x.grad().expect("a gradient"), hand);
    }
}

#[test]
fn losses_of_numbers() {
    let (x, y, g) = (random(&[6, 4], 12), random(&[6, 4], 13), Array::scalar(1.7));
    let mean = Reduction::Mean;
    let hand = |value, dx: Array<f64>| {
        let dy = -&dx;
        (value, vec![dx, dy])
    };
    loss("mse", hand(mse(&x, &y, mean), mse_backward(&g, &x, &y, mean)), &[&x, &y], |v| {
        (&v[0] - &v[1]).pow(2.0).mean(.., false)
    });
    loss("mae", hand(mae(&x, &y, mean), mae_backward(&g, &x, &y, mean)), &[&x, &y], |v| {
        (&v[0] - &v[1]).abs().mean(.., false)
    });
    // |d| = min(|d|, δ) + max(|d| - δ, 0): a square for the first part, a line for the second.
    let corner = |v: &[Var<f64>], delta: f64| {
        let size = (&v[0] - &v[1]).abs();
        let over = (&size - delta).relu();
        ((&size - &over).pow(2.0) * 0.5 + over * delta).mean(.., false)
    };
    let by_hand = hand(huber(&x, &y, 0.7, mean), huber_backward(&g, &x, &y, 0.7, mean));
    loss("huber", by_hand, &[&x, &y], |v| corner(v, 0.7));
    let by_hand = hand(smooth_l1(&x, &y, 0.7, mean), smooth_l1_backward(&g, &x, &y, 0.7, mean));
    loss("smooth_l1", by_hand, &[&x, &y], |v| corner(v, 0.7) / 0.7);
}

#[test]
fn losses_of_classes() {
    let (x, g) = (random(&[6, 4], 14), Array::scalar(1.7));
    let labels: Array<i64> = Array::from([0, 3, 1, -100, 2, 3]);
    let kept: Array<f64> = labels.map_to(|label| if label >= 0 { 1.0 } else { 0.0 });
    let classes: Array<i64> = labels.clone().map(|label| label.max(0));
    let weight = Array::from([0.5, 1.0, 2.0, 1.5]);
    let one_hot = Array::<f64>::one_hot(&classes, 4) * &kept.clone().unsqueeze(1);
    let weights = &one_hot * &weight;

    let plain = CrossEntropy::<f64>::default();
    let hand = (plain.forward(&x, &classes), vec![plain.backward(&g, &x, &classes)]);
    loss("cross_entropy", hand, &[&x], |v| v[0].cross_entropy(&classes));

    // q_c = w_c ((1 - ε) [c = y] + ε / C), over the sum of the true classes' weights.
    let criterion =
        CrossEntropy { label_smoothing: 0.1, weight: Some(weight.clone()), ..CrossEntropy::default() };
    let spread = Array::full([6, 4], 0.1 / 4.0) * &weight * &kept.clone().unsqueeze(1);
    let q = Var::constant(&weights * 0.9 + spread);
    let total = weights.sum_all();
    let hand = (criterion.forward(&x, &labels), vec![criterion.backward(&g, &x, &labels)]);
    loss("cross_entropy with every option", hand, &[&x], |v| {
        -(v[0].log_softmax(1) * &q).sum(.., false) / total
    });

    let log_probs = ch03_neurons::log_softmax(x.clone(), 1);
    let nll = Nll { weight: Some(weight), ..Nll::default() };
    let hand = (nll.forward(&log_probs, &labels), vec![nll.backward(&g, &log_probs, &labels)]);
    loss("nll", hand, &[&log_probs], |v| -(&v[0] * Var::constant(weights.clone())).sum(.., false) / total);

    let target = ch03_neurons::softmax(random(&[6, 4], 15), 1);
    let kl = KlDiv::default();
    let hand = (kl.forward(&log_probs, &target), vec![kl.backward(&g, &log_probs, &target)]);
    let p = Var::constant(target);
    loss("kl_div", hand, &[&log_probs], |v| (&p * (p.ln() - &v[0])).sum(.., false) / 6.0);
}

#[test]
fn losses_of_questions() {
    let (x, g) = (random(&[6, 4], 16), Array::scalar(1.7));
    let mut rng = Rng::new(17, "questions");
    let target: Array<f64> = Array::from_fn([6, 4], |_| rng.below(2) as f64);
    let y = Var::constant(target.clone());
    let pos_weight = Array::from([1.0, 2.0, 0.5, 3.0]);
    let bce = |x: &Var<f64>, y: &Var<f64>, pos: &Var<f64>| y * pos * softplus(&-x) + (1.0 - y) * softplus(x);

    let criterion = BceWithLogits { pos_weight: Some(pos_weight.clone()), ..BceWithLogits::default() };
    let hand = (criterion.forward(&x, &target), vec![criterion.backward(&g, &x, &target)]);
    let pos = Var::constant(pos_weight);
    loss("bce_with_logits", hand, &[&x], |v| bce(&v[0], &y, &pos).mean(.., false));

    let focal = Focal { gamma: 1.5, ..Focal::default() };
    let hand = (focal.forward(&x, &target), vec![focal.backward(&g, &x, &target)]);
    loss("focal", hand, &[&x], |v| {
        let p = v[0].sigmoid();
        let wrong = &y * (1.0 - &p) + (1.0 - &y) * &p;
        let balance = &y * 0.25 + (1.0 - &y) * 0.75;
        (balance * wrong.pow(1.5) * bce(&v[0], &y, &Var::scalar(1.0))).mean(.., false)
    });

    let ranks: Array<i64> = Array::from([0, 4, 2, 1, 3, 2]);
    let above =
        Var::constant(Array::from_fn([6, 4], |i| if ranks[[i[0]]] > i[1] as i64 { 1.0 } else { 0.0 }));
    let coral = Coral::default();
    let hand = (coral.forward(&x, &ranks), vec![coral.backward(&g, &x, &ranks)]);
    loss("coral", hand, &[&x], |v| bce(&v[0], &above, &Var::scalar(1.0)).sum(1, false).mean(.., false));
}

#[test]
fn losses_of_distances() {
    let [a, b, c] = [18, 19, 20].map(|seed| random(&[6, 4], seed));
    let g = Array::scalar(1.7);
    let length = |v: Var<f64>| (&v * &v).sum(-1, false).sqrt();

    let labels: Array<i64> = Array::from([1, 0, 1, 0, 0, 1]);
    let together = Var::constant(labels.map_to(|label| label as f64));
    let contrastive = Contrastive { margin: 3.0, ..Contrastive::default() };
    let (da, db) = contrastive.backward(&g, &a, &b, &labels);
    loss("contrastive", (contrastive.forward(&a, &b, &labels), vec![da, db]), &[&a, &b], |v| {
        let d = length(&v[0] - &v[1]);
        let apart = (3.0 - &d).relu();
        ((&together * &d * &d + (1.0 - &together) * &apart * &apart) * 0.5).mean(.., false)
    });

    let labels: Array<i64> = labels.map(|label| 2 * label - 1);
    let cosine = CosineEmbedding { margin: -0.5, ..CosineEmbedding::default() };
    let (da, db) = cosine.backward(&g, &a, &b, &labels);
    loss("cosine_embedding", (cosine.forward(&a, &b, &labels), vec![da, db]), &[&a, &b], |v| {
        let dot = |x: &Var<f64>, y: &Var<f64>| (x * y).sum(-1, false);
        let c = dot(&v[0], &v[1]) / ((dot(&v[0], &v[0]) + 1e-12) * (dot(&v[1], &v[1]) + 1e-12)).sqrt();
        (&together * (1.0 - &c) + (1.0 - &together) * (c + 0.5).relu()).mean(.., false)
    });

    let triplet = Triplet::default();
    let (da, dp, dn) = triplet.backward(&g, &a, &b, &c);
    loss("triplet", (triplet.forward(&a, &b, &c), vec![da, dp, dn]), &[&a, &b, &c], |v| {
        let distance = |x: &Var<f64>, y: &Var<f64>| length(x - y + 1e-6);
        (distance(&v[0], &v[1]) - distance(&v[0], &v[2]) + 1.0).relu().mean(.., false)
    });
}
