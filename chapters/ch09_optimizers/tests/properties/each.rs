//! What holds for single optimizers, for running means of the weights, for accumulated gradients and for rates of other
//! batch sizes.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ch01_tensors::{Array, Rng};
use ch05_backprop::{Param, Role, for_each_param};
use ch09_optimizers::{
    Accumulation, Adafactor, AdamW, Ema, Lamb, Lars, Optimizer, linear_scaling, orthogonalise, sqrt_scaling,
};

use crate::{Everything, bits, optimizers};

/// Those of all optimizers whose momentum can be set.
const HAVE_MOMENTUM: [&str; 8] = ["momentum", "nesterov", "AdamW", "RmsProp", "Adam", "Muon", "Lars", "Lamb"];

/// One optimizer with a momentum taken from it and given back moves as one that never had another.
#[test]
fn a_momentum_can_be_changed_between_steps() {
    for (name, mut optimizer) in optimizers() {
        let mut module = Everything::new(17);
        let (mut same, mut other) =
            (Everything::new(17), optimizers().into_iter().find(|o| o.0 == name).unwrap().1);
        optimizer.set_momentum(0.5);
        for step in 0..3 {
            module.gradients(step);
            same.gradients(step);
            optimizer.step(&mut module, 0.01);
            other.step(&mut same, 0.01);
        }
        // Of Muon only the matrices' changes.
        assert_eq!(module.values()[0] != same.values()[0], HAVE_MOMENTUM.contains(&name), "{name}");
    }
}

/// What cannot be a momentum is refused by every optimizer that has one, and means nothing to the others.
#[test]
fn a_momentum_that_is_none_is_refused() {
    for (name, _) in optimizers() {
        let refuses = |momentum: f64| {
            let (_, mut optimizer) = optimizers().into_iter().find(|o| o.0 == name).unwrap();
            catch_unwind(AssertUnwindSafe(|| optimizer.set_momentum(momentum))).is_err()
        };
        for momentum in [1.0, -0.1, f64::NAN] {
            assert_eq!(refuses(momentum), HAVE_MOMENTUM.contains(&name), "{name}, {momentum}");
        }
        assert!(!refuses(0.0), "{name}");
    }
}

#[test]
fn orthogonalise_makes_all_singular_values_about_one() {
    for shape in [[8, 8], [12, 5], [4, 30]] {
        let matrix = Array::<f64>::normal(shape, 0.0, 1.0, &mut Rng::new(18, "matrix"));
        let near = orthogonalise(&matrix, 5, 1e-7);
        // The larger Gram matrix's diagonal of the smaller side: rows or columns of length about 1, at right angles.
        let wide = if shape[0] > shape[1] { near.t() } else { near };
        let gram = ch02_matmul::matmul(&wide, &wide.clone().t());
        for (i, &g) in gram.data().iter().enumerate() {
            let (row, column) = (i / wide.dim(0), i % wide.dim(0));
            // Singular values between 0.68 and 1.21, squared; off the diagonal the Gram matrix is at most half their spread.
            let bounds = if row == column { 0.46..1.47 } else { -0.51..0.51 };
            assert!(bounds.contains(&g), "{shape:?}, {row}, {column}: {g}");
        }
    }
}

/// What Adafactor saves: a product of row and column means is exact when the squares are one.
#[test]
fn adafactor_knows_a_product_from_its_margins() {
    let (rows, columns) = ([1.0, 4.0, 0.25], [9.0, 0.01]);
    let mut module = Everything::<f64>(vec![Param::new(Array::full([3, 2], 1.0), Role::Weight)]);
    module.0[0].grad = Array::from_fn([3, 2], |i| f64::sqrt(rows[i[0]] * columns[i[1]]));
    Adafactor::new().step(&mut module, 0.01);
    // Then every number moves alike: g / root of g squared.
    let moved: Vec<f64> = module.values()[0].iter().map(|w| 1.0 - w).collect();
    assert!(moved.iter().all(|m| (m / 0.01 - 1.0).abs() < 1e-12), "{moved:?}");
}

/// LARS and LAMB move a layer by a share of its length, whatever the size of the gradients.
#[test]
fn layerwise_steps_go_by_the_length_of_the_weights() {
    let moved = |mut optimizer: Box<dyn Optimizer<f64>>, scale: f64, weights: f64| {
        let mut module = Everything::<f64>::new(19);
        module.0.truncate(1);
        module.0[0].grad = &module.0[0].grad * scale;
        module.0[0].value = &module.0[0].value * weights;
        let before = module.0[0].value.clone();
        optimizer.step(&mut module, 0.1);
        let length = |x: &Array<f64>| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        length(&(&module.0[0].value - &before)) / length(&before)
    };
    for (scale, weights) in [(1.0, 1.0), (1e4, 1.0), (1e-2, 1.0), (1.0, 1e3)] {
        let lars = moved(Box::new(Lars::new().trust(1.0).weight_decay(0.0)), scale, weights);
        let lamb = moved(Box::new(Lamb::new().eps(0.0)), scale, weights);
        assert!(
            (lars - 0.1).abs() < 1e-12 && (lamb - 0.1).abs() < 1e-12,
            "{scale}, {weights}: {lars}, {lamb}"
        );
    }
}

