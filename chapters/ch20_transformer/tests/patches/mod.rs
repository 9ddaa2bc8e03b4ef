//! Transformers on patches: gradient checks, torchvision's and PyTorch's values, laws, and f32 against f64.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::{Array, Rng, Tensor, npz};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch05_backprop::{Layer, assert_close, assert_golden, for_each_param, gradcheck};
use ch07_modules::safetensors;
use ch20_transformer::{
    LoadError, PatchConfig, PatchForecaster, VisionTransformer, VitConfig, image_patches,
    image_patches_backward, load_vit, scale_window, series_patches, series_patches_backward,
    torchvision_name,
};

use super::random;

type Golden = BTreeMap<String, NpyArray>;

fn golden() -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch20_patches.npz");
    npz::read(&path).unwrap()
}

fn tensor(golden: &Golden, name: &str) -> Tensor {
    golden.get(name).unwrap_or_else(|| panic!("no golden entry {name}")).f32().unwrap()
}

fn sizes(golden: &Golden, case: &str) -> Vec<usize> {
    golden[&format!("{case}.sizes")].i64().unwrap().iter().map(|size| size as usize).collect()
}

fn rng() -> Rng {
    Rng::new(0, "weights")
}

fn vit(side: usize, patch: usize, size: usize, heads: usize, layers: usize) -> VitConfig {
    VitConfig {
        channels: 3,
        side,
        patch,
        size,
        heads,
        layers,
        feed_forward: 2 * size,
        dropout: 0.0,
        classes: 4,
    }
}

fn series(time: usize, patch: usize, stride: usize) -> PatchConfig {
    PatchConfig {
        time,
        horizon: 3,
        patch,
        stride,
        size: 4,
        heads: 2,
        layers: 1,
        feed_forward: 6,
        dropout: 0.0,
    }
}

#[test]
fn gradcheck_image_patches() {
    for (shape, patch) in [([2, 3, 4, 6], 2), ([1, 1, 3, 3], 3), ([2, 1, 2, 2], 1), ([0, 2, 4, 4], 2)] {
        let x = random(&shape, 1);
        let c = random(&image_patches(&x, patch).shape()[..], 2);
        let numeric = numerical_gradient(|x| (image_patches(x, patch) * &c).sum_all(), &x);
        assert_gradient("the images", &image_patches_backward(&c, shape, patch), &numeric);
    }
}

#[test]
fn gradcheck_series_patches() {
    for (time, length, stride) in [(8, 4, 2), (7, 3, 3), (5, 5, 1), (9, 4, 1), (6, 2, 4)] {
        let x = random(&[2, time], 1);
        let c = random(&series_patches(&x, length, stride).shape()[..], 2);
        let numeric = numerical_gradient(|x| (series_patches(x, length, stride) * &c).sum_all(), &x);
        assert_gradient("the series", &series_patches_backward(&c, time, stride), &numeric);
    }
}

#[test]
fn gradcheck_vision_transformer() {
    let mut model = VisionTransformer::new(&vit(4, 2, 4, 2, 1), &mut rng()).to_f64();
    // A class token of zeros is a tiny vector, which LayerNorm makes large: finite differences are then off by more.
    model.class_token.value = random(&[1, 1, 4], 9);
    gradcheck(&mut model, &random(&[2, 3, 4, 4], 3));
}

#[test]
fn gradcheck_patch_forecaster() {
    for (time, patch, stride) in [(8, 4, 2), (7, 3, 3)] {
        let mut model = PatchForecaster::new(&series(time, patch, stride), &mut rng()).to_f64();
        gradcheck(&mut model, &random(&[2, time], 3));
    }
}

