//! The tape of chapter 6 against the backward passes by hand of the chapters after it, in f64.
//!
//! Each layer is composed from the tape's operations, by its definition and not by its derivation: convolution from gathers and
//! a product, normalisation from means, attention from softmax. Both sides carry 16 digits and add up to a few hundred terms:
//! they agree within 1e-12 of the largest element.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, Linear, Module, Param, for_each_param};
use ch06_autograd::{Tape, Var};
use ch11_normalization::{
    BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm, LayerNorm, RmsNorm, WeightNormLinear,
};
use ch12_regularization::{AttentionDropout, DropBlock2d, DropPath, Dropout, Dropout2d, Mask as Kept};
use ch15_convolution::{
    AvgPool2d, Conv2d, Conv2dOptions, GlobalAvgPool, MaxPool2d, Pool2dOptions, Window, conv2d,
    conv2d_backward,
};
use ch17_embeddings::{Embedding, masked_mean, masked_mean_backward};
use ch19_attention::{
    LearnedPositions, Mask, MultiHeadAttention, scaled_dot_product, scaled_dot_product_backward,
};
use ch20_transformer::Block;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "autograd"))
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

fn parameters(module: &mut dyn Module<f64>) -> Vec<Var<f64>> {
    let mut parameters = Vec::new();
    for_each_param(module, |_, param| {
        // Gains of 1 and shifts of 0 would hide mistakes.
        param.value = random(param.value.shape(), 50 + parameters.len() as u64);
        parameters.push(Var::variable(param.value.clone()));
    });
    parameters
}

#[track_caller]
fn assert_parameters(what: &str, module: &mut dyn Module<f64>, parameters: &[Var<f64>]) {
    let mut parameters = parameters.iter();
    for_each_param(module, |path, param: &mut Param<f64>| {
        let ours = parameters.next().and_then(Var::grad).expect("a gradient for each parameter");
        assert_same(&format!("{what}, {path}"), &ours, &param.grad);
    });
}

/// A layer against the same function composed on the tape from its input and parameters.
#[track_caller]
fn compare(
    what: &str,
    layer: &mut dyn Layer<f64>,
    shape: &[usize],
    f: impl Fn(&Var<f64>, &[Var<f64>]) -> Var<f64>,
) {
    let parameters = parameters(layer);
    let input = Var::variable(random(shape, 1));
    let (y, hand) = (f(&input, &parameters), layer.forward(input.value()));
    assert_same(&format!("{what}, output"), &y.value(), &hand);
    let g = random(hand.shape(), 2);
    y.backward_with(g.clone(), Tape::Release);
    let dx = layer.backward(g);
    assert_same(&format!("{what}, input"), &input.grad().expect("a gradient"), &dx);
    assert_parameters(what, layer, &parameters);
}

fn linear(x: &Var<f64>, weight: &Var<f64>, bias: &Var<f64>) -> Var<f64> {
    x.matmul(&weight.t()) + bias
}

/// `(x - mean) / sqrt(var + eps)` along some axes, times a gain, plus a shift.
fn normalise(x: &Var<f64>, axes: &[isize], eps: f64, gain: &Var<f64>, shift: &Var<f64>) -> Var<f64> {
    let centred = x - x.mean(axes, true);
    let var = (&centred * &centred).mean(axes, true);
    centred / (var + eps).sqrt() * gain + shift
}

