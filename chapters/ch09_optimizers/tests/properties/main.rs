//! What holds for every optimizer: frozen parameters, groups, states that are saved and restored, wrong arguments.

use std::collections::BTreeMap;

use ch01_tensors::{Array, Float, Rng, Tensor};
use ch05_backprop::{Module, Param, Role, Visitor, for_each_param};
use ch09_optimizers::{
    AdaGrad, Adafactor, Adam, AdamW, Group, Groups, Lamb, Lars, Lion, Muon, Optimizer, RmsProp, Sgd,
    clip_grad_norm, clip_grad_value, grad_norm,
};

mod each;

/// Parameters of every role and of several sizes, one of them cut into parallel parts with a ragged end.
struct Everything<T: Float = f32>(Vec<Param<T>>);

impl<T: Float> Everything<T> {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed, "everything");
        let roles = [Role::Weight, Role::Bias, Role::Norm, Role::Embedding, Role::Activation, Role::Weight];
        let shapes: [&[usize]; 6] = [&[7, 5], &[7], &[], &[300, 171], &[1], &[0, 3]];
        let param = |(role, shape): (Role, &[usize])| {
            let mut param = Param::new(Array::normal(shape, 0.0, 1.0, &mut rng), role);
            param.grad = Array::normal(shape, 0.0, 1.0, &mut rng);
            param
        };
        Everything(roles.into_iter().zip(shapes).map(param).collect())
    }

    fn values(&self) -> Vec<Vec<T>> {
        self.0.iter().map(|param| param.value.to_vec()).collect()
    }

    /// New gradients, the same for the same step.
    fn gradients(&mut self, step: u64) {
        let mut rng = Rng::new(step, "gradients");
        for param in &mut self.0 {
            param.grad = Array::normal(*param.value.shape(), 0.0, 1.0, &mut rng);
        }
    }
}

impl<T: Float> Module<T> for Everything<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        for (i, param) in self.0.iter_mut().enumerate() {
            visitor.param(i, param);
        }
    }
}

fn optimizers() -> Vec<(&'static str, Box<dyn Optimizer>)> {
    vec![
        ("plain", Box::new(Sgd::new().weight_decay(0.1))),
        ("momentum", Box::new(Sgd::new().momentum(0.9).weight_decay(0.1))),
        ("nesterov", Box::new(Sgd::new().momentum(0.9).nesterov(true).weight_decay(0.1))),
        ("AdamW", Box::new(AdamW::new().betas(0.9, 0.95).weight_decay(0.1))),
        ("AdaGrad", Box::new(AdaGrad::new().initial(0.1).weight_decay(0.1))),
        ("RmsProp", Box::new(RmsProp::new().momentum(0.9).centered(true).weight_decay(0.1))),
        ("Adam", Box::new(Adam::new().amsgrad(true).weight_decay(0.1))),
        ("Lion", Box::new(Lion::new().weight_decay(0.1))),
        ("Muon", Box::new(Muon::new().weight_decay(0.1))),
        ("Adafactor", Box::new(Adafactor::new().weight_decay(0.1))),
        ("Lars", Box::new(Lars::new().trust(0.1).weight_decay(0.1))),
        ("Lamb", Box::new(Lamb::new().weight_decay(0.1))),
    ]
}

fn bits(values: &[Vec<f32>]) -> Vec<Vec<u32>> {
    values.iter().map(|values| values.iter().map(|x| x.to_bits()).collect()).collect()
}

#[test]
fn a_frozen_parameter_neither_moves_nor_decays() {
    for (name, mut optimizer) in optimizers() {
        let mut module = Everything::new(1);
        module.0[3].frozen = true;
        let before = module.values();
        (0..3).for_each(|_| optimizer.step(&mut module, 0.1));
        let after = module.values();
        assert_eq!(before[3], after[3], "{name}: frozen");
        assert!(before[0].iter().zip(&after[0]).all(|(a, b)| a != b), "{name}: the others move");
    }
}