#[test]
fn ema_is_swapped_in_and_out_and_saved() {
    let mut module = Everything::<f32>::new(20);
    let (mut ema, mut saved) = (Ema::new(0.9), BTreeMap::new());
    for step in 0..6 {
        module.gradients(step);
        module.0.iter_mut().for_each(|param| param.value = param.grad.clone());
        ema.update(&mut module);
        if step == 2 {
            ema.visit_state(&mut module, &mut |name, array| {
                drop(saved.insert(name.to_owned(), array.clone()))
            });
        }
    }
    assert_eq!(saved.keys().next().unwrap(), "ema.0");
    let weights = bits(&module.values());
    ema.swap(&mut module);
    let means = bits(&module.values());
    assert!(means[0] != weights[0] && ema.swapped());
    ema.swap(&mut module);
    assert_eq!(bits(&module.values()), weights, "swapped back");
    // Restored after step 2, the means end the same, bit for bit.
    let (mut fresh, mut other) = (Ema::new(0.9), Everything::<f32>::new(21));
    fresh.visit_state(&mut other, &mut |name, array| *array = saved[name].clone());
    fresh.set_updates(3);
    for step in 3..6 {
        other.gradients(step);
        other.0.iter_mut().for_each(|param| param.value = param.grad.clone());
        fresh.update(&mut other);
    }
    fresh.swap(&mut other);
    assert_eq!(bits(&other.values()), means);
}

#[test]
fn ema_with_warmup_forgets_the_first_weights() {
    let left = |warmup: bool| {
        let mut module = Everything::<f64>::new(22);
        module.0.truncate(1);
        let mut ema = Ema::new(0.999).warmup(warmup);
        module.0[0].value.fill(1.0);
        ema.update(&mut module);
        module.0[0].value.fill(0.0);
        (0..50).for_each(|_| ema.update(&mut module));
        ema.swap(&mut module);
        module.0[0].value[[0, 0]]
    };
    // 0.999^50; and the product of (1 + t) / (10 + t) for t from 1 to 50, that is 51! 10! / 60!.
    assert!((left(false) - 0.999f64.powi(50)).abs() < 1e-12);
    let product: f64 = (1..=50).map(|t| f64::from(1 + t) / f64::from(10 + t)).product();
    assert!((left(true) - product).abs() < 1e-15 && product < 1e-8);
}

#[test]
#[should_panic(expected = "update while the means are in the module")]
fn an_update_of_swapped_means_is_refused() {
    let (mut module, mut ema) = (Everything::<f32>::new(23), Ema::new(0.9));
    ema.update(&mut module);
    ema.swap(&mut module);
    ema.update(&mut module);
}

/// Four steps over a batch cut into unequal parts are four steps over the whole batch.
#[test]
fn accumulated_gradients_are_those_of_the_whole_batch() {
    use ch04_losses::CrossEntropy;
    use ch05_backprop::{Layer, Mlp, zero_grad};
    let mut rng = Rng::new(24, "accumulation");
    let x = Array::<f64>::normal([50, 6], 0.0, 1.0, &mut rng);
    let labels: Array<i64> = Array::from_fn([50], |i| (i[0] % 3) as i64);
    let criterion = CrossEntropy::default();
    let trained = |parts: &[usize]| {
        let mut model =
            Mlp::new(&[6, 8, 3], ch03_neurons::Activation::Tanh, &mut Rng::new(0, "init")).to_f64();
        let mut optimizer = AdamW::new();
        for _ in 0..4 {
            zero_grad(&mut model);
            let (mut accumulation, mut from) = (Accumulation::default(), 0);
            for &part in parts {
                let (x, labels) = (x.slice((from..from + part,)), labels.slice((from..from + part,)));
                from += part;
                let weight = accumulation.add(part);
                let logits = model.forward(x.contiguous());
                model.backward(criterion.backward(&Array::scalar(weight), &logits, &labels.contiguous()));
            }
            accumulation.finish(&mut model);
            optimizer.step(&mut model, 0.01);
        }
        let mut values = Vec::new();
        for_each_param(&mut model, |_, param| values.extend(param.value.iter()));
        values
    };
    let whole = trained(&[50]);
    for parts in [&[16, 16, 16, 2][..], &[49, 1]] {
        for (a, b) in trained(parts).into_iter().zip(&whole) {
            // Sums in another order; Adam's first steps divide gradients by themselves and amplify that for small ones.
            assert!((a - b).abs() < 1e-9, "{parts:?}: {a}, {b}");
        }
    }
}

/// k steps of plain descent and one step with k times the rate on all k batches part by the square of the rate: the
/// linear rule is right to first order.
#[test]
fn the_linear_rule_is_right_to_first_order() {
    let apart = |rate: f64| {
        let batches = [1.0, -0.5, 2.0, 0.3];
        // Each batch pulls a number to its own place, with its own curvature.
        let gradient = |w: f64, target: f64| (1.0 + target * target) * (w - target);
        let many = batches.iter().fold(1.5, |w, &b| w - rate * gradient(w, b));
        let mean = batches.iter().map(|&b| gradient(1.5, b)).sum::<f64>() / 4.0;
        (many - (1.5 - linear_scaling(rate, 32, 128) * mean)).abs()
    };
    let ratio = apart(1e-3) / apart(1e-4);
    assert!((90.0..110.0).contains(&ratio), "ten times the rate, a hundred times apart: {ratio}");
}

/// Of a sign with noise, Adam's step in the simplest case, the spread after the same number of examples stays the same with the
/// root rule.
#[test]
fn the_root_rule_keeps_the_noise_of_signs() {
    let spread = |batch: usize, rate: f64| {
        let mut rng = Rng::new(25, "noise");
        let mut squares = 0.0;
        for _ in 0..400 {
            let mut w = 0.0;
            for _ in 0..256 / batch {
                let noise: f64 = (0..batch).map(|_| rng.normal()).sum();
                w -= rate * noise.signum();
            }
            squares += w * w / 400.0;
        }
        squares
    };
    let (small, large) = (spread(4, 1e-3), spread(16, sqrt_scaling(1e-3, 4, 16)));
    // 400 squares of normal numbers: their mean is known to 7 %.
    assert!((small / large - 1.0).abs() < 0.3, "{small}, {large}");
}
