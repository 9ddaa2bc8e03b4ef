//! Folding, receptive fields, Grad-CAM, Winograd's transforms for any points, and the networks.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, Linear, Module, assert_close, for_each_param};
use ch07_modules::{Flatten, Sequential, count_parameters};
use ch11_normalization::BatchNorm2d;
use ch12_regularization::Dropout;
use ch15_convolution::*;

use crate::gradients::random;

/// A network whose normalisations have seen something.
fn trained(mut model: Sequential) -> Sequential {
    let mut rng = Rng::new(1, "statistics");
    for_each_param(&mut model, |_, param| {
        if param.value.ndim() == 1 {
            param.value += &Tensor::normal(*param.value.shape(), 0.0, 0.3, &mut rng);
        }
    });
    for _ in 0..3 {
        let y = model.forward(Tensor::normal([8, 3, 16, 16], 0.5, 1.0, &mut rng));
        _ = model.backward(y.zeros_like());
    }
    model
}

#[test]
fn folded_networks_compute_the_same() {
    let mut rng = Rng::new(0, "fold");
    let (mut conv, mut norm) = (
        Conv2d::<f64>::from_parts(random(&[4, 2, 3, 3], 1), None, Conv2dOptions::default()),
        BatchNorm2d::new(4),
    );
    norm.weight.value = random(&[4], 2);
    norm.bias.value = random(&[4], 3);
    norm.running_mean = random(&[4], 4);
    norm.running_var = random(&[4], 5).exp();
    let x = random(&[2, 2, 6, 5], 6);
    for bias in [None, Some(random(&[4], 7))] {
        conv = Conv2d::from_parts(conv.weight.value.clone(), bias, conv.options);
        let want = norm.infer(conv.infer(x.clone()));
        let got = fold_batch_norm(&conv, &norm).infer(x.clone());
        assert!((got - &want).abs().max(.., false).item() < 1e-12);
    }
    // Whole networks, chains in chains too.
    for build in [
        || small_cnn(3, 10, 4, 0.4, 0),
        || conv_net(3, 10, &[4, 8], true, 0),
        || {
            Sequential::new().push(conv_net(3, 6, &[5], true, 0)).push(Linear::new(
                6,
                2,
                &mut Rng::new(0, "last"),
            ))
        },
    ] {
        let model = trained(build());
        let x = Tensor::normal([3, 3, 16, 16], 0.5, 1.0, &mut rng);
        let want = model.infer(x.clone());
        let mut folded = fold_batch_norms(model);
        // Rounding of the folded kernels, through five layers.
        assert_close("folded", &folded.infer(x), &want, 1e-4);
        let mut norms = 0;
        for_each_param(&mut folded, |_, param| norms += usize::from(param.role == ch05_backprop::Role::Norm));
        assert_eq!(norms, 0, "no normalisation is left");
    }
}

#[test]
fn receptive_fields_are_where_the_gradient_is_not_zero() {
    let rng = &mut Rng::new(0, "field");
    let conv = |kernel, stride, padding, dilation, rng: &mut Rng| {
        let options =
            Conv2dOptions { stride: [stride; 2], padding: [padding; 2], dilation: [dilation; 2], groups: 1 };
        Conv2d::new(2, 2, kernel, options, rng)
    };
    let mut model = Sequential::new()
        .push(conv(3, 1, 1, 1, rng))
        .push(AvgPool2d::new(Pool2dOptions::square(2)))
        .push(conv(3, 1, 2, 2, rng))
        .push(conv(5, 2, 2, 1, rng))
        .push(conv(3, 1, 1, 1, rng));
    let windows = windows_of(&model, [64, 64], |_| false);
    assert_eq!(windows.len(), 5);
    let windows: Vec<Window> = windows.into_iter().map(|(_, window)| window).collect();
    let field = receptive_fields(&windows)[4];
    assert_eq!((field.size, field.jump), ([28; 2], [4; 2]));
    let map = windows[4].output();
    let seen = effective_receptive_field(&mut model, &Tensor::normal([2, 2, 64, 64], 0.0, 1.0, rng), rng);
    for axis in 0..2 {
        let (first, last) = field.pixels(axis, map[axis] / 2);
        let other = &[1 - axis as isize][..];
        let along = seen.max(other, false);
        let touched: Vec<isize> = (0..64).filter(|&i| along[[i]] > 0.0).map(|i| i as isize).collect();
        assert_eq!((touched[0], touched[touched.len() - 1]), (first, last));
    }
}