#[test]
fn without_a_gradient_only_weights_and_embeddings_decay() {
    // Those whose decay is not divided by anything: the others' is known by the golden values.
    let apart = ["plain", "momentum", "nesterov", "AdamW", "Lion", "Muon", "Adafactor"];
    for (name, mut optimizer) in optimizers().into_iter().filter(|(name, _)| apart.contains(name)) {
        let mut module = Everything::new(2);
        module.0.iter_mut().for_each(Param::zero_grad);
        let before = module.values();
        optimizer.step(&mut module, 0.1);
        // 1 - 0.1 * 0.1; Nesterov's step takes the decay once as it is and 0.9 times from the running sum.
        let left = if name == "nesterov" { 1.0 - 0.01 * 1.9 } else { 0.99 };
        for (i, decays) in [(0, true), (1, false), (2, false), (3, true), (4, false)] {
            for (a, b) in before[i].iter().zip(&module.values()[i]) {
                // One rounding of a product, or of a product and a difference.
                let kept = if decays { left * a } else { *a };
                assert!((kept - b).abs() <= 2e-7 * a.abs(), "{name}, parameter {i}: from {a} to {b}");
            }
        }
    }
}

#[test]
fn groups_scale_rate_and_decay() {
    let groups = || {
        Groups::new(|path, _| {
            if path == "0" { Group { rate: 0.5, decay: 2.0 } } else { Group { rate: 1.0, decay: 0.0 } }
        })
    };
    let (mut module, mut same) = (Everything::<f64>::new(3), Everything::<f64>::new(3));
    AdamW::new().weight_decay(0.1).groups(groups()).step(&mut module, 0.1);
    AdamW::new().weight_decay(0.2).groups(Groups::uniform()).step(&mut same, 0.05);
    assert_eq!(module.values()[0], same.values()[0]);
    let mut same = Everything::<f64>::new(3);
    AdamW::new().weight_decay(0.0).step(&mut same, 0.1);
    assert_eq!(module.values()[1], same.values()[1]);
}

#[test]
fn a_restored_state_goes_on_with_the_same_bits() {
    for (i, (name, mut optimizer)) in optimizers().into_iter().enumerate() {
        let mut module = Everything::new(4);
        module.0[1].frozen = true;
        for step in 0..5 {
            module.gradients(step);
            optimizer.step(&mut module, 0.01);
        }
        // Saved in the middle of the run.
        let mut saved: BTreeMap<String, Tensor> = BTreeMap::new();
        optimizer.visit_state(&mut module, &mut |name, array| {
            assert!(saved.insert(name.to_owned(), array.clone()).is_none(), "{name} twice");
        });
        let (values, steps) = (module.values(), optimizer.steps());
        let finish = |optimizer: &mut dyn Optimizer, module: &mut Everything| {
            module.0[1].frozen = false;
            for step in 5..10 {
                module.gradients(step);
                optimizer.step(module, 0.01);
            }
            (bits(&module.values()), optimizer.steps())
        };
        let whole = finish(&mut *optimizer, &mut module);
        // Restored into new objects.
        let mut fresh = optimizers().swap_remove(i).1;
        let mut other = Everything::new(5);
        other.0[1].frozen = true;
        for (param, values) in other.0.iter_mut().zip(&values) {
            param.value = Array::from_slice(values, *param.value.shape());
        }
        let mut seen = 0;
        fresh.visit_state(&mut other, &mut |name, array| {
            *array = saved[name].clone();
            seen += 1;
        });
        fresh.set_steps(steps);
        assert_eq!(seen, saved.len(), "{name}: the same names");
        assert_eq!(finish(&mut *fresh, &mut other), whole, "{name}");
    }
}

