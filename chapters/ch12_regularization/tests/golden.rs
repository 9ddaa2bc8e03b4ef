//! Dropout against PyTorch's, with the masks that PyTorch drew (made by tests/golden/make_ch12.py).
//!
//! An element is one product with a factor: PyTorch rounds `1 / (1 - p)` to f32 and multiplies, as we do. Should one of us
//! divide in another order, results differ by two roundings of 2^-24: 2.4e-7 relative covers them.
//!
//! Everything but plain dropout is compared twice. In f64, where sums have at most a dozen terms of order 1 to 10: 1e-12. And
//! in f32, with inputs rounded to 2^-24: 1e-5 leaves room for a hundred roundings.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::npz;
use ch01_tensors::{Array, Float, Rng, Tensor};
use ch05_backprop::{Layer, Linear, assert_close as close, sgd_step};
use ch12_regularization::{
    AttentionDropout, DropBlock2d, DropPath, Dropout, Dropout2d, Mask, Rectangle, add_l2, cutmix, mixup,
    seed_probability,
};

#[track_caller]
fn assert_close(what: &str, ours: &Tensor, theirs: &Tensor) {
    assert_eq!(ours.shape(), theirs.shape(), "{what}: shapes");
    for (i, (a, b)) in ours.iter().zip(theirs.iter()).enumerate() {
        assert!((a - b).abs() <= 2.4e-7 * b.abs(), "{what}, element {i}: ours {a}, PyTorch's {b}");
    }
}

#[test]
fn golden_dropout() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch12.npz");
    let golden = npz::read(&path).unwrap();
    let cases = golden["cases"].text().unwrap();
    assert_eq!(cases.len(), 24);
    for case in cases {
        let get = |key: &str| golden[&format!("{case}.{key}")].f32().unwrap();
        let p = golden[&format!("{case}.p")].f64().unwrap().item();
        let mask = Mask::from_kept(&golden[&format!("{case}.kept")].bool().unwrap());
        let mut layer = Dropout::with_stream(p, Rng::new(0, "not used"));
        assert_eq!(layer.p(), p, "{case}: the probability is a multiple of 1/65536");
        assert_close(&format!("{case}, forward"), &layer.forward_with(get("x"), mask), &get("y"));
        assert_close(&format!("{case}, backward"), &layer.backward(get("grad")), &get("dx"));
    }
}

const IN_F64: f64 = 1e-12;
const IN_F32: f64 = 1e-5;

struct Golden(BTreeMap<String, NpyArray>);

impl Golden {
    fn open() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch12.npz");
        Golden(npz::read(&path).unwrap())
    }
    fn wide(&self, name: &str) -> Array<f64> {
        self.0.get(name).unwrap_or_else(|| panic!("no golden entry {name}")).f64().unwrap()
    }
    fn kept(&self, case: &str) -> Array<bool> {
        self.0[&format!("{case}.kept")].bool().unwrap()
    }
}

/// One layer with a given choice of what is kept, in either precision.
fn against<T: Float, L: Layer<T>>(
    golden: &Golden,
    case: &str,
    layer: &mut L,
    forward: impl Fn(&mut L, Array<T>) -> Array<T>,
    to: fn(&Array<f64>) -> Array<T>,
    tol: f64,
) {
    let get = |name: &str| golden.wide(&format!("{case}.{name}"));
    close(&format!("{case}, forward"), &forward(layer, to(&get("x"))), &get("y"), tol);
    close(&format!("{case}, backward"), &layer.backward(to(&get("grad"))), &get("dx"), tol);
    assert_eq!(layer.infer(to(&get("x"))), to(&get("x")), "{case}: in use nothing is dropped");
}

#[test]
fn golden_dropout2d() {
    let golden = Golden::open();
    for case in (0..3).map(|i| format!("dropout2d.{i}")) {
        let (p, mask) = (golden.wide(&format!("{case}.p")).item(), Mask::from_kept(&golden.kept(&case)));
        let mut fast = Dropout2d::<f32>::new(p, &mut Rng::new(0, "not used"));
        let mut plain = fast.to_f64();
        against(&golden, &case, &mut plain, |l, x| l.forward_with(x, &mask), Array::clone, IN_F64);
        against(&golden, &case, &mut fast, |l, x| l.forward_with(x, &mask), Array::to_f32, IN_F32);
    }
}