#[test]
fn normalisations() {
    let mut layer = LayerNorm::new(7).to_f64();
    compare("LayerNorm", &mut layer, &[2, 3, 7], |x, p| normalise(x, &[-1], 1e-5, &p[0], &p[1]));
    let mut layer = BatchNorm2d::<f64>::new(3);
    compare("BatchNorm2d", &mut layer, &[4, 3, 5, 2], |x, p| {
        let [gain, shift] = [&p[0], &p[1]].map(|p| p.reshape([3, 1, 1]));
        normalise(x, &[0, 2, 3], 1e-5, &gain, &shift)
    });
    let mut layer = BatchNorm1d::<f64>::new(4);
    compare("BatchNorm1d", &mut layer, &[6, 4], |x, p| normalise(x, &[0], 1e-5, &p[0], &p[1]));
    let mut layer = RmsNorm::new(7).to_f64();
    compare("RmsNorm", &mut layer, &[2, 3, 7], |x, p| {
        x / &((x * x).mean(-1, true) + f64::from(f32::EPSILON)).sqrt() * &p[0]
    });
    let mut layer = GroupNorm::<f64>::new(2, 6);
    compare("GroupNorm", &mut layer, &[3, 6, 5], |x, p| {
        let [gain, shift] = [&p[0], &p[1]].map(|p| p.reshape([2, 3, 1]));
        normalise(&x.reshape([3, 2, 3, 5]), &[2, 3], 1e-5, &gain, &shift).reshape([3, 6, 5])
    });
    let mut layer = InstanceNorm::<f64>::new(3);
    compare("InstanceNorm", &mut layer, &[2, 3, 4, 2], |x, _| {
        let [one, zero] = [1.0, 0.0].map(|value| Var::constant(Array::scalar(value)));
        normalise(x, &[2, 3], 1e-5, &one, &zero)
    });
    let mut layer = WeightNormLinear::new(5, 4, &mut Rng::new(0, "init")).to_f64();
    compare("WeightNormLinear", &mut layer, &[3, 5], |x, p| {
        let length = (&p[1] * &p[1]).sum(1, true).sqrt();
        linear(x, &(&p[1] / &length * &p[0]), &p[2])
    });
}

/// Ones where a mask keeps an element.
fn ones(mask: &Array<bool>) -> Array<f64> {
    mask.to_number()
}

#[test]
fn dropout() {
    let (x, g) = (random(&[5, 8], 3), random(&[5, 8], 4));
    let kept = Array::from_fn([5, 8], |i| (3 * i[0] + i[1]) % 4 != 0);
    let mut layer = Dropout::<f64>::new(0.25, &mut Rng::new(0, "dropout"));
    let hand = layer.forward_with(x.clone(), Kept::from_kept(&kept));
    let input = Var::variable(x);
    let y = &input * Var::constant(ones(&kept)) * layer.factor();
    assert_same("Dropout", &y.value(), &hand);
    y.backward_with(g.clone(), Tape::Release);
    assert_same("Dropout, input", &input.grad().unwrap(), &layer.backward(g));
}

#[test]
fn dropped_blocks() {
    let (x, g) = (random(&[3, 4, 5, 6], 5), random(&[3, 4, 5, 6], 6));
    let rng = &mut Rng::new(0, "blocks");
    let channels = Array::from_fn([3, 4], |i| (i[0] + i[1]) % 3 != 0);
    let examples = Array::from_fn([3], |i| i[0] != 1);
    let seeds = Array::from_fn([3, 4, 4, 5], |i| (i[0] + 2 * i[1] + 3 * i[2] + 5 * i[3]) % 17 == 0);
    // Which numbers a seed of a square of two drops, by the definition.
    let squares = Array::from_fn([3, 4, 5, 6], |i| {
        let seed = |down: usize, right: usize| {
            let place = i[2].checked_sub(down).zip(i[3].checked_sub(right));
            place.is_some_and(|(row, column)| row < 4 && column < 5 && seeds[[i[0], i[1], row, column]])
        };
        !(seed(0, 0) || seed(0, 1) || seed(1, 0) || seed(1, 1))
    });
    let mut by_channel = Dropout2d::<f64>::new(0.25, rng);
    let mut by_example = DropPath::<f64>::new(0.25, rng);
    let mut by_square = DropBlock2d::<f64>::new(0.25, 2, rng);
    let share = squares.size() as f64 / ones(&squares).sum_all();
    let outputs = [
        by_channel.forward_with(x.clone(), &Kept::from_kept(&channels)),
        by_example.forward_with(x.clone(), &Kept::from_kept(&examples)),
        by_square.forward_with(x.clone(), &seeds),
    ];
    let gradients =
        [by_channel.backward(g.clone()), by_example.backward(g.clone()), by_square.backward(g.clone())];
    let masks = [
        ones(&channels).reshape([3, 4, 1, 1]) / (1.0 - 0.25),
        ones(&examples).reshape([3, 1, 1, 1]) / (1.0 - 0.25),
        ones(&squares) * share,
    ];
    for (name, ((mask, output), gradient)) in
        ["Dropout2d", "DropPath", "DropBlock2d"].iter().zip(masks.into_iter().zip(outputs).zip(gradients))
    {
        let input = Var::variable(x.clone());
        let y = &input * Var::constant(mask);
        assert_same(name, &y.value(), &output);
        y.backward_with(g.clone(), Tape::Release);
        assert_same(&format!("{name}, input"), &input.grad().unwrap(), &gradient);
    }
}