#[test]
fn the_names_of_the_state_are_pytorchs_with_the_path() {
    let names = |mut optimizer: Box<dyn Optimizer>| {
        let mut names = Vec::new();
        optimizer.visit_state(&mut Everything::new(6), &mut |name, _| names.push(name.to_owned()));
        names
    };
    assert_eq!(names(Box::new(Sgd::new())), Vec::<String>::new());
    assert_eq!(names(Box::new(Sgd::new().momentum(0.9)))[..3], ["step.0", "momentum_buffer.0", "step.1"]);
    assert_eq!(names(Box::new(AdamW::new()))[..4], ["step.0", "exp_avg.0", "exp_avg_sq.0", "step.1"]);
    // Of matrices a row and a column, of vectors everything.
    let adafactor = names(Box::new(Adafactor::new()));
    assert_eq!(adafactor[..5], ["step.0", "row_var.0", "col_var.0", "step.1", "variance.1"]);
    // Muon for weights, AdamW for the rest and for what `only` leaves out.
    assert_eq!(names(Box::new(Muon::new()))[..4], ["step.0", "momentum_buffer.0", "step.1", "exp_avg.1"]);
    let muon = names(Box::new(Muon::new().only(|path, _| path != "0")));
    assert_eq!(muon[..3], ["step.0", "exp_avg.0", "exp_avg_sq.0"]);
}

#[test]
fn a_parameter_unfrozen_late_begins_like_a_new_one() {
    let mut module = Everything::<f64>::new(7);
    let mut optimizer = AdamW::new();
    module.0[0].frozen = true;
    (0..50).for_each(|_| optimizer.step(&mut module, 0.01));
    module.0[0].frozen = false;
    optimizer.step(&mut module, 0.01);
    let mut new = Everything::<f64>::new(7);
    AdamW::new().step(&mut new, 0.01);
    assert_eq!(module.values()[0], new.values()[0]);
}

#[test]
fn clipping_by_norm_keeps_the_direction() {
    let mut module = Everything::<f64>::new(8);
    module.0[3].frozen = true;
    let before: Vec<Array<f64>> = module.0.iter().map(|param| param.grad.clone()).collect();
    let norm = clip_grad_norm(&mut module, 0.5);
    let by_hand: f64 = [0, 1, 2, 4].iter().map(|&i| before[i].iter().map(|g| g * g).sum::<f64>()).sum();
    assert!((norm - by_hand.sqrt()).abs() < 1e-12 * norm, "{norm}");
    // PyTorch's 1e-6 below the line leaves the norm a little short.
    assert!((grad_norm(&mut module) - 0.5).abs() < 1e-6);
    for (i, before) in before.iter().enumerate() {
        let factor = if i == 3 { 1.0 } else { 0.5 / (norm + 1e-6) };
        for (a, b) in before.iter().zip(module.0[i].grad.iter()) {
            assert!((factor * a - b).abs() < 1e-15, "parameter {i}");
        }
    }
    let short = module.0[0].grad.to_vec();
    clip_grad_norm(&mut module, 0.6);
    assert_eq!(module.0[0].grad.to_vec(), short, "what is short enough stays as it is");
}

#[test]
fn a_norm_that_is_not_finite_changes_nothing() {
    for bad in [f32::NAN, f32::INFINITY] {
        let mut module = Everything::new(9);
        module.0[1].grad.data_mut()[2] = bad;
        let before = module.0[0].grad.to_vec();
        assert!(!clip_grad_norm(&mut module, 0.1).is_finite());
        assert_eq!(module.0[0].grad.to_vec(), before);
    }
}

#[test]
fn a_norm_of_numbers_whose_squares_leave_f32_is_right() {
    let mut module = Everything::new(10);
    module.0.truncate(1);
    for size in [1e30f32, 1e-30] {
        module.0[0].grad = Tensor::full([7, 5], size);
        let norm = grad_norm(&mut module);
        assert!((norm / (f64::from(size) * 35f64.sqrt()) - 1.0).abs() < 1e-12, "{norm}");
    }
}

