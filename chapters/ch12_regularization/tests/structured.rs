//! Dropping channels, squares, branches and attention weights, mixing examples, keeping the best weights: gradient checks,
//! laws, statistics with fixed seeds, and f32 against f64.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Linear, Module, Residual, Visitor, assert_close, for_each_param, gradcheck};
use ch07_modules::state_dict;
use ch12_regularization::{
    AttentionDropout, DropBlock2d, DropPath, Dropout2d, EarlyStopping, Goal, KeepBest, Mask, Rectangle,
    Verdict, add_l2, beta, cutmix, mixup, partners, scale_blocks,
};
use proptest::prelude::*;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.5, 1.0, &mut Rng::new(seed, "input"))
}

fn rng(seed: u64) -> Rng {
    Rng::new(seed, "layers")
}

/// A layer with a fixed choice: a function, as the gradient check needs. Its `infer` is what `forward` computes.
struct Fixed<L, F>(L, F);

impl<L: Layer<f64>, F: Fn(&mut L, Array<f64>) -> Array<f64> + Send + Sync> Layer<f64> for Fixed<L, F> {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        (self.1)(&mut self.0, x)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.0.backward(grad)
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        x
    }
}

impl<L: Module<f64>, F: Send + Sync> Module<f64> for Fixed<L, F> {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.0.visit(visitor);
    }
}

fn mask(shape: &[usize], seed: u64) -> Mask {
    Mask::draw(shape.into(), 25_000, &mut Rng::new(seed, "mask"))
}

fn seeds(shape: &[usize], seed: u64) -> Array<bool> {
    Mask::draw(shape.into(), 52_000, &mut Rng::new(seed, "seeds")).kept()
}

#[test]
fn gradcheck_dropout2d() {
    for shape in [&[3, 4][..], &[2, 3, 5], &[2, 3, 2, 2], &[0, 3, 2]] {
        let mask = mask(&shape[..2], 1);
        let layer = Fixed(Dropout2d::new(0.4, &mut rng(1)), move |l: &mut Dropout2d<f64>, x| {
            l.forward_with(x, &mask)
        });
        gradcheck(&mut { layer }, &random(shape, 2));
    }
}

#[test]
fn gradcheck_drop_path() {
    for shape in [&[4][..], &[5, 3], &[3, 2, 2]] {
        let mask = mask(&shape[..1], 3);
        let layer =
            Fixed(DropPath::new(0.4, &mut rng(1)), move |l: &mut DropPath<f64>, x| l.forward_with(x, &mask));
        gradcheck(&mut { layer }, &random(shape, 2));
    }
}

#[test]
fn gradcheck_drop_block2d() {
    for (shape, block) in [([2, 2, 5, 6], 3), ([1, 3, 4, 4], 2), ([2, 1, 3, 3], 5)] {
        let b = block.min(shape[2]).min(shape[3]);
        let seeds = seeds(&[shape[0], shape[1], shape[2] + 1 - b, shape[3] + 1 - b], 4);
        let forward = move |l: &mut DropBlock2d<f64>, x| l.forward_with(x, &seeds);
        let layer = Fixed(DropBlock2d::new(0.2, block, &mut rng(1)), forward);
        gradcheck(&mut { layer }, &random(&shape, 2));
    }
}

#[test]
fn gradcheck_attention_dropout() {
    let [q, k, v] =
        [(&[2, 3, 4], 1), (&[2, 5, 4], 2), (&[2, 5, 3], 3)].map(|(shape, seed)| random(shape, seed));
    let (c, mask) = (random(&[2, 3, 3], 4), mask(&[2, 3, 5], 5));
    let mut layer = AttentionDropout::<f64>::new(0.4, &mut rng(1));
    layer.forward_with(&q, &k, &v, mask.clone());
    let [dq, dk, dv] = layer.backward(&c);
    let mut loss = |q: &Array<f64>, k: &Array<f64>, v: &Array<f64>| {
        let loss = (layer.forward_with(q, k, v, mask.clone()) * &c).sum_all();
        layer.backward(&c); // takes back what forward pushed
        loss
    };
    assert_gradient("q", &dq, &numerical_gradient(|q| loss(q, &k, &v), &q));
    assert_gradient("k", &dk, &numerical_gradient(|k| loss(&q, k, &v), &k));
    assert_gradient("v", &dv, &numerical_gradient(|v| loss(&q, &k, v), &v));
}