/// A stem and up to three blocks in f32, in different orders: 5e-5, as for the encoders.
#[test]
fn golden_vision_transformer() {
    let golden = golden();
    for i in 0..3 {
        let case = format!("vit.{i}");
        let [side, patch, size, heads, layers, feed_forward, classes] = sizes(&golden, &case)[..] else {
            panic!("seven sizes")
        };
        let config =
            VitConfig { channels: 3, side, patch, size, heads, layers, feed_forward, dropout: 0.0, classes };
        // All through a file, as torchvision's weights would come.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vit.safetensors");
        let prefix = format!("{case}.p.");
        let weights: BTreeMap<String, Tensor> = (golden.keys())
            .filter_map(|name| Some((name.strip_prefix(&prefix)?.to_owned(), tensor(&golden, name))))
            .collect();
        safetensors::write(&path, &weights, &BTreeMap::new()).unwrap();
        let mut model = load_vit(&path, &config, 0).unwrap();
        let get = |name: &str| tensor(&golden, &format!("{case}.{name}"));
        assert_close(&format!("{case}, infer"), &model.infer(get("x")), &get("y"), 5e-5);
        assert_close(&format!("{case}, forward"), &model.forward(get("x")), &get("y"), 5e-5);
        assert_close(&format!("{case}, images"), &model.backward(get("grad")), &get("dx"), 5e-5);
        for_each_param(&mut model, |path, param| {
            let name = torchvision_name(&path.to_string());
            let theirs = get(&format!("dp.{name}")).reshape(*param.grad.shape());
            assert_close(&format!("{case}, gradient of {name}"), &param.grad, &theirs, 5e-5);
        });
        // One more block than the file has, and no class token in it.
        let taller = VitConfig { layers: layers + 1, ..config };
        let error = load_vit(&path, &taller, 0).err().expect("names are missing");
        assert!(matches!(error, LoadError::Names { .. }));
        assert!(error.to_string().contains(&format!("encoder_layer_{layers}.ln_1.weight")), "{error}");
    }
}

/// As above.
#[test]
fn golden_patch_forecaster() {
    let golden = golden();
    for i in 0..3 {
        let case = format!("series.{i}");
        let [time, horizon, patch, stride, size, heads, layers, feed_forward] = sizes(&golden, &case)[..]
        else {
            panic!("eight sizes")
        };
        let config =
            PatchConfig { time, horizon, patch, stride, size, heads, layers, feed_forward, dropout: 0.0 };
        let mut model = PatchForecaster::new(&config, &mut rng());
        assert_golden(&case, &mut model, 5e-5, |name| tensor(&golden, &format!("{case}.{name}")));
    }
}

/// Backward is the transpose of forward; patches of side 1 are the pixels; windows that do not overlap are a reshape.
#[test]
fn property_image_patches_and_series_patches_move_numbers() {
    for (shape, patch) in [([2, 3, 4, 6], 2), ([1, 2, 6, 3], 3)] {
        let (x, patches) = (random(&shape, 1), image_patches(&random(&shape, 1), patch));
        assert_eq!(image_patches_backward(&patches, shape, patch), x, "patches put together are the image");
        // By hand: channel c, row r, column k of the patch in row i and column j of the grid.
        let across = shape[3] / patch;
        for (i, j, c, r, k) in [(0, 0, 0, 0, 0), (1, 0, 1, 1, 1), (0, across - 1, 1, 0, 1)] {
            let want = x[[0, c, i * patch + r, j * patch + k]];
            assert_eq!(patches[[0, i * across + j, (c * patch + r) * patch + k]], want);
        }
    }
    for (time, length, stride) in [(9, 4, 2), (7, 3, 3), (6, 2, 4)] {
        let x = random(&[3, time], 1);
        let patches = series_patches(&x, length, stride);
        assert_eq!(patches[[2, 1, 1]], x[[2, stride + 1]]);
        let g = random(&patches.shape()[..], 2);
        let back = (series_patches_backward(&g, time, stride) * &x).sum_all();
        assert!(((patches * g).sum_all() - back).abs() < 1e-12);
    }
}

/// Without places the order of the patches does not matter: an image with its halves exchanged gives the same logits. With
/// them it does.
#[test]
fn property_vision_transformer_sees_order_by_its_positions_alone() {
    let mut model = VisionTransformer::new(&vit(4, 2, 8, 2, 2), &mut rng()).to_f64();
    let x = random(&[2, 3, 4, 4], 1);
    let turned = Array::concat(&[&x.narrow(2, 2, 2), &x.narrow(2, 0, 2)], 2);
    let difference = |model: &VisionTransformer<f64>| {
        let d = model.infer(x.clone()) - model.infer(turned.clone());
        d.iter().fold(0.0, |largest: f64, d| largest.max(d.abs()))
    };
    assert!(difference(&model) > 1e-4, "{}", difference(&model));
    model.positions.weight.value.fill(0.0);
    assert!(difference(&model) < 1e-12, "{}", difference(&model));
}