#[test]
fn clipping_by_value_cuts_each_number_and_keeps_nan() {
    let mut module = Everything::<f64>::new(11);
    module.0.truncate(1);
    module.0[0].grad = Array::from([-3.0, -0.5, 0.0, 0.25, 7.0, f64::INFINITY]);
    module.0[0].value = Array::zeros([6]);
    clip_grad_value(&mut module, 0.5);
    assert_eq!(module.0[0].grad.to_vec(), [-0.5, -0.5, 0.0, 0.25, 0.5, 0.5]);
    module.0[0].grad = Array::full([6], f64::NAN);
    clip_grad_value(&mut module, 0.5);
    assert!(module.0[0].grad.iter().all(f64::is_nan));
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut all = Vec::new();
            for (_, mut optimizer) in optimizers() {
                let mut module = Everything::new(12);
                for step in 0..3 {
                    module.gradients(step);
                    let norm = clip_grad_norm(&mut module, 1.0);
                    optimizer.step(&mut module, 0.01);
                    all.push(vec![norm.to_bits() as u32]);
                }
                all.extend(bits(&module.values()));
            }
            all
        })
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

#[test]
fn a_gradient_that_is_a_view_is_used_as_it_stands() {
    let (mut module, mut same) = (Everything::<f64>::new(13), Everything::<f64>::new(13));
    let grad = Array::normal([171, 300], 0.0, 1.0, &mut Rng::new(0, "view"));
    module.0[3].grad = grad.clone().t();
    same.0[3].grad = grad.t().copy();
    AdamW::new().step(&mut module, 0.01);
    AdamW::new().step(&mut same, 0.01);
    assert_eq!(module.values(), same.values());
}

#[test]
#[should_panic(expected = "a learning rate of NaN")]
fn a_rate_that_is_no_number_is_refused() {
    AdamW::new().step(&mut Everything::<f32>::new(14), f64::NAN);
}

#[test]
#[should_panic(expected = "Nesterov's step needs a momentum")]
fn nesterov_without_momentum_is_refused() {
    Sgd::new().nesterov(true).step(&mut Everything::<f32>::new(14), 0.1);
}

#[test]
#[should_panic(expected = "0 has shape [8] but its state [7, 5]: one optimizer, one module")]
fn another_module_is_refused() {
    let mut module = Everything::<f32>::new(15);
    let mut optimizer = AdamW::new();
    optimizer.step(&mut module, 0.1);
    module.0[0] = Param::new(Array::zeros([8]), Role::Weight);
    optimizer.step(&mut module, 0.1);
}

#[test]
#[should_panic(expected = "a gradient of shape [35] for a parameter of [7, 5]")]
fn a_gradient_of_another_shape_is_refused() {
    let mut module = Everything::<f32>::new(16);
    for_each_param(&mut module, |path, param| {
        if path.to_string() == "0" {
            param.grad = Array::zeros([35]);
        }
    });
    Sgd::new().step(&mut module, 0.1);
}

/// On `λ/2 w²` plain descent is stable below `2/λ`, momentum below `2 (1 + μ) / λ`, Nesterov's step below
/// `2 (1 + μ) / ((1 + 2 μ) λ)`: the limits that the page gives.
#[test]
fn sgd_is_stable_up_to_its_limit() {
    const CURVATURE: f64 = 5.0;
    let last = |make: &dyn Fn() -> Sgd<f64>, rate: f64| {
        let mut module = Everything(vec![Param::new(Array::from([1.0]), Role::Weight)]);
        let mut optimizer = make();
        for _ in 0..3000 {
            module.0[0].grad = &module.0[0].value * CURVATURE;
            optimizer.step(&mut module, rate);
        }
        module.0[0].value.item().abs()
    };
    let check = |make: &dyn Fn() -> Sgd<f64>, limit: f64| {
        let (below, above) = (last(make, 0.99 * limit / CURVATURE), last(make, 1.01 * limit / CURVATURE));
        assert!(below < 1e-3, "below {limit}: {below}");
        assert!(above.is_nan() || above > 1e3, "above {limit}: {above}");
    };
    check(&Sgd::new, 2.0);
    for mu in [0.5, 0.8, 0.9] {
        check(&|| Sgd::new().momentum(mu), 2.0 * (1.0 + mu));
        check(&|| Sgd::new().momentum(mu).nesterov(true), 2.0 * (1.0 + mu) / (1.0 + 2.0 * mu));
    }
}