/// One product each, whose factor is rounded to f32 first: 1e-6 relative leaves a factor of eight.
const PRODUCT: f64 = 1e-6;

/// f32 against f64 for layers that draw the same numbers in both.
fn fast(name: &str, mut fast: impl Layer<f32>, mut plain: impl Layer<f64>, shape: &[usize]) {
    let (x, g) = (random(shape, 6).to_f32(), random(shape, 7).to_f32());
    assert_close(name, &fast.forward(x.clone()), &plain.forward(x.to_f64()), PRODUCT);
    assert_close(name, &fast.backward(g.clone()), &plain.backward(g.to_f64()), PRODUCT);
}

#[test]
fn fast_dropout2d_against_f64() {
    for shape in [&[40, 30, 9, 8][..], &[5, 3], &[2, 3, 7]] {
        let layer = Dropout2d::<f32>::new(0.3, &mut rng(2));
        let plain = layer.to_f64();
        fast("Dropout2d", layer, plain, shape);
    }
}

#[test]
fn fast_drop_path_against_f64() {
    for shape in [&[70, 1000][..], &[5, 3], &[2]] {
        let layer = DropPath::<f32>::new(0.3, &mut rng(2));
        let plain = layer.to_f64();
        fast("DropPath", layer, plain, shape);
    }
}

#[test]
fn fast_drop_block2d_against_f64() {
    for (shape, block) in [([8, 16, 20, 20], 5), ([2, 3, 4, 9], 4), ([1, 1, 1, 1], 3)] {
        let layer = DropBlock2d::<f32>::new(0.2, block, &mut rng(2));
        let plain = layer.to_f64();
        fast("DropBlock2d", layer, plain, &shape);
    }
}

#[test]
fn fast_attention_dropout_against_f64() {
    let [q, k, v] = [(&[3, 40, 16], 1), (&[3, 50, 16], 2), (&[3, 50, 8], 3)]
        .map(|(shape, seed)| random(shape, seed).to_f32());
    let g = random(&[3, 40, 8], 4).to_f32();
    let mut fast = AttentionDropout::<f32>::new(0.3, &mut rng(3));
    let mut plain = fast.to_f64();
    let [wide_q, wide_k, wide_v] = [&q, &k, &v].map(Tensor::to_f64);
    let (y, wide_y) = (fast.forward(&q, &k, &v), plain.forward(&wide_q, &wide_k, &wide_v));
    // Products of 50 terms of order 1 behind a softmax: 2e-5 is a hundred roundings.
    assert_close("output", &y, &wide_y, 2e-5);
    for (a, b) in fast.backward(&g).iter().zip(&plain.backward(&g.to_f64())) {
        assert_close("gradient", a, b, 2e-5);
    }
}

/// Of blocks of ones either all numbers or none are 0, and the share dropped is p within five standard deviations.
fn assert_blocks(y: &Tensor, blocks: usize, p: f64) {
    let length = y.size() / blocks;
    let dropped = y.data().chunks(length).filter(|block| {
        assert!(block.iter().all(|&x| x == block[0]), "a block is kept or dropped as a whole");
        block[0] == 0.0
    });
    let share = dropped.count() as f64 / blocks as f64;
    let sigma = (p * (1.0 - p) / blocks as f64).sqrt();
    assert!((share - p).abs() < 5.0 * sigma, "dropped {share}");
    let mean = y.iter().map(f64::from).sum::<f64>() / y.size() as f64;
    assert!((mean - 1.0).abs() < 5.0 * sigma / (1.0 - p), "mean {mean}");
}

