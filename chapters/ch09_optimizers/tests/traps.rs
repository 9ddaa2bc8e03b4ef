//! Classic mistakes, each with its symptom: the page of this chapter names them.

use ch01_tensors::{Array, Rng};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Mlp, Module, Param, Role, Visitor, zero_grad};
use ch09_optimizers::{Adam, AdamW, Groups, Lion, Optimizer, Sgd, clip_grad_norm};

/// A single parameter.
struct One(Param<f64>);

impl Module<f64> for One {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        visitor.param("one", &mut self.0);
    }
}

impl One {
    fn new(value: Array<f64>, role: Role) -> Self {
        One(Param::new(value, role))
    }
}

/// Three classes that differ in the first two of 64 numbers, the rest is noise; 300 steps: the highest loss on the way, and the last.
fn classify(mut optimizer: impl Optimizer<f64>, rate: f64) -> (f64, f64) {
    let mut rng = Rng::new(0, "traps");
    let mut model = Mlp::new(&[64, 64, 64, 3], Activation::Relu, &mut rng).to_f64();
    let labels: Array<i64> = Array::from_fn([96], |i| (i[0] % 3) as i64);
    let centre =
        |i: &[usize]| if i[1] < 2 { [[0.0, 2.0], [-2.0, -1.0], [2.0, -1.0]][i[0] % 3][i[1]] } else { 0.0 };
    let x = Array::from_fn([96, 64], centre) + &Array::normal([96, 64], 0.0, 0.7, &mut rng);
    let criterion = CrossEntropy::default();
    let mut losses = Vec::new();
    for _ in 0..300 {
        zero_grad(&mut model);
        let logits = model.forward(x.clone());
        losses.push(criterion.forward(&logits, &labels).item());
        model.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
        optimizer.step(&mut model, rate);
    }
    (losses.iter().copied().fold(0.0, f64::max), losses[299])
}

#[test]
fn rates_do_not_carry_over_from_sgd_to_adam() {
    let sgd = |rate| classify(Sgd::new(), rate);
    let adamw = |rate| classify(AdamW::new(), rate);
    let ((sgd_high, sgd_last), (adamw_high, adamw_last)) = (sgd(0.1), adamw(0.001));
    assert!(sgd_last < 0.1 && adamw_last < 0.1, "each with its own rate: SGD {sgd_last}, AdamW {adamw_last}");
    assert!(sgd_high < 2.0 && adamw_high < 2.0, "they begin near ln 3: SGD {sgd_high}, AdamW {adamw_high}");
    let ((_, slow), (wild, _)) = (sgd(0.001), adamw(0.1));
    assert!(slow > 0.3, "Adam's rate given to SGD: it creeps, {slow}");
    assert!(wild > 4.0, "SGD's rate given to AdamW: the loss shoots up at once, {wild}");
}

#[test]
fn clipping_after_the_step_does_nothing() {
    let moved = |clip_first: bool| {
        let mut module = One::new(Array::from([1.0]), Role::Weight);
        module.0.grad = Array::from([1000.0]);
        let mut optimizer = Sgd::new();
        if clip_first {
            clip_grad_norm(&mut module, 1.0);
        }
        optimizer.step(&mut module, 0.1);
        if !clip_first {
            clip_grad_norm(&mut module, 1.0);
        }
        1.0 - module.0.value.item()
    };
    assert!((moved(true) - 0.1).abs() < 1e-6, "{}", moved(true));
    assert!((moved(false) - 100.0).abs() < 1e-9, "{}", moved(false));
}

#[test]
fn decay_on_norms_switches_channels_off() {
    let gain = |groups: Groups| {
        let mut module = One::new(Array::from([1.0]), Role::Norm);
        let mut optimizer = AdamW::new().weight_decay(0.1).groups(groups);
        // A channel that the loss does not ask for at the moment.
        (0..10_000).for_each(|_| optimizer.step(&mut module, 1e-3));
        module.0.value.item()
    };
    assert_eq!(gain(Groups::default()), 1.0);
    // (1 - 1e-4)^10000, that is 1/e.
    assert!((gain(Groups::uniform()) - (-1.0f64).exp()).abs() < 1e-4);
}

