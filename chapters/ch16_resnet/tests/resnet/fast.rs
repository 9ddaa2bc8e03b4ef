//! The fast network, its first weights, its data and its recipe.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, assert_close, for_each_param};
use ch07_modules::{count_parameters, count_trainable, state_dict};
use ch09_optimizers::{Optimizer, Sgd};
use ch13_data::{Dataset, ImageSet, Loader};
use ch15_convolution::{Conv2dOptions, conv2d};
use ch16_resnet::*;

fn images(count: usize, seed: u64) -> Tensor {
    // Neighbours that are alike, as in photographs: noise, and the same smeared to the right and down.
    let noise = Tensor::normal([count, 3, 33, 33], 0.0, 1.0, &mut Rng::new(seed, "images"));
    let right = &noise.narrow(3, 0, 32) + &noise.narrow(3, 1, 32);
    &right.narrow(2, 0, 32) + &right.narrow(2, 1, 32)
}

#[test]
fn fast_net_has_the_parameters_of_the_benchmark() {
    let mut net = FastNet::new(&images(8, 0), 10, &mut Rng::new(0, "init"));
    // `sum(p.numel() for p in Airbench().parameters())`, and of those that require a gradient.
    assert_eq!(count_parameters(&mut net), 1_972_792);
    assert_eq!(count_trainable(&mut net), 1_971_352);
    let names: Vec<String> = state_dict(&mut net).into_keys().collect();
    for name in ["whiten.weight", "whiten.bias", "blocks.0.weight", "blocks.19.running_var", "head.weight"] {
        assert!(names.iter().any(|found| found == name), "{name} in {names:?}");
    }
}

#[test]
fn whitened_patches_are_white() {
    let images = images(40, 1);
    let weight = whitening_weight(&images, 2, 0.0);
    let y = conv2d(&images, &weight, None, Conv2dOptions::default());
    // [24, all positions]: the first twelve have mean square 1 and mean products 0, the others are minus them.
    let y = y.to_f64().permute([1, 0, 2, 3]).contiguous().reshape([24, 40 * 31 * 31]);
    let products = ch02_matmul::matmul(&y, &y.clone().t()) / (40 * 31 * 31) as f64;
    let want = Array::<f64>::from_fn([24, 24], |i| match (i[0] % 12 == i[1] % 12, i[0] == i[1]) {
        (true, true) => 1.0,
        (true, false) => -1.0,
        _ => 0.0,
    });
    // Weights are rounded to f32, and small eigenvalues enlarge that.
    assert_close("mean products", &products, &want, 1e-4);
}

#[test]
fn eigenvectors_diagonalise() {
    let mut rng = Rng::new(2, "matrix");
    for d in [1, 2, 3, 12, 27] {
        let a = Array::<f64>::normal([d, d], 0.0, 1.0, &mut rng);
        let a = &a + &a.clone().t();
        let (values, vectors) = symmetric_eigen(&a);
        assert!(values.is_sorted_by(|a, b| a >= b), "{values:?}");
        let identity = ch02_matmul::matmul(&vectors, &vectors.clone().t());
        assert_close("orthonormal", &identity, &Array::<f64>::eye(d), 1e-12);
        let diagonal = ch02_matmul::matmul(&ch02_matmul::matmul(&vectors, &a), &vectors.clone().t());
        let want = Array::<f64>::from_fn([d, d], |i| if i[0] == i[1] { values[i[0]] } else { 0.0 });
        assert_close("diagonal", &diagonal, &want, 1e-12);
    }
}

#[test]
fn dirac_kernels_pass_channels_on() {
    let convolution = dirac_convolution::<f32>(3, 5, &mut Rng::new(3, "init"));
    let x = Tensor::normal([2, 3, 6, 7], 0.0, 1.0, &mut Rng::new(4, "x"));
    assert_eq!(convolution.infer(x.clone()).narrow(1, 0, 3).contiguous(), x);
}

#[test]
fn every_image_is_mirrored_in_every_second_epoch() {
    let pixels: Vec<u8> = (0..20 * 12).map(|i| (i * 37 % 251) as u8).collect();
    let set = ImageSet::new(pixels, &[0; 20], [1, 3, 4]);
    let statistics = set.channel_statistics(&(0..20).collect::<Vec<_>>());
    let data = FastImages::new(set.clone(), &statistics, 0, 5);
    let plain = set.normalise(&statistics).batch(&(0..20).collect::<Vec<_>>(), &mut Rng::new(0, "")).input;
    let loader = Loader::new(data.clone(), 20).workers(2);
    let epoch = |number| loader.epoch(number, 0).next().unwrap().input;
    let mut flips = [0, 0];
    for i in 0..20 {
        for number in 0..2 {
            let seen = epoch(number).narrow(0, i, 1).contiguous();
            let (image, mirrored) =
                (plain.narrow(0, i, 1).contiguous(), plain.narrow(0, i, 1).flip(-1).contiguous());
            assert_eq!(seen, if data.flipped(i, number) { mirrored } else { image });
            flips[number as usize] += usize::from(data.flipped(i, number));
        }
        assert_ne!(data.flipped(i, 0), data.flipped(i, 1));
        assert_eq!(data.flipped(i, 0), data.flipped(i, 8));
    }
    assert!(flips[0] > 3 && flips[1] > 3, "{flips:?}");
}