#[test]
fn attention_dropout() {
    let inputs = [random(&[2, 3, 4], 7), random(&[2, 5, 4], 8), random(&[2, 5, 3], 9)];
    let (g, kept) = (random(&[2, 3, 3], 10), Array::from_fn([2, 3, 5], |i| (i[0] + i[1] + i[2]) % 3 != 0));
    let mut layer = AttentionDropout::<f64>::new(0.25, &mut Rng::new(0, "attention"));
    let hand = layer.forward_with(&inputs[0], &inputs[1], &inputs[2], Kept::from_kept(&kept));
    let [q, k, v] = inputs.map(Var::variable);
    let weights = (q.matmul(&k.permute([0, 2, 1])) / 2.0).softmax(-1);
    let y = (weights * Var::constant(ones(&kept) / 0.75)).matmul(&v);
    assert_same("AttentionDropout", &y.value(), &hand);
    y.backward_with(g.clone(), Tape::Release);
    for (var, hand) in [q, k, v].iter().zip(layer.backward(&g)) {
        assert_same("AttentionDropout, gradient", &var.grad().unwrap(), &hand);
    }
}

/// The windows of images `[n, c, h, w]` as `[n, c, kh * kw, oh * ow]`, by reading at indices: im2col. What lies outside is
/// read from an extra element at the end, `outside`.
fn windows(x: &Var<f64>, window: &Window, outside: f64) -> Var<f64> {
    let [height, width] = window.input;
    let [rows, columns] = window.output();
    let place = |axis: usize, position: usize, tap: usize, length: usize| {
        (position * window.stride[axis] + tap).checked_sub(window.padding[axis]).filter(|&at| at < length)
    };
    let mut index = Vec::new();
    for tap in 0..window.kernel[0] * window.kernel[1] {
        let (down, across) = (tap / window.kernel[1], tap % window.kernel[1]);
        for row in 0..rows {
            for column in 0..columns {
                let at = place(0, row, down, height).zip(place(1, column, across, width));
                index.push(at.map_or(height * width, |(y, x)| y * width + x) as i64);
            }
        }
    }
    let (n, c, taps) = (x.dim(0), x.dim(1), window.kernel[0] * window.kernel[1]);
    let flat = x.reshape([n, c, height * width]);
    let flat = Var::concat(&[&flat, &Var::constant(Array::full([n, c, 1], outside))], 2);
    flat.index_select(2, &Array::from_slice(&index, [taps, rows * columns]))
}

/// Convolution as a product of the weights with the windows.
fn convolve(x: &Var<f64>, weight: &Var<f64>, options: Conv2dOptions) -> Var<f64> {
    let (n, c, o) = (x.dim(0), x.dim(1), weight.dim(0));
    let kernel = [weight.dim(2), weight.dim(3)];
    let window = options.window("convolve", [x.dim(2), x.dim(3)], kernel);
    let [rows, columns] = window.output();
    let taps = c * kernel[0] * kernel[1];
    let patches = windows(x, &window, 0.0).reshape([n, taps, rows * columns]);
    weight.reshape([o, taps]).matmul(&patches).reshape([n, o, rows, columns])
}