#[test]
fn windows_end_where_the_whole_map_is_seen() {
    let model = small_cnn(3, 10, 8, 0.4, 0);
    // Normalisation and ReLU look at one number at a time.
    let windows = windows_of(&model, [32, 32], |number| {
        let layer = &model.layers()[number];
        layer.downcast_ref::<Relu>().is_some() || layer.downcast_ref::<BatchNorm2d>().is_some()
    });
    assert_eq!(windows.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [0, 3, 6, 7, 10, 13, 14]);
    let windows: Vec<Window> = windows.into_iter().map(|(_, window)| window).collect();
    let sizes: Vec<usize> = receptive_fields(&windows).iter().map(|field| field.size[0]).collect();
    assert_eq!(sizes, [3, 5, 6, 10, 14, 16, 24]);
    assert!(windows_of(&model, [32, 32], |_| false).len() == 1, "BatchNorm2d is not known by itself");
}

#[test]
fn without_downsampling_the_receptive_field_hardly_grows() {
    // The trap: as many convolutions, once with pooling and once without.
    let passes = |model: &Sequential, number: usize| {
        let layer = &model.layers()[number];
        layer.downcast_ref::<Relu>().is_some() || layer.downcast_ref::<BatchNorm2d>().is_some()
    };
    let [with, without] = [true, false].map(|halving| {
        let model = conv_net(3, 10, &[8, 16, 32, 64], halving, 0);
        let windows = windows_of(&model, [32, 32], |number| passes(&model, number));
        let work: usize = windows
            .iter()
            .filter_map(|(number, window)| {
                let weight = &model.layers()[*number].downcast_ref::<Conv2d>()?.weight.value;
                Some(weight.size() * window.output()[0] * window.output()[1])
            })
            .sum();
        let windows: Vec<Window> = windows.into_iter().map(|(_, window)| window).collect();
        (receptive_fields(&windows).last().unwrap().size[0], work)
    });
    // 2 stages^: 5 + 1 + 8 + 2 + 16 + 4 + 32 = 68 against 1 + 8 * 2; with pooling each stage costs about the same.
    assert_eq!((with.0, without.0), (68, 17));
    assert!(without.1 > 9 * with.1, "{} and {} multiplications", with.1, without.1);
}

#[test]
fn grad_cam_weighs_maps_by_their_mean_derivative() {
    let rng = &mut Rng::new(0, "cam");
    // The score of class k is the mean of map k, twice that of map k + 1, ...: the weights of the linear layer over the area.
    let mut model = Sequential::new()
        .push(Conv2d::new(1, 3, 3, Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() }, rng))
        .push(GlobalAvgPool::new())
        .push(Flatten::new())
        .push(Linear::new(3, 2, rng));
    let x = Tensor::normal([1, 1, 6, 5], 0.0, 1.0, rng);
    let maps = model.layers()[0].infer(x.clone());
    for class in 0..2 {
        let weight = model.layers()[3].downcast_ref::<Linear>().unwrap().weight.value.clone();
        let want = Tensor::from_fn([6, 5], |i| {
            let sum: f32 = (0..3).map(|k| weight[[class, k]] / 30.0 * maps[[0, k, i[0], i[1]]]).sum();
            sum.max(0.0)
        });
        // Sums of three products.
        assert_close("map", &grad_cam(&mut model, "0", &x, class), &want, 1e-6);
    }
}

