//! Dropout against PyTorch's, with the masks that PyTorch drew (made by tests/golden/make_ch12.py).
//!
//! An element is one product with a factor: PyTorch rounds `1 / (1 - p)` to f32 and multiplies, as we do. Should one of us
//! divide in another order, results differ by two roundings of 2^-24: 2.4e-7 relative covers them.

use std::path::Path;

use ch01_tensors::npz;
use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch12_regularization::{Dropout, Mask};

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
