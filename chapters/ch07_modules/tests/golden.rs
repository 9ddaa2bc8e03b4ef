//! Values and gradients against PyTorch's, and a file that the safetensors package wrote (made by
//! tests/golden/make_ch07.py).
//!
//! Both sides compute in f32, in different orders. Sums here have at most a dozen terms of order 1, each rounded to
//! 2^-24: 1e-5 absolute plus relative leaves room for a hundred roundings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ch01_tensors::npy::{NpyArray, Values};
use ch01_tensors::npz;
use ch01_tensors::{Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear, assert_close, assert_golden};
use ch07_modules::{AnyTensor, Flatten, Sequential, safetensors};

type Golden = BTreeMap<String, NpyArray>;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(name)
}

fn tensor(golden: &Golden, name: &str) -> Tensor {
    golden.get(name).unwrap_or_else(|| panic!("no golden entry {name}")).f32().unwrap()
}

/// Compares output and all gradients with PyTorch's.
fn check(golden: &Golden, case: &str, mut layer: impl Layer) {
    let get = |name: &str| tensor(golden, &format!("{case}.{name}"));
    assert_golden(case, &mut layer, 1e-5, get);
    assert_close(&format!("{case}, infer"), &layer.infer(get("x")), &get("y"), 1e-5);
}

#[test]
fn golden_flatten() {
    let golden = npz::read(file("ch07.npz")).unwrap();
    for i in 0..6 {
        check(&golden, &format!("flatten.{i}"), Flatten::new());
    }
}

#[test]
fn golden_sequential() {
    let golden = npz::read(file("ch07.npz")).unwrap();
    let rng = &mut Rng::new(0, "replaced by PyTorch's weights");
    let mut linear = |inputs, outputs| Linear::new(inputs, outputs, rng);
    let kind = ActivationLayer::new;
    let models = [
        Sequential::new().push(linear(5, 4)),
        Sequential::new()
            .push(linear(5, 4))
            .push(kind(Activation::Relu))
            .push(linear(4, 6))
            .push(kind(Activation::Tanh))
            .push(linear(6, 2)),
        Sequential::new()
            .push(Flatten::new())
            .push(Sequential::new().push(linear(6, 6)).push(kind(Activation::Silu)))
            .push(linear(6, 3)),
        Sequential::new(),
    ];
    for (i, model) in models.into_iter().enumerate() {
        check(&golden, &format!("sequential.{i}"), model);
    }
}

/// The bits, so that -0 and the smallest numbers count too.
fn bits(array: &AnyTensor) -> (Vec<usize>, Vec<u64>) {
    let bits = match array {
        AnyTensor::I64(a) => a.iter().map(|x| x as u64).collect(),
        AnyTensor::F64(a) => a.iter().map(f64::to_bits).collect(),
        AnyTensor::F32(a) => a.iter().map(|x| x.to_bits().into()).collect(),
        AnyTensor::I32(a) => a.iter().map(|x| x as u64).collect(),
        AnyTensor::U8(a) => a.iter().map(u64::from).collect(),
    };
    (array.shape().to_vec(), bits)
}

#[test]
fn golden_file_written_by_the_safetensors_package() {
    let golden = npz::read(file("ch07.npz")).unwrap();
    let (read, texts) = safetensors::read_any(file("ch07.safetensors")).unwrap();
    let expected = [("epoch", "12"), ("format", "pt")].map(|(key, text)| (key.to_owned(), text.to_owned()));
    assert_eq!(texts, BTreeMap::from(expected));
    let mut names = 0;
    for (name, array) in golden.iter().filter_map(|(name, array)| Some((name.strip_prefix("file.")?, array)))
    {
        let wanted: AnyTensor = match array.values() {
            Values::I64(a) => a.clone().into(),
            Values::F64(a) => a.clone().into(),
            Values::F32(a) => a.clone().into(),
            Values::I32(a) => a.clone().into(),
            Values::U8(a) => a.clone().into(),
            _ => panic!("{name}: no such type was written"),
        };
        assert_eq!(read[name].dtype(), wanted.dtype(), "{name}");
        assert_eq!(bits(&read[name]), bits(&wanted), "{name}");
        names += 1;
    }
    assert_eq!((names, read.len()), (11, 11));
    // What is written again differs only in the order of the header's texts.
    let mut again = Vec::new();
    safetensors::write_to(&mut again, &read, &texts).unwrap();
    let theirs = std::fs::read(file("ch07.safetensors")).unwrap();
    assert_eq!(again.len(), theirs.len());
    assert_eq!(again[8 + 768..], theirs[8 + 768..], "the elements");
    // Asked for 32-bit floats alone, the first other array is named.
    let error = safetensors::read(file("ch07.safetensors")).unwrap_err().to_string();
    assert!(error.ends_with("ch07.safetensors: float64 holds F64, and F32 is wanted"), "{error}");
}
