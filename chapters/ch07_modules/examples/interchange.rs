//! Files of weights between PyTorch and here, both ways; run by `tests/interop/run safetensors`.
//!
//! `interchange write FOLDER` writes `ours.safetensors`: a network with an input and its output, and arrays of every type.
//! `interchange read FOLDER` reads `theirs.safetensors`, which PyTorch wrote with the same names, loads the network,
//! computes the output and compares.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{ActivationLayer, Layer, Linear};
use ch07_modules::{AnyTensor, Sequential, load_state_dict, safetensors, state_dict};

type State = BTreeMap<String, AnyTensor>;

fn model(seed: u64) -> Sequential {
    let rng = &mut Rng::new(seed, "interchange");
    Sequential::new()
        .push(Linear::new(4, 8, rng))
        .push(ActivationLayer::new(Activation::Tanh))
        .push(Linear::new(8, 3, rng))
}

/// Arrays whose every bit is known to both sides.
fn known() -> State {
    BTreeMap::from([
        (
            "known.special".to_owned(),
            Tensor::from([f32::INFINITY, f32::NEG_INFINITY, -0.0, 1e-45, f32::MAX, f32::NAN]).into(),
        ),
        ("known.f64".to_owned(), Array::<f64>::from_fn([2, 3], |i| (3 * i[0] + i[1]) as f64 / 7.0).into()),
        ("known.i64".to_owned(), Array::<i64>::from([i64::MIN, i64::MAX, -1]).into()),
        ("known.i32".to_owned(), Array::<i32>::from([[i32::MIN], [i32::MAX]]).into()),
        ("known.u8".to_owned(), Array::<u8>::from([0, 127, 255]).into()),
        ("known.scalar".to_owned(), Tensor::scalar(2.5).into()),
        ("known.empty".to_owned(), Tensor::zeros([0, 3]).into()),
        ("known.a \"quoted\" \\ name, ü".to_owned(), Tensor::from([1.0]).into()),
    ])
}

fn write(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (mut model, x) = (model(0), Tensor::normal([5, 4], 0.0, 1.0, &mut Rng::new(1, "input")));
    let mut state = known();
    for (name, array) in state_dict(&mut model) {
        state.insert(format!("model.{name}"), array.into());
    }
    state.insert("y".into(), model.infer(x.clone()).into());
    state.insert("x".into(), x.into());
    let texts = BTreeMap::from([("written by".to_owned(), "Gradus, \"chapter 7\"".to_owned())]);
    safetensors::write_any(folder.join("ours.safetensors"), &state, &texts)?;
    println!("wrote {} arrays", state.len());
    Ok(())
}

fn f32_of(state: &State, name: &str) -> Result<Tensor, Box<dyn Error>> {
    match state.get(name) {
        Some(AnyTensor::F32(array)) => Ok(array.clone()),
        Some(other) => Err(format!("{name} holds {}", other.dtype()).into()),
        None => Err(format!("{name} is missing").into()),
    }
}

/// Whether two arrays agree in type, shape and every bit; NaN equals NaN.
fn same(a: &AnyTensor, b: &AnyTensor) -> bool {
    match (a, b) {
        (AnyTensor::F32(a), AnyTensor::F32(b)) => {
            a.shape() == b.shape() && a.iter().zip(b.iter()).all(|(a, b)| a.to_bits() == b.to_bits())
        }
        _ => a == b,
    }
}

fn read(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (state, texts) = safetensors::read_any(folder.join("theirs.safetensors"))?;
    for (name, want) in known() {
        let found = state.get(&name).ok_or_else(|| format!("{name} is missing"))?;
        if !same(found, &want) {
            return Err(format!("{name}: {found:?} is not {want:?}").into());
        }
    }
    let mut weights = BTreeMap::new();
    for name in state.keys() {
        if let Some(short) = name.strip_prefix("model.") {
            weights.insert(short.to_owned(), f32_of(&state, name)?);
        }
    }
    let mut model = model(2);
    load_state_dict(&mut model, &weights)?;
    let y = model.infer(f32_of(&state, "x")?);
    let off = (y - f32_of(&state, "y")?).abs().max(.., false).item();
    // Sums of at most eight products of order 1, in another order: a few 2^-24.
    if off.is_nan() || off > 1e-6 {
        return Err(format!("the network's output is off by {off}").into());
    }
    println!(
        "read {} arrays of PyTorch's and {:?}; known arrays agree in every bit; output off by {off:e}",
        state.len(),
        texts
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [what, folder] if what == "write" => write(&PathBuf::from(folder)),
        [what, folder] if what == "read" => read(&PathBuf::from(folder)),
        _ => Err("usage: interchange write|read FOLDER".into()),
    }
}