#[test]
fn golden_drop_path() {
    let golden = Golden::open();
    for case in (0..4).map(|i| format!("drop_path.{i}")) {
        let (p, mask) = (golden.wide(&format!("{case}.p")).item(), Mask::from_kept(&golden.kept(&case)));
        let mut fast = DropPath::<f32>::new(p, &mut Rng::new(0, "not used"));
        if !golden.0[&format!("{case}.row")].bool().unwrap().item() {
            fast = fast.whole_batch();
        }
        let mut plain = fast.to_f64();
        against(&golden, &case, &mut plain, |l, x| l.forward_with(x, &mask), Array::clone, IN_F64);
        against(&golden, &case, &mut fast, |l, x| l.forward_with(x, &mask), Array::to_f32, IN_F32);
    }
}

#[test]
fn golden_drop_block2d() {
    let golden = Golden::open();
    for case in (0..4).map(|i| format!("drop_block2d.{i}")) {
        let (p, seeds) = (golden.wide(&format!("{case}.p")).item(), golden.kept(&case));
        let block = golden.0[&format!("{case}.block")].i64().unwrap().item() as usize;
        let mut fast = DropBlock2d::<f32>::new(p, block, &mut Rng::new(0, "not used"));
        let mut plain = fast.to_f64();
        against(&golden, &case, &mut plain, |l, x| l.forward_with(x, &seeds), Array::clone, IN_F64);
        against(&golden, &case, &mut fast, |l, x| l.forward_with(x, &seeds), Array::to_f32, IN_F32);
        let x = golden.wide(&format!("{case}.x"));
        let size = [x.dim(2), x.dim(3)];
        let gamma = seed_probability(p, size, block.min(size[0]).min(size[1]));
        assert!(
            (gamma - golden.wide(&format!("{case}.gamma")).item()).abs() < 1e-15,
            "{case}: gamma {gamma}"
        );
    }
}

fn attention<T: Float>(golden: &Golden, case: &str, to: fn(&Array<f64>) -> Array<T>, tol: f64) {
    let get = |name: &str| golden.wide(&format!("{case}.{name}"));
    let mut layer = AttentionDropout::<T>::new(get("p").item(), &mut Rng::new(0, "not used"));
    let [q, k, v] = ["q", "k", "v"].map(|name| to(&get(name)));
    close(&format!("{case}, infer"), &layer.infer(&q, &k, &v), &get("plain"), tol);
    let y = layer.forward_with(&q, &k, &v, Mask::from_kept(&golden.kept(case)));
    close(&format!("{case}, forward"), &y, &get("y"), tol);
    for (gradient, name) in layer.backward(&to(&get("grad"))).iter().zip(["dq", "dk", "dv"]) {
        close(&format!("{case}, {name}"), gradient, &get(name), tol);
    }
}

#[test]
fn golden_attention_dropout() {
    let golden = Golden::open();
    for case in (0..3).map(|i| format!("attention_dropout.{i}")) {
        attention(&golden, &case, Array::clone, IN_F64);
        attention(&golden, &case, Array::to_f32, IN_F32);
    }
}

#[test]
fn mixup_and_cutmix_are_torchvisions() {
    let golden = Golden::open();
    for case in (0..2).map(|i| format!("mixing.{i}")) {
        let get = |name: &str| golden.wide(&format!("{case}.{name}"));
        let integers = |name: &str| golden.0[&format!("{case}.{name}")].i64().unwrap();
        let (x, targets, order, share) = (get("x"), get("targets"), integers("order"), get("share").item());
        let [mixed, mixed_targets] = mixup(&x, &targets, &order, share);
        close(&format!("{case}, mixup"), &mixed, &get("mixup_x"), IN_F64);
        close(&format!("{case}, mixup targets"), &mixed_targets, &get("mixup_targets"), IN_F64);
        let middle = integers("middle");
        let rectangle =
            Rectangle::around([middle[[0]] as usize, middle[[1]] as usize], [x.dim(2), x.dim(3)], share);
        let [cut, cut_targets] = cutmix(&x, &targets, &order, rectangle);
        assert_eq!(cut, get("cutmix_x"), "{case}: pixels are moved, not computed");
        close(&format!("{case}, cutmix targets"), &cut_targets, &get("cutmix_targets"), IN_F64);
    }
}

#[test]
fn the_l2_penalty_is_the_weight_decay_of_sgd() {
    let golden = Golden::open();
    let get = |name: &str| golden.wide(&format!("decay.{name}"));
    let mut layer = Linear::from_parts(get("weight"), Some(get("bias")));
    let y = layer.forward(get("x"));
    layer.backward(y * 2.0);
    let squares: f64 = get("weight").iter().map(|w| w * w).sum();
    assert!((add_l2(&mut layer, 0.3) - 0.15 * squares).abs() < 1e-12);
    sgd_step(&mut layer, 0.1);
    close("weight", &layer.weight.value, &get("weight_after"), IN_F64);
    close("bias", &layer.bias.unwrap().value, &get("bias_after"), IN_F64);
}
