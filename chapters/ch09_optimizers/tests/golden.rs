//! Ten steps of every optimizer, and clipping, against PyTorch's (made by tests/golden/make_ch09.py).
//!
//! Both sides compute in f64 with the same formulas in slightly different orders: a step rounds about ten times, ten steps
//! a hundred times, to 2^-53. 1e-9 relative would forgive a million roundings; 1e-12 is asked for.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::{Array, Float, npz};
use ch05_backprop::{Module, Param, Role, Visitor};
use ch09_optimizers::{AdamW, Optimizer, Sgd, clip_grad_norm, clip_grad_value};

type Golden = BTreeMap<String, NpyArray>;

fn golden() -> Golden {
    npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch09.npz")).unwrap()
}

fn get(golden: &Golden, name: &str) -> Array<f64> {
    golden.get(name).unwrap_or_else(|| panic!("no golden entry {name}")).f64().unwrap()
}

#[track_caller]
fn assert_close(what: &str, ours: &Array<f64>, theirs: &Array<f64>, tolerance: f64) {
    assert_eq!(ours.shape(), theirs.shape(), "{what}: shapes");
    for (i, (a, b)) in ours.iter().zip(theirs.iter()).enumerate() {
        assert!((a - b).abs() <= tolerance * b.abs(), "{what}, element {i}: ours {a}, PyTorch's {b}");
    }
}

const NAMES: [&str; 2] = ["decay", "plain"];

/// The two parameters of the golden file; only the first is of a role that decays.
struct Two<T: Float>([Param<T>; 2]);

impl<T: Float> Two<T> {
    fn new(golden: &Golden) -> Self {
        let param = |(name, role)| Param::new(get(golden, name).map_to(|x| T::from_f64(x)), role);
        Two([("before.decay", Role::Weight), ("before.plain", Role::Norm)].map(param))
    }

    fn gradients(&mut self, golden: &Golden, step: usize) {
        for (name, param) in NAMES.iter().zip(&mut self.0) {
            let grads = get(golden, &format!("grads.{name}")).slice((step,));
            param.grad = grads.map_to(|x| T::from_f64(x));
        }
    }
}

impl<T: Float> Module<T> for Two<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        for (name, param) in NAMES.into_iter().zip(&mut self.0) {
            visitor.param(name, param);
        }
    }
}

/// The options of every case, and the optimizer they ask for.
fn cases<T: Float>(golden: &Golden) -> Vec<(f64, Box<dyn Optimizer<T>>)> {
    let make = |case: &String| {
        let case: serde_json::Value = serde_json::from_str(case).unwrap();
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        let decay = number(&case["decay"]);
        let optimizer: Box<dyn Optimizer<T>> = if case["optimizer"] == "sgd" {
            let nesterov = case["nesterov"].as_bool().unwrap();
            Box::new(Sgd::new().momentum(number(&case["momentum"])).nesterov(nesterov).weight_decay(decay))
        } else {
            let betas = &case["betas"];
            let adamw = AdamW::new().betas(number(&betas[0]), number(&betas[1]));
            Box::new(adamw.eps(number(&case["eps"])).weight_decay(decay))
        };
        (number(&case["rate"]), optimizer)
    };
    golden["cases"].text().unwrap().iter().map(make).collect()
}

#[test]
fn golden_ten_steps_of_every_optimizer() {
    let golden = golden();
    let cases = cases::<f64>(&golden);
    assert_eq!(cases.len(), 40, "ten of SGD, thirty of AdamW");
    let mut states = 0;
    for (i, (rate, mut optimizer)) in cases.into_iter().enumerate() {
        let mut module = Two::new(&golden);
        for step in 0..10 {
            module.gradients(&golden, step);
            optimizer.step(&mut module, rate / (1 + step) as f64);
            for (name, param) in NAMES.iter().zip(&module.0) {
                let theirs = get(&golden, &format!("{i}.{name}")).slice((step,));
                assert_close(&format!("case {i}, step {step}, {name}"), &param.value, &theirs, 1e-12);
            }
        }
        optimizer.visit_state(&mut module, &mut |name, array| {
            if name.starts_with("step.") {
                assert_eq!(array.item(), 10.0);
            } else {
                assert_close(
                    &format!("case {i}, {name}"),
                    array,
                    &get(&golden, &format!("{i}.{name}")),
                    1e-12,
                );
                states += 1;
            }
        });
    }
    assert_eq!(states, 8 * 2 + 30 * 4, "every state of PyTorch's has been compared");
}

/// The f32 path against the f64 one. A number is rounded to 2^-24 about ten times per step, for ten steps, and the
/// roundings of the root and of the means act on a step, which is at most the rate or some hundred times it with SGD's
/// sum: 1e-5 of the largest number on the way.
#[test]
fn fast_f32_against_f64() {
    let golden = golden();
    for (i, ((rate, mut fast), (_, mut plain))) in
        cases::<f32>(&golden).into_iter().zip(cases::<f64>(&golden)).enumerate()
    {
        let (mut fast_module, mut plain_module) = (Two::<f32>::new(&golden), Two::<f64>::new(&golden));
        let mut largest = [0.0; 2];
        for step in 0..10 {
            fast_module.gradients(&golden, step);
            plain_module.gradients(&golden, step);
            fast.step(&mut fast_module, rate);
            plain.step(&mut plain_module, rate);
            for (p, (fast, plain)) in fast_module.0.iter().zip(&plain_module.0).enumerate() {
                largest[p] = plain.value.iter().map(f64::abs).fold(largest[p], f64::max);
                for (a, b) in fast.value.iter().zip(plain.value.iter()) {
                    let error = (f64::from(a) - b).abs();
                    assert!(error <= 1e-5 * largest[p], "case {i}, step {step}: f32 {a}, f64 {b}");
                }
            }
        }
    }
}

#[test]
fn golden_clipping() {
    let golden = golden();
    let mut cases = 0;
    for (name, most) in golden.iter().filter(|(name, _)| name.starts_with("clip.")) {
        let [_, i, kind] = name.split('.').collect::<Vec<_>>()[..] else { unreachable!() };
        let most = || most.f64().unwrap().item();
        let mut module = Two::<f64>::new(&golden);
        module.gradients(&golden, 0);
        match kind {
            "max" => {
                let norm = clip_grad_norm(&mut module, most());
                let theirs = get(&golden, &format!("clip.{i}.norm")).item();
                assert!((norm - theirs).abs() <= 1e-14 * theirs, "ours {norm}, PyTorch's {theirs}");
            }
            "value" => clip_grad_value(&mut module, most()),
            _ => continue,
        }
        cases += 1;
        for (name, param) in NAMES.iter().zip(&module.0) {
            assert_close(name, &param.grad, &get(&golden, &format!("clip.{i}.{name}")), 1e-14);
        }
    }
    assert_eq!(cases, 5);
}

#[test]
fn the_golden_file_says_what_made_it() {
    let versions = golden()["versions"].text().unwrap();
    assert!(versions[0].starts_with("torch "), "{versions:?}");
}