#[test]
fn convolutions() {
    for (i, (stride, padding)) in
        [([1, 1], [0, 0]), ([1, 1], [1, 1]), ([2, 1], [1, 2])].into_iter().enumerate()
    {
        let options = Conv2dOptions { stride, padding, ..Conv2dOptions::default() };
        let weight = random(&[4, 3, 3, 3], 20 + i as u64);
        let mut layer = Conv2d::from_parts(weight, Some(random(&[4], 30)), options);
        compare("Conv2d", &mut layer, &[2, 3, 6, 5], |x, p| {
            convolve(x, &p[0], options) + p[1].reshape([4, 1, 1])
        });
    }
    // The function, without a bias and with a kernel that is not square.
    let options = Conv2dOptions { stride: [1, 2], padding: [0, 1], ..Conv2dOptions::default() };
    let (x, w) = (Var::variable(random(&[2, 2, 5, 6], 5)), Var::variable(random(&[3, 2, 2, 3], 6)));
    let y = convolve(&x, &w, options);
    assert_same("conv2d", &y.value(), &conv2d(&x.value(), &w.value(), None, options));
    let g = random(&y.shape(), 7);
    let (dx, dw) = conv2d_backward(&g, &x.value(), &w.value(), options);
    y.backward_with(g, Tape::Release);
    assert_same("conv2d, input", &x.grad().unwrap(), &dx);
    assert_same("conv2d, weight", &w.grad().unwrap(), &dw);
}

#[test]
fn poolings() {
    let all = [
        Pool2dOptions::square(2),
        Pool2dOptions { kernel: [3, 2], stride: [2, 1], padding: [1, 1] },
        Pool2dOptions { kernel: [3, 3], stride: [1, 1], padding: [1, 1] },
    ];
    for options in all {
        let shape = [2, 3, 6, 5];
        let window = options.window("poolings", &ch01_tensors::Shape::from(shape));
        let [rows, columns] = window.output();
        let pooled = [2, 3, rows, columns];
        compare("MaxPool2d", &mut MaxPool2d::new(options), &shape, |x, _| {
            windows(x, &window, f64::NEG_INFINITY).max(2, false).reshape(pooled)
        });
        compare("AvgPool2d", &mut AvgPool2d::new(options), &shape, |x, _| {
            windows(x, &window, 0.0).mean(2, false).reshape(pooled)
        });
    }
    compare("GlobalAvgPool", &mut GlobalAvgPool::new(), &[2, 3, 4, 5], |x, _| x.mean([2, 3], true));
}

#[test]
fn embeddings() {
    let ids: Array<i64> = Array::from([[1, 4, 1], [0, 2, 4]]);
    for padding in [None, Some(0)] {
        let mut layer = Embedding::from_parts(random(&[5, 3], 8), padding);
        let table = Var::variable(layer.weight.value.clone());
        let real: Array<f64> = ids.map_to(|id| if padding.map(|p| p as i64) == Some(id) { 0.0 } else { 1.0 });
        let rows = table.index_select(0, &ids);
        // The row of the padding is read, but gets no gradient.
        let constant = Var::constant(real.map_to(|real: f64| 1.0 - real)).reshape([2, 3, 1]) * rows.detach();
        let y = &rows * Var::constant(real).reshape([2, 3, 1]) + constant;
        assert_same("Embedding", &y.value(), &layer.forward(&ids));
        let g = random(&[2, 3, 3], 9);
        y.backward_with(g.clone(), Tape::Release);
        layer.backward(g);
        assert_same("Embedding, table", &table.grad().unwrap(), &layer.weight.grad);
    }
    let (x, mask) = (Var::variable(random(&[2, 4, 3], 10)), Array::from_fn([2, 4], |i| i[1] < 2 + 2 * i[0]));
    let real = Var::constant(ones(&mask)).reshape([2, 4, 1]);
    let y = (&x * &real).sum(1, false) / real.sum(1, false);
    assert_same("masked_mean", &y.value(), &masked_mean(&x.value(), &mask));
    let g = random(&[2, 3], 11);
    y.backward_with(g.clone(), Tape::Release);
    assert_same("masked_mean, input", &x.grad().unwrap(), &masked_mean_backward(&g, &mask));
}

/// `softmax(q kᵀ / √d + mask) v`, with -inf where a query may not look.
fn attend(q: &Var<f64>, k: &Var<f64>, v: &Var<f64>, mask: &Mask<'_>) -> Var<f64> {
    let table = mask.table([q.dim(0), q.dim(2), k.dim(2)]);
    let bias = Var::constant(table.map_to(|allowed| if allowed { 0.0 } else { f64::NEG_INFINITY }));
    let scores = q.matmul(&k.t()) / (q.dim(3) as f64).sqrt();
    (scores + bias).softmax(-1).matmul(v)
}

