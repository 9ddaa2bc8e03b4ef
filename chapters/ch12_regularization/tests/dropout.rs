//! Dropout: gradient checks, laws, and the f32 path against a plain f64 one.

use ch01_tensors::{Array, Position, Rng, Tensor};
use ch05_backprop::{Entry, Layer, Module, Visitor, gradcheck};
use ch12_regularization::{Dropout, Mask};
use proptest::prelude::*;
use rand::TryRng;

fn random(shape: &[usize], seed: u64) -> Tensor {
    Tensor::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

fn layer(p: f64, seed: u64) -> Dropout {
    Dropout::new(p, &mut Rng::new(seed, "layers"))
}

/// Dropout that draws the same mask each time, by going back to the same place of its stream: a function, as the
/// gradient check needs. Its `infer` is what `forward` computes.
struct Repeated {
    layer: Dropout<f64>,
    start: Position,
}

impl Repeated {
    fn new(mut layer: Dropout<f64>) -> Self {
        let start = position(&mut layer);
        Repeated { layer, start }
    }
}

impl Layer<f64> for Repeated {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        seek(&mut self.layer, self.start);
        self.layer.forward(x)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.layer.backward(grad)
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        let mut copy = self.layer.to_f64();
        seek(&mut copy, self.start);
        copy.forward(x)
    }
}

impl Module<f64> for Repeated {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.layer.visit(visitor);
    }
}

fn with_stream<R>(layer: &mut Dropout<f64>, mut f: impl FnMut(&mut Rng) -> R) -> R {
    let mut result = None;
    layer.visit(&mut Visitor::new(&mut |path, entry| {
        assert_eq!(path.to_string(), "rng");
        if let Entry::Stream(rng) = entry {
            result = Some(f(rng));
        }
    }));
    result.expect("dropout shows its stream")
}

fn position(layer: &mut Dropout<f64>) -> Position {
    with_stream(layer, |rng| rng.position())
}

fn seek(layer: &mut Dropout<f64>, position: Position) {
    with_stream(layer, |rng| rng.seek(position));
}

#[test]
fn gradcheck_dropout() {
    for (seed, p) in [0.0, 0.1, 0.5, 0.9, 1.0].into_iter().enumerate() {
        for shape in [&[4, 5][..], &[2, 3, 3], &[17], &[], &[0, 3]] {
            let x = random(shape, 1).to_f64();
            gradcheck(&mut Repeated::new(layer(p, seed as u64).to_f64()), &x);
        }
        // A transposed view of the input is as good as a contiguous one.
        gradcheck(&mut Repeated::new(layer(p, 9).to_f64()), &random(&[5, 4], 2).to_f64().t());
    }
}

/// What dropout means, one element at a time, in f64.
fn plain(x: &Array<f64>, kept: &Array<bool>, p: f64) -> Array<f64> {
    let factor = if p == 1.0 { 0.0 } else { 1.0 / (1.0 - p) };
    let values: Vec<f64> = x.iter().zip(kept.iter()).map(|(x, k)| if k { x * factor } else { 0.0 }).collect();
    Array::from_slice(&values, *x.shape())
}