#[test]
fn property_dropout2d_drops_whole_channels() {
    let mut layer = Dropout2d::new(0.3, &mut rng(4));
    let y = layer.forward(Tensor::ones([100, 50, 2, 3]));
    assert_blocks(&y, 5000, layer.p());
    assert_eq!(layer.backward(Tensor::ones([100, 50, 2, 3])), y, "the same channels on the way back");
    let first: Vec<f32> = y.data().chunks(6).map(|channel| channel[0]).collect();
    assert_ne!(first[..50], first[50..100], "each example has channels of its own");
}

#[test]
fn property_drop_path_drops_whole_examples() {
    let mut layer = DropPath::new(0.3, &mut rng(5));
    let y = layer.forward(Tensor::ones([4000, 7]));
    assert_blocks(&y, 4000, layer.p());
    assert_eq!(layer.backward(Tensor::ones([4000, 7])), y);
    let mut batch = DropPath::<f32>::new(0.5, &mut rng(6)).whole_batch();
    let dropped = (0..1000).filter(|_| batch.forward(Tensor::ones([3, 2])).data() == [0.0; 6]).count();
    // Five standard deviations of 1000 coins: 79.
    assert!((421..579).contains(&dropped), "{dropped} whole batches of 1000");
    assert_eq!(DropPath::<f32>::rates(4, 0.2), [0.05, 0.1, 0.15000000000000002, 0.2]);
}

#[test]
fn a_dropped_branch_learns_nothing_and_lets_everything_pass() {
    let mut branch = ch07_modules::Sequential::new()
        .push(Linear::new(3, 3, &mut rng(7)))
        .push(DropPath::new(1.0, &mut rng(7)));
    let mut block = Residual::new(std::mem::take(&mut branch));
    let (x, g) = (random(&[4, 3], 8).to_f32(), random(&[4, 3], 9).to_f32());
    assert_eq!(block.forward(x.clone()), x);
    assert_eq!(block.backward(g.clone()), g);
    for_each_param(&mut block, |path, param| assert!(param.grad.iter().all(|g| g == 0.0), "{path}"));
    assert_ne!(block.infer(x.clone()), x, "in use the branch is there");
}

#[test]
fn property_drop_block2d_drops_squares_and_keeps_the_mean() {
    // Few seeds, so that squares hardly overlap.
    let mut layer = DropBlock2d::new(0.05, 3, &mut rng(8));
    let y = layer.forward(Tensor::ones([20, 10, 16, 16]));
    let mean = y.iter().map(f64::from).sum::<f64>() / y.size() as f64;
    assert!((mean - 1.0).abs() < 1e-5, "the factor makes up for what was really dropped: {mean}");
    let share = y.iter().filter(|&y| y == 0.0).count() as f64 / y.size() as f64;
    // 285 seeds expected, each 9 of 51 200 numbers: a standard deviation of 6 %, and overlaps take away 2 % or so.
    assert!((0.035..0.062).contains(&share), "dropped {share}");
    // Every number dropped lies in a square that is dropped whole.
    for plane in y.data().chunks(256) {
        let zero = |row: usize, column: usize| plane[16 * row + column] == 0.0;
        let whole = |row: usize, column: usize| (0..9).all(|i| zero(row + i / 3, column + i % 3));
        for place in (0..256).filter(|&place| plane[place] == 0.0) {
            let (row, column) = (place / 16, place % 16);
            let from = |at: usize| at.saturating_sub(2)..=at.min(13);
            assert!(from(row).any(|r| from(column).any(|c| whole(r, c))), "{row}, {column} is alone");
        }
    }
}

#[test]
fn property_attention_dropout_keeps_the_mean() {
    let [q, k, v] =
        [(&[1, 2, 4], 1), (&[1, 6, 4], 2), (&[1, 6, 3], 3)].map(|(shape, seed)| random(shape, seed).to_f32());
    let mut layer = AttentionDropout::new(0.3, &mut rng(9));
    let rounds = 20_000;
    let mut mean = Array::<f64>::zeros([1, 2, 3]);
    for _ in 0..rounds {
        mean += &(layer.forward(&q, &k, &v).to_f64() / f64::from(rounds));
        layer.backward(&Tensor::ones([1, 2, 3]));
    }
    // One output has a standard deviation below 1, so its mean one below 0.007; five of them.
    let off = (mean - layer.infer(&q, &k, &v).to_f64()).abs().max(.., false).item();
    assert!(off < 0.035, "the mean over many masks is the output in use: off by {off}");
    let dropped = AttentionDropout::<f32>::new(0.0, &mut rng(9)).forward(&q, &k, &v);
    assert_eq!(dropped, layer.infer(&q, &k, &v));
}