#[test]
fn shifted_images_are_mirrored_at_their_edges() {
    assert_eq!([-2, -1, 0, 4, 5, 6].map(|place| reflect(place, 5)), [2, 1, 0, 4, 3, 2]);
    let set = ImageSet::new((0..16u8).collect::<Vec<_>>(), &[7], [1, 4, 4]);
    let one = ch13_data::Statistics { mean: vec![0.0], std: vec![1.0 / 255.0] };
    let data = FastImages::new(set, &one, 2, 0);
    let mut rng = Rng::new(6, "shifts");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let batch = data.batch_of(u64::from(data.flipped(0, 0)), &[0], &mut rng);
        let image = batch.input.to_vec();
        let found = (-2..3).flat_map(|top| (-2..3).map(move |left| (top, left))).find(|&(top, left)| {
            (0..16).all(|i| {
                let (y, x) = (reflect(i / 4 + top, 4), reflect(i % 4 + left, 4));
                (image[i as usize] - (4 * y + x) as f32).abs() < 1e-4
            })
        });
        seen.insert(found.unwrap_or_else(|| panic!("no shift of the image: {image:?}")));
        assert_eq!(batch.labels.to_vec(), [7]);
    }
    assert_eq!(seen.len(), 25, "all shifts: {seen:?}");
}

#[test]
fn six_views_are_those_of_the_paper() {
    let x = Tensor::normal([2, 1, 4, 5], 0.0, 1.0, &mut Rng::new(7, "x"));
    let pick = |y: usize, column: usize| {
        let seen = six_views(&x, |view| view.narrow(2, y, 1).narrow(3, column, 1).reshape([2, 1]));
        seen.to_vec()[0]
    };
    let at = |y, column| x[[0, 0, reflect(y, 4), reflect(column, 5)]];
    for (y, c) in [(0, 0), (1, 2), (3, 4)] {
        let m = 4 - c;
        let want = 0.25 * (at(y, c) + at(y, m))
            + 0.125 * (at(y - 1, c - 1) + at(y - 1, m - 1) + at(y + 1, c + 1) + at(y + 1, m + 1));
        assert!((pick(y as usize, c as usize) - want).abs() < 1e-6);
    }
}

#[test]
fn lookahead_pulls_weights_back() {
    // A single weight whose gradient is 1: the fast one falls by the rate at each step.
    let mut model = linear::<f64>(1, 1, false, &mut Rng::new(0, "init"));
    let start = model.weight.value.item();
    let mut optimizer = Lookahead::new(Box::new(Sgd::new()), 2, 5, |step| step as f64 / 10.0);
    let (mut fast, mut slow) = (start, start);
    for step in 1..=5 {
        model.weight.grad.fill(1.0);
        optimizer.step(&mut model, 0.1);
        fast -= 0.1;
        if step % 2 == 0 {
            let share = step as f64 / 10.0;
            slow = share * slow + (1.0 - share) * fast;
            fast = slow;
        }
        if step == 5 {
            fast = slow;
        }
        assert!((model.weight.value.item() - fast).abs() < 1e-12, "after step {step}");
    }
    let mut names = Vec::new();
    optimizer.visit_state(&mut model, &mut |name, _| names.push(name.to_owned()));
    assert_eq!(names, ["slow.weight"]);
}

#[test]
fn parameters_are_frozen_by_phase() {
    let mut net = FastNet::<f32>::build([4, 4, 4], 3, 10, &mut Rng::new(0, "init"));
    let recipe = FastRecipe { epochs: 5, whiten_epochs: 3, ..FastRecipe::default() };
    let mut optimizer = recipe.optimizer(2);
    let mut frozen = |net: &mut FastNet, rate: f64| {
        let mut names = Vec::new();
        optimizer.step(net, rate);
        for_each_param(net, |path, param| {
            if param.frozen {
                names.push(path.to_string())
            }
        });
        names
    };
    for step in 0..10 {
        let names = frozen(&mut net, 0.0);
        assert!(names.contains(&"whiten.weight".into()) && names.contains(&"blocks.9.weight".into()));
        assert_eq!(names.contains(&"whiten.bias".into()), step >= 6, "step {step}: {names:?}");
        assert_eq!(names.len(), 7 + usize::from(step >= 6));
    }
}

#[test]
fn the_numbers_of_the_recipe_are_the_papers() {
    let recipe = FastRecipe::default();
    // lr = 11.5 / (1024 (1 + 1 / 0.15)) for a sum over 1024 examples.
    assert!((recipe.step_rate() - 11.5 / (1.0 + 1.0 / 0.15)).abs() < 1e-12);
    assert!((recipe.step_decay() - 0.0153 / (1.0 + 1.0 / 0.15)).abs() < 1e-12);
    let half = FastRecipe { batch: 512, ..recipe.clone() };
    assert!((half.step_momentum().powi(2) - 0.85).abs() < 1e-12);
    let schedule = recipe.schedule(100);
    let peak = recipe.step_rate();
    for (step, share) in [(0, 0.2), (23, 1.0), (100, 0.07)] {
        assert!((schedule.rate(step) - share * peak).abs() < 1e-12, "{step}");
    }
}

#[test]
fn views_change_use_and_not_training() {
    let mut net = FastNet::<f32>::build([4, 4, 4], 3, 10, &mut Rng::new(8, "init"));
    let x = images(3, 9);
    net.forward(x.clone());
    net.views = false;
    let want = six_views(&x, |view| net.infer(view));
    net.views = true;
    assert_eq!(net.infer(x), want);
}