/// The mask of the plain version: one number of 16 bits after the other, drawn from the stream by hand.
fn plain_mask(shape: &[usize], p: f64, rng: &mut Rng) -> Array<bool> {
    let dropped = (p * 65536.0).round() as u64;
    let mut left = Vec::new();
    Array::from_fn(shape, |_| {
        if left.is_empty() {
            let bits = rng.bits();
            left = (0..4).rev().map(|i| bits >> (16 * i) & 0xffff).collect();
        }
        left.pop().unwrap() >= dropped
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn fast_dropout_against_plain(size in 0usize..300, p in 0.0..1.0f64, seed: u64) {
        let shape = [size];
        let x = random(&shape, seed);
        let mut fast = Dropout::with_stream(p, Rng::new(seed, "mask"));
        let kept = plain_mask(&shape, p, &mut Rng::new(seed, "mask"));
        let y = fast.forward(x.clone());
        let g = random(&shape, seed ^ 1);
        let dx = fast.backward(g.clone());
        for (ours, input) in [(y, x), (dx, g)] {
            let want = plain(&input.to_f64(), &kept, fast.p());
            for (a, b) in ours.iter().zip(want.iter()) {
                // One product, whose factor is rounded to f32 first: two roundings of 2^-24 each.
                prop_assert!((f64::from(a) - b).abs() <= 2.5 * 2f64.powi(-24) * b.abs(), "{a} {b}");
            }
        }
    }
}

/// One mask after the other from one stream, so that most begin within a block of it, and some within a row.
#[test]
fn masks_of_any_size_follow_one_another_as_the_plain_ones() {
    let mut rng = Rng::new(7, "mask");
    for (size, words) in
        [(8, 0), (700, 0), (3000, 1), (513, 3), (520, 0), (512, 4), (100_000, 0), (70_007, 2)]
    {
        for _ in 0..words / 2 {
            rng.bits();
        }
        if words % 2 == 1 {
            rng.try_next_u32().expect("a stream never fails");
        }
        let mut plain = rng.clone();
        for p in [0.25, 65535.0 / 65536.0, 1.0] {
            let dropped = (p * 65536.0) as u32;
            let mask = Mask::draw([size].into(), dropped, &mut rng);
            let kept = plain_mask(&[size], p, &mut plain);
            assert!(mask.kept() == kept, "{size} elements after {words} words, p = {p}");
            // A mask uses up whole bytes.
            let bytes = size.div_ceil(8);
            let used = 4 * bytes - size.div_ceil(4) * 2;
            for _ in 0..used / 2 {
                plain.bits();
            }
            assert_eq!(rng.position(), plain.position());
        }
    }
}

#[test]
fn large_arrays_in_parallel_equal_the_plain_one() {
    // 300 000 elements are nine parts, drawn and applied in parallel; 300 007 leave a part and a byte unfinished.
    let x = random(&[300_007], 3);
    let mut fast = Dropout::with_stream(0.3, Rng::new(3, "mask"));
    let kept = plain_mask(&[300_007], 0.3, &mut Rng::new(3, "mask"));
    let want = plain(&x.to_f64(), &kept, fast.p());
    let y = fast.forward(x);
    assert!(y.iter().zip(want.iter()).all(|(a, b)| (f64::from(a) - b).abs() <= 1e-6 * b.abs()));
}

#[test]
fn property_dropout_keeps_the_mean_and_drops_its_share() {
    for (seed, p) in [0.1, 0.25, 0.5, 0.9].into_iter().enumerate() {
        let n = 200_000;
        let mut dropout = layer(p, seed as u64);
        let y = dropout.forward(Tensor::ones([n]));
        let dropped = y.iter().filter(|&y| y == 0.0).count() as f64 / n as f64;
        // Five standard deviations of a binomial share: a chance of 6e-7 to fail, and the seed is fixed.
        let sigma = (p * (1.0 - p) / n as f64).sqrt();
        assert!((dropped - p).abs() < 5.0 * sigma, "p = {p}: dropped {dropped}");
        let mean = y.iter().map(f64::from).sum::<f64>() / n as f64;
        assert!((mean - 1.0).abs() < 5.0 * sigma / (1.0 - p), "p = {p}: mean {mean}");
    }
}

#[test]
fn property_dropout_is_linear_and_its_own_transpose() {
    let (x, z, c) = (random(&[50], 4), random(&[50], 5), random(&[50], 6));
    let kept = Mask::draw(*x.shape(), 20_000, &mut Rng::new(6, "mask"));
    let mut dropout = layer(20_000.0 / 65536.0, 0);
    let mut at = |x: &Tensor| dropout.forward_with(x.clone(), kept.clone());
    let sum = at(&(&x + &z));
    let parts = at(&x) + at(&z);
    // Both sides round a sum and a product of numbers below 10.
    assert!(sum.iter().zip(parts.iter()).all(|(a, b)| (a - b).abs() < 1e-5));
    let (left, back) = ((at(&x) * &c).sum_all(), dropout.backward(c));
    assert!((left - (back * x).sum_all()).abs() < 1e-4, "<Ax, c> = <x, A'c>");
}

#[test]
fn property_dropout_masks_follow_the_stream() {
    let mut dropout = layer(0.5, 7).to_f64();
    let x = Array::<f64>::ones([1000]);
    let start = position(&mut dropout);
    let (first, second) = (dropout.forward(x.clone()), dropout.forward(x.clone()));
    assert_ne!(first, second, "each call draws a mask of its own");
    let end = position(&mut dropout);
    seek(&mut dropout, start);
    assert_eq!(dropout.forward(x.clone()), first, "the same place of the stream gives the same mask");
    assert_eq!(dropout.forward(x.clone()), second);
    assert_eq!(position(&mut dropout), end);
    // Masks are popped in reverse order: the last two forward calls were `first` and `second`.
    assert_eq!(dropout.backward(x.clone()), second);
    assert_eq!(dropout.backward(x.clone()), first);
    // Two layers made from one generator have streams of their own.
    let mut rng = Rng::new(8, "layers");
    let (mut a, mut b) = (Dropout::<f64>::new(0.5, &mut rng), Dropout::<f64>::new(0.5, &mut rng));
    assert_ne!(a.forward(x.clone()), b.forward(x));
}

#[test]
fn any_number_of_threads_draws_the_same_mask() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut dropout = layer(0.2, 9);
            let y = dropout.forward(random(&[300, 1001], 10));
            let dx = dropout.backward(random(&[300, 1001], 11));
            (y, dx)
        })
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