#[test]
fn beta_has_its_mean_and_variance() {
    for alpha in [0.1, 0.4, 1.0, 2.0] {
        let (n, rng) = (40_000, &mut Rng::new(10, "beta"));
        let draws: Vec<f64> = (0..n).map(|_| beta(alpha, rng)).collect();
        assert!(draws.iter().all(|x| (0.0..=1.0).contains(x)));
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        let variance = draws.iter().map(|x| (x - 0.5).powi(2)).sum::<f64>() / f64::from(n);
        // Beta(a, a) has the variance 1 / (4 (2 a + 1)). A variance of at most 1/4 of numbers from 0 to 1 has a standard
        // error below 0.0013 with 40 000 draws, the mean one below 0.0025: five of them.
        assert!((mean - 0.5).abs() < 0.0125, "α = {alpha}: mean {mean}");
        assert!((variance - 0.25 / (2.0 * alpha + 1.0)).abs() < 0.0065, "α = {alpha}: variance {variance}");
    }
    // Very small α give 0 or 1, and no NaN.
    assert!((0..100).all(|seed| (0.0..=1.0).contains(&beta(1e-4, &mut Rng::new(seed, "beta")))));
}

#[test]
fn keep_best_goes_back_to_the_best_weights() {
    let mut model = Linear::new(2, 2, &mut rng(11));
    let mut keep = KeepBest::new(EarlyStopping::new(Goal::Smallest, 2));
    assert_eq!(keep.restore(&mut model), Ok(false), "nothing was observed yet");
    let mut best = state_dict(&mut model);
    for (loss, verdict) in
        [(1.0, Verdict::Improved), (0.5, Verdict::Improved), (0.7, Verdict::Waiting), (0.6, Verdict::Stop)]
    {
        for_each_param(&mut model, |_, param| param.value = &param.value + 1.0);
        assert_eq!(keep.observe(loss, &mut model), verdict);
        if loss == 0.5 {
            best = state_dict(&mut model);
        }
    }
    assert_ne!(state_dict(&mut model), best);
    assert_eq!(keep.restore(&mut model), Ok(true));
    assert_eq!(state_dict(&mut model), best);
    assert!(keep.restore(&mut Linear::new(3, 2, &mut rng(11))).is_err(), "another network");
}

#[test]
fn the_penalty_leaves_biases_and_frozen_weights_alone() {
    let mut model = Linear::new(3, 2, &mut rng(12)).to_f64();
    let penalty = add_l2(&mut model, 0.1);
    let squares: f64 = model.weight.value.iter().map(|w| w * w).sum();
    assert!((penalty - 0.05 * squares).abs() < 1e-15);
    assert_close("gradient", &model.weight.grad, &(&model.weight.value * 0.1), 1e-15);
    assert!(model.bias.as_ref().is_some_and(|bias| bias.grad.iter().all(|g| g == 0.0)));
    model.weight.frozen = true;
    assert_eq!(add_l2(&mut model, 0.1), 0.0);
}