/// Self-attention with several heads: parameters are weight and bias of both linear layers.
fn multi_head(x: &Var<f64>, p: &[Var<f64>], heads: usize, mask: &Mask<'_>) -> Var<f64> {
    let [batch, time, size] = [x.dim(0), x.dim(1), x.dim(2)];
    let qkv = linear(x, &p[0], &p[1]).reshape([batch, time, 3, heads, size / heads]).permute([2, 0, 3, 1, 4]);
    let [q, k, v] = [0, 1, 2].map(|i| qkv.slice((i,)));
    let together = attend(&q, &k, &v, mask).permute([0, 2, 1, 3]).reshape([batch, time, size]);
    linear(&together, &p[2], &p[3])
}

#[test]
fn attention() {
    let real = Array::from_fn([2, 5], |i| i[1] < 5 - 2 * i[0]);
    for mask in [Mask::NONE, Mask::CAUSAL, Mask::padding(&real)] {
        let [q, k, v] = [12, 13, 14].map(|seed| Var::variable(random(&[2, 3, 5, 4], seed)));
        let y = attend(&q, &k, &v, &mask);
        let g = random(&y.shape(), 15);
        assert_same("attention", &y.value(), &scaled_dot_product(&q.value(), &k.value(), &v.value(), &mask));
        let hand = scaled_dot_product_backward(&g, &q.value(), &k.value(), &v.value(), &mask);
        y.backward_with(g, Tape::Release);
        for (x, hand) in [q, k, v].iter().zip(&hand) {
            assert_same("attention, gradient", &x.grad().unwrap(), hand);
        }

        let mut layer = MultiHeadAttention::new(6, 2, &mut Rng::new(0, "attention")).to_f64();
        let (parameters, x) = (parameters(&mut layer), Var::variable(random(&[2, 5, 6], 16)));
        let y = multi_head(&x, &parameters, 2, &mask);
        assert_same("MultiHeadAttention", &y.value(), &layer.forward(x.value(), &mask));
        let g = random(&[2, 5, 6], 17);
        y.backward_with(g.clone(), Tape::Release);
        assert_same("MultiHeadAttention, input", &x.grad().unwrap(), &layer.backward(g));
        assert_parameters("MultiHeadAttention", &mut layer, &parameters);
    }
    let mut positions = LearnedPositions::from_parts(Tensor::zeros([7, 6])).to_f64();
    compare("LearnedPositions", &mut positions, &[2, 5, 6], |x, p| x + p[0].narrow(0, 0, 5));
}

#[test]
fn a_transformer_block() {
    let real = Array::from_fn([2, 5], |i| i[1] < 5 - 2 * i[0]);
    let mask = Mask::padding(&real);
    // Without dropout, which has a test of its own with a known mask.
    let mut block = Block::new(6, 2, 12, 0.0, &mut Rng::new(0, "block")).to_f64();
    let (p, x) = (parameters(&mut block), Var::variable(random(&[2, 5, 6], 18)));
    let middle = &x + multi_head(&normalise(&x, &[-1], 1e-5, &p[0], &p[1]), &p[2..6], 2, &mask);
    let h = linear(&normalise(&middle, &[-1], 1e-5, &p[6], &p[7]), &p[8], &p[9]).gelu();
    let y = &middle + linear(&h, &p[10], &p[11]);
    assert_same("Block", &y.value(), &block.forward(x.value(), &mask));
    let g = random(&[2, 5, 6], 19);
    y.backward_with(g.clone(), Tape::Release);
    assert_same("Block, input", &x.grad().unwrap(), &block.backward(g));
    assert_parameters("Block", &mut block, &p);
}

#[test]
#[should_panic(expected = "Linear, weight: off by")]
fn the_comparison_can_fail() {
    let mut layer = Linear::new(3, 2, &mut Rng::new(0, "weights")).to_f64();
    // A weight that is read through a constant loses half of its gradient.
    compare("Linear", &mut layer, &[4, 3], |x, p| {
        let weight = &p[0] * 0.5 + (&p[0] * 0.5).detach();
        linear(x, &weight, &p[1])
    });
}