/// Series do not see each other; and scaled windows make forecasts move and stretch with the series.
#[test]
fn property_patch_forecaster_moves_with_its_series() {
    let model = PatchForecaster::new(&series(8, 4, 2), &mut rng()).to_f64();
    let x = random(&[3, 8], 1);
    let alone = model.infer(x.narrow(0, 1, 1).contiguous());
    assert_close(
        "alone and among others",
        &alone,
        &model.infer(x.clone()).narrow(0, 1, 1).contiguous(),
        1e-12,
    );
    let forecast = |x: &Array<f64>| {
        let (scaled, mean, deviation) = scale_window(x);
        model.infer(scaled) * &deviation + &mean
    };
    // Exact but for the 1e-5 beside the variance.
    assert_close(
        "moved and stretched",
        &forecast(&(&x * 20.0 + 300.0)),
        &(forecast(&x) * 20.0 + 300.0),
        1e-4,
    );
}

/// The whole models in f32 against f64: two blocks, as for the encoders.
#[test]
fn fast_vision_transformer_and_patch_forecaster_against_plain() {
    for seed in 0..3 {
        let mut rng = Rng::new(seed, "weights");
        let config = vit(6, 3, 12, 3, 2);
        compare(VisionTransformer::new(&config, &mut rng), |model| model.to_f64(), &[3, 3, 6, 6], seed);
        let config = PatchConfig { time: 20, layers: 2, ..series(20, 5, 3) };
        compare(PatchForecaster::new(&config, &mut rng), |model| model.to_f64(), &[4, 20], seed);
    }
}

/// Output, gradient of the input and gradients of the parameters of a model in f32 and of the same in f64. Sums of some dozens of
/// terms of order 1 through two blocks: 1e-4 leaves room.
fn compare<M: Layer, P: Layer<f64>>(mut model: M, plain: impl Fn(&M) -> P, shape: &[usize], seed: u64) {
    let mut plain = plain(&model);
    let x = random(shape, seed + 5);
    let y = plain.forward(x.clone());
    let c = random(&y.shape()[..], seed + 6);
    assert_close("output", &model.forward(x.to_f32()), &y, 1e-4);
    assert_close("gradient of the input", &model.backward(c.to_f32()), &plain.backward(c), 1e-4);
    let mut gradients = Vec::new();
    for_each_param(&mut plain, |_, param| gradients.push(param.grad.clone()));
    let mut gradients = gradients.into_iter();
    for_each_param(&mut model, |path, param| {
        assert_close(&path.to_string(), &param.grad, &gradients.next().expect("as many"), 1e-4);
    });
}

#[test]
fn vit_b_16_has_its_number_of_parameters() {
    // The formula alone: the model itself would take 350 MB.
    let VitConfig { channels, side, patch, size, layers, feed_forward, classes, .. } = VitConfig::b_16();
    let places = (side / patch) * (side / patch) + 1;
    let linear = |from: usize, to: usize| (from + 1) * to;
    let block = 4 * size
        + linear(size, 3 * size)
        + linear(size, size)
        + linear(size, feed_forward)
        + linear(feed_forward, size);
    let all = linear(channels * patch * patch, size)
        + size
        + places * size
        + layers * block
        + 2 * size
        + linear(size, classes);
    assert_eq!(all, 86_567_656, "as torchvision states for vit_b_16");
    // And the formula against a small model.
    let mut small = 0;
    for_each_param(&mut VisionTransformer::new(&vit(4, 2, 4, 2, 3), &mut rng()), |_, param| {
        small += param.value.size()
    });
    let block = 4 * 4 + linear(4, 12) + linear(4, 4) + linear(4, 8) + linear(8, 4);
    assert_eq!(small, linear(12, 4) + 4 + 5 * 4 + 3 * block + 8 + linear(4, 4));
}

#[test]
#[should_panic(expected = "images of side 5 do not split into patches of 2")]
fn images_that_do_not_split_are_refused() {
    VisionTransformer::new(&vit(5, 2, 4, 2, 1), &mut rng());
}

#[test]
#[should_panic(expected = "images of shape [1, 3, 4, 6]: need [batch, 3, 4, 4]")]
fn images_of_another_size_are_refused() {
    VisionTransformer::new(&vit(4, 2, 4, 2, 1), &mut rng()).infer(Tensor::ones([1, 3, 4, 6]));
}