#[test]
fn in_use_nothing_is_dropped_and_extremes_are_exact() {
    let x = random(&[100], 12);
    assert_eq!(layer(0.7, 0).infer(x.clone()), x);
    assert_eq!(layer(0.0, 0).forward(x.clone()), x);
    assert_eq!(layer(1.0, 0).forward(x.clone()), Tensor::zeros([100]));
    // A probability is a multiple of 1/65536, and the factor belongs to that.
    let dropout = layer(0.1, 0);
    assert_eq!(dropout.p(), 6554.0 / 65536.0);
    assert_eq!(dropout.factor(), (65536.0 / 58982.0) as f32);
    // A number that is not finite stays visible, dropped or not.
    let y = layer(0.5, 0).forward(Tensor::full([64], f32::NAN));
    assert!(y.iter().all(f32::is_nan));
}

#[test]
fn masks_and_booleans_convert() {
    for size in [0, 1, 7, 8, 9, 64, 100] {
        let mask = Mask::draw([size].into(), 30_000, &mut Rng::new(13, "mask"));
        assert_eq!(Mask::from_kept(&mask.kept()).kept(), mask.kept());
    }
    assert_eq!(Mask::draw([3].into(), 0, &mut Rng::new(0, "mask")).kept(), Array::full([3], true));
    assert_eq!(Mask::draw([3].into(), 65536, &mut Rng::new(0, "mask")).kept(), Array::full([3], false));
}

#[test]
#[should_panic(expected = "p = 1.5 is not a probability")]
fn an_impossible_probability_is_refused() {
    layer(1.5, 0);
}

#[test]
#[should_panic(expected = "Dropout::backward: an array of shape [3] for a mask of [4]")]
fn a_gradient_of_another_shape_is_refused() {
    let mut dropout = layer(0.5, 0);
    dropout.forward(Tensor::ones([4]));
    dropout.backward(Tensor::ones([3]));
}

#[test]
#[should_panic(expected = "Dropout::backward: no forward call to go back through")]
fn backward_without_forward_is_refused() {
    layer(0.5, 0).backward(Tensor::ones([3]));
}