#[test]
fn decay_inside_adams_gradient_hardly_acts_where_gradients_are_large() {
    // Two weights with gradients that are noise only: one a thousand times louder.
    let shrink = |decoupled: bool| {
        let mut module = One::new(Array::from([1.0, 1.0]), Role::Weight);
        let mut optimizer = AdamW::new().betas(0.9, 0.99).weight_decay(if decoupled { 0.1 } else { 0.0 });
        for step in 0..2000 {
            let sign = if step % 2 == 0 { 1.0 } else { -1.0 };
            module.0.grad = Array::from([10.0 * sign, 0.01 * sign]);
            if !decoupled {
                module.0.grad += &(&module.0.value * 0.1);
            }
            optimizer.step(&mut module, 1e-3);
        }
        module.0.value.to_vec()
    };
    let (apart, inside) = (shrink(true), shrink(false));
    // Decoupled: both by the same factor, (1 - 1e-4)^2000 = 0.82, up to the noise.
    assert!(apart.iter().all(|w| (w - 0.82).abs() < 0.02), "{apart:?}");
    assert!(inside[0] > 0.97, "the loud one hardly shrinks: {inside:?}");
    assert!(inside[1] < 0.1, "the quiet one vanishes: {inside:?}");
}

#[test]
fn adamw_without_decay_is_adam_and_its_weights_grow() {
    let run = |mut optimizer: Box<dyn Optimizer<f64>>| {
        let mut module = One::new(Array::from([0.5, -0.25, 1.0]), Role::Weight);
        let mut rng = Rng::new(1, "growth");
        for _ in 0..3000 {
            // Gradients that are noise only, as when the training set is fitted and what is left is chance.
            module.0.grad = Array::normal([3], 0.0, 1.0, &mut rng);
            optimizer.step(&mut module, 1e-2);
        }
        module.0.value.to_vec()
    };
    let without = run(Box::new(AdamW::new().weight_decay(0.0)));
    // Bit for bit: whoever writes AdamW and passes no decay (PyTorch's default is 0.01, but many recipes say 0) has Adam.
    assert_eq!(without, run(Box::new(Adam::new())));
    let size = |values: &[f64]| values.iter().map(|w| w * w).sum::<f64>().sqrt();
    let with = run(Box::new(AdamW::new().weight_decay(0.5)));
    assert!(size(&without) > 2.0 * size(&with), "without {without:?}, with {with:?}");
}

/// Where gradients are noise only, AdamW moves by a fraction of its rate and Lion by all of it: AdamW's rate is several times
/// too large for Lion.
#[test]
fn lion_moves_by_the_full_rate_where_adamw_hardly_moves() {
    let stride = |mut optimizer: Box<dyn Optimizer<f64>>| {
        let mut module = One::new(Array::zeros([64]), Role::Weight);
        let (mut rng, mut total) = (Rng::new(2, "noise"), 0.0);
        for _ in 0..500 {
            module.0.grad = Array::normal([64], 0.0, 1.0, &mut rng);
            let before = module.0.value.clone();
            optimizer.step(&mut module, 1e-3);
            total += (&module.0.value - &before).iter().map(f64::abs).sum::<f64>() / 64.0 / 500.0;
        }
        total / 1e-3
    };
    // A mean with beta 0.9 has the standard deviation sqrt(0.1 / 1.9) = 0.23, and a mean size of 0.8 times that.
    let (adamw, lion) = (stride(Box::new(AdamW::new().weight_decay(0.0))), stride(Box::new(Lion::new())));
    assert!((0.16..0.24).contains(&adamw), "{adamw}");
    assert!((lion - 1.0).abs() < 1e-9, "{lion}");
}

#[test]
fn running_sums_without_gradients_end_at_zero() {
    fn left_over(mut optimizer: impl Optimizer<f64>, steps: usize) -> Vec<f64> {
        // Odd, even, negative and a NaN that must not be lost: what is to be found is found.
        let mut module = One::new(Array::from([1.0; 4]), Role::Weight);
        module.0.grad = Array::from([1.0, -3.0, 0.125, f64::NAN]);
        optimizer.step(&mut module, 1e-3);
        module.0.grad.data_mut()[..3].fill(0.0);
        (0..steps).for_each(|_| optimizer.step(&mut module, 1e-3));
        let mut found = Vec::new();
        // The number of steps is shown as well.
        optimizer.visit_state(&mut module, &mut |name, array| {
            if name.ends_with(".one") && array.ndim() == 1 {
                found.extend_from_slice(array.data());
            }
        });
        found
    }
    // 0.9^6730 is the smallest number of f64; by itself 0.9 x never comes to 0.
    assert_eq!(f64::from_bits(1) * 0.9, f64::from_bits(1));
    let sums = left_over(Sgd::new().momentum(0.9), 7000);
    assert!(sums[..3].iter().all(|&sum| sum == 0.0) && sums[3].is_nan(), "{sums:?}");
    assert!(left_over(Sgd::new().momentum(0.9), 6000)[0] > 0.0, "before that, it only gets smaller");
    let moments = left_over(AdamW::new(), 7000);
    assert!(moments[..3].iter().all(|&mean| mean == 0.0), "{moments:?}");
}