#[test]
fn the_loss_of_a_mixture_is_the_mixture_of_the_losses() {
    let (logits, share) = (random(&[6, 4], 13), 0.3);
    let labels = Array::from_fn([6], |i| (i[0] % 4) as i64);
    let order = partners(6, &mut rng(13));
    let targets = Array::<f64>::one_hot(&labels, 4);
    let [_, mixed] = mixup(&logits, &targets, &order, share);
    let criterion = CrossEntropy::default();
    let soft = criterion.forward(&logits, &mixed).item();
    let own = criterion.forward(&logits, &labels).item();
    let other = criterion.forward(&logits, &labels.index_select(0, &order)).item();
    assert!((soft - (share * own + (1.0 - share) * other)).abs() < 1e-12);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Targets stay distributions; a share of 1 changes nothing, and mixing is symmetric.
    #[test]
    fn mixup_keeps_distributions(n in 1..7usize, share in 0.0..1.0f64, seed in 0..1000u64) {
        let (x, order) = (random(&[n, 3], seed), partners(n, &mut Rng::new(seed, "order")));
        let targets = ch03_neurons::softmax(random(&[n, 4], seed + 1), 1);
        let [mixed, mixed_targets] = mixup(&x, &targets, &order, share);
        prop_assert!(mixed_targets.sum(1, false).iter().all(|sum| (sum - 1.0).abs() < 1e-12));
        let [back, _] = mixup(&x.index_select(0, &order), &targets, &Array::from_fn([n], |i| i[0] as i64), 1.0);
        prop_assert_eq!(&back, &x.index_select(0, &order));
        let other = (&x * share) + (x.index_select(0, &order) * (1.0 - share));
        prop_assert!((mixed - other).abs().max(.., false).item() < 1e-12);
    }

    /// As many pixels are the partner's as the targets say.
    #[test]
    fn cutmix_pastes_as_much_as_the_targets_say(h in 1..12usize, w in 1..12usize, share in 0.0..1.0f64, seed in 0..1000u64) {
        // The first example is all zeros, the second all ones, each of a class of its own.
        let x = Array::<f64>::from_fn([2, 3, h, w], |i| i[0] as f64);
        let targets = Array::<f64>::one_hot(&Array::from([0, 1]), 2);
        let rectangle = Rectangle::draw([h, w], share, &mut Rng::new(seed, "rectangle"));
        let [cut, mixed] = cutmix(&x, &targets, &Array::from([1, 0]), rectangle);
        let pasted = cut.narrow(0, 0, 1).mean_all();
        prop_assert!((mixed[[0, 1]] - pasted).abs() < 1e-12 && (mixed[[0, 0]] + pasted - 1.0).abs() < 1e-12);
        prop_assert!(pasted <= 1.0 - share + 1e-12, "never more than was asked for");
    }

    /// Linear for given factors, and its own transpose.
    #[test]
    fn blocks_are_scaled_linearly(n in 1..5usize, c in 1..4usize, plane in 0..6usize, seed in 0..1000u64) {
        let (x, g, f) = (random(&[n, c, plane], seed), random(&[n, c, plane], seed + 1), random(&[n, c], seed + 2));
        let at = |x: &Array<f64>| scale_blocks("test", x.clone(), &f);
        let (left, right) = ((at(&x) * &g).sum_all(), (at(&g) * &x).sum_all());
        prop_assert!((left - right).abs() < 1e-10 * (1.0 + left.abs()));
        let want = &x * &f.clone().reshape([n, c, 1]);
        prop_assert_eq!(at(&x), want);
    }
}

#[test]
#[should_panic(expected = "Dropout2d: factors of shape [2, 3] for an array of [2, 4, 5]")]
fn a_mask_of_other_channels_is_refused() {
    Dropout2d::new(0.5, &mut rng(0)).forward_with(Tensor::ones([2, 4, 5]), &mask(&[2, 3], 0));
}

#[test]
#[should_panic(expected = "DropPath: backward: no forward call to go back through")]
fn backward_without_forward_is_refused() {
    DropPath::new(0.5, &mut rng(0)).backward(Tensor::ones([2]));
}

#[test]
#[should_panic(expected = "DropBlock2d: [2, 3, 4] is not [batch, channels, height, width]")]
fn drop_block_wants_images() {
    DropBlock2d::new(0.5, 3, &mut rng(0)).forward(Tensor::ones([2, 3, 4]));
}

#[test]
#[should_panic(expected = "beta: α = 0 is not positive")]
fn beta_refuses_a_parameter_of_0() {
    beta(0.0, &mut rng(0));
}

#[test]
#[should_panic(expected = "are not [batch, ..], [batch, classes] and [batch]")]
fn mixup_refuses_labels_that_are_no_distributions() {
    mixup(&Tensor::ones([3, 2]), &Tensor::ones([3]), &Array::from([0, 1, 2]), 0.5);
}