#[test]
#[should_panic(expected = "grad_cam: \"9\" is no layer whose output is a map")]
fn grad_cam_names_a_layer_that_is_not_there() {
    _ = grad_cam(&mut lenet5(10, 0), "9", &Tensor::ones([1, 1, 28, 28]), 3);
}

#[test]
fn winograds_way_for_any_points() {
    // F(2, 3) with the points of the books, F(4, 3) with ours, F(6, 3).
    let (half, two) = (0.5f64.sqrt(), 2f64.sqrt());
    for points in
        [&[0.0, 1.0, -1.0][..], &[0.0, half, -half, two, -two], &[0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5]]
    {
        let transforms = WinogradTransforms::<f64>::new(points);
        let (m, channels) = (transforms.tile(), 3);
        let n = m + 2;
        let (x, w) = (random(&[1, channels, n, n], 1), random(&[1, channels, 3, 3], 2));
        let squares = |array: &Array<f64>, side: usize| -> Vec<Vec<Vec<f64>>> {
            (0..channels)
                .map(|c| (0..side).map(|i| (0..side).map(|j| array[[0, c, i, j]]).collect()).collect())
                .collect()
        };
        let got = transforms.outputs(&squares(&x, n), &squares(&w, 3));
        let want = conv2d_naive(&x, &w, None, Conv2dOptions::default());
        for (i, j) in (0..m * m).map(|k| (k / m, k % m)) {
            assert!((got[i][j] - want[[0, 0, i, j]]).abs() < 1e-11, "F({m}, 3) at {i}, {j}");
        }
    }
    // As the books print it: four products, with only additions before them.
    let f23 = WinogradTransforms::<f64>::new(&[0.0, 1.0, -1.0]);
    let rows =
        |m: &[Vec<f64>]| m.iter().map(|row| row.iter().map(|x| x.abs()).collect()).collect::<Vec<Vec<f64>>>();
    assert_eq!(rows(&f23.image), [[1., 0., 1., 0.], [0., 1., 1., 0.], [0., 1., 1., 0.], [0., 1., 0., 1.]]);
    assert_eq!(rows(&f23.kernel), [[1., 0., 0.], [0.5; 3], [0.5; 3], [0., 0., 1.]]);
}

#[test]
fn networks_have_the_weights_they_should() {
    let mut model = lenet5(10, 0);
    assert_eq!(count_parameters(&mut model), 61_706);
    let y = model.forward(Tensor::ones([2, 1, 28, 28]));
    assert_eq!(*y.shape(), [2, 10]);
    assert_eq!(*model.backward(y).shape(), [2, 1, 28, 28]);

    let w = 8;
    let mut model = alexnet_style(3, 10, w, 0.5, 0);
    let convolutions =
        3 * w * 25 + w / 2 * 3 * w * 25 + 3 * w * 6 * w * 9 + 3 * w * 4 * w * 9 + 2 * w * 4 * w * 9 + 18 * w;
    let linear = 36 * w * 16 * w + 256 * w * w + 16 * w * 10 + 32 * w + 10;
    assert_eq!(count_parameters(&mut model), convolutions + linear);
    let y = model.forward(Tensor::normal([2, 3, 32, 32], 0.0, 1.0, &mut Rng::new(0, "x")));
    assert_eq!(*y.shape(), [2, 10]);
    assert_eq!(*model.backward(y).shape(), [2, 3, 32, 32]);
    assert!(model.layers().iter().filter(|layer| layer.downcast_ref::<Dropout>().is_some()).count() == 2);

    let mut model = conv_net(3, 10, &[8, 16, 32], true, 0);
    let y = model.forward(Tensor::normal([2, 3, 32, 32], 0.0, 1.0, &mut Rng::new(0, "x")));
    assert_eq!(*model.backward(y).shape(), [2, 3, 32, 32]);
    let mut biases = 0;
    model.visit(&mut ch05_backprop::Visitor::new(&mut |path, _| {
        biases += usize::from(path.to_string() == "0.bias")
    }));
    assert_eq!(biases, 0, "a normalisation takes the bias away");
}
