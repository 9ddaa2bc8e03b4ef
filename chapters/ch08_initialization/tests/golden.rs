//! Fans, gains, standard deviations and bounds against those that PyTorch's initializers draw with (made by
//! tests/golden/make_ch08.py).
//!
//! Both sides compute them in f64, each with a handful of roundings: 1e-14 relative allows for a hundred of them.

use std::collections::BTreeMap;
use std::path::Path;

use approx::relative_eq;
use ch01_tensors::npy::NpyArray;
use ch01_tensors::npz;
use ch01_tensors::{Array, Rng};
use ch08_initialization::*;

const GAINS: [Gain; 7] = [
    Gain::Linear,
    Gain::Sigmoid,
    Gain::Tanh,
    Gain::Relu,
    Gain::LeakyRelu { slope: 0.01 },
    Gain::LeakyRelu { slope: 0.2 },
    Gain::Selu,
];

fn golden() -> BTreeMap<String, NpyArray> {
    npz::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch08.npz")).unwrap()
}

#[track_caller]
fn assert_close(what: &str, ours: f64, theirs: f64) {
    let equal = relative_eq!(ours, theirs, epsilon = 0.0, max_relative = 1e-14);
    assert!(equal, "{what}: ours {ours}, PyTorch's {theirs}");
}

fn shapes(golden: &BTreeMap<String, NpyArray>) -> Vec<Vec<usize>> {
    let shape = |i| Some(golden.get(&format!("fan.{i}.shape"))?.i64().unwrap());
    (0..).map_while(shape).map(|shape| shape.iter().map(|length| length as usize).collect()).collect()
}

#[test]
fn golden_fans() {
    let golden = golden();
    let shapes = shapes(&golden);
    assert_eq!(shapes.len(), 9);
    for (i, shape) in shapes.iter().enumerate() {
        let (fan_in, fan_out) = fan_in_out(shape);
        assert_eq!(golden[&format!("fan.{i}.fans")].i64().unwrap().to_vec(), [fan_in as i64, fan_out as i64]);
        assert_eq!((FanMode::In.of(shape), FanMode::Out.of(shape)), (fan_in, fan_out));
    }
}

#[test]
fn golden_gains() {
    let golden = golden();
    for (j, gain) in GAINS.iter().enumerate() {
        assert_close(&format!("{gain:?}"), gain.value(), golden[&format!("gain.{j}")].f64().unwrap().item());
    }
}

/// PyTorch's rows: xavier uniform, normal; kaiming uniform, normal by fan-in; uniform, normal by fan-out. Each is
/// (low, high) or (mean, std). The same stream, asked for these numbers, must give exactly our weights.
#[test]
fn golden_weights() {
    let golden = golden();
    for (i, shape) in shapes(&golden).iter().enumerate() {
        for (j, &gain) in GAINS.iter().enumerate() {
            let rows = golden[&format!("init.{i}.{j}")].f64().unwrap();
            let case = format!("{shape:?}, {gain:?}");
            let rng = || Rng::new(8, "init");
            let mut a = Array::<f64>::zeros(&shape[..]);
            let uniform = |a: &Array<f64>, row: usize, std: f64| {
                assert_close(&case, -3f64.sqrt() * std, rows[[row, 0]]);
                assert_close(&case, 3f64.sqrt() * std, rows[[row, 1]]);
                let bound = 3f64.sqrt() * std;
                assert_eq!(*a, Array::uniform(&shape[..], -bound, bound, &mut rng()), "{case}");
            };
            let normal = |a: &Array<f64>, row: usize, std: f64| {
                assert_eq!(rows[[row, 0]], 0.0, "{case}");
                assert_close(&case, std, rows[[row, 1]]);
                assert_eq!(*a, Array::normal(&shape[..], 0.0, std, &mut rng()), "{case}");
            };
            let std = xavier_std(shape, gain.value());
            xavier_uniform(&mut a, gain.value(), &mut rng());
            uniform(&a, 0, std);
            xavier_normal(&mut a, gain.value(), &mut rng());
            normal(&a, 1, std);
            for (row, mode) in [(2, FanMode::In), (4, FanMode::Out)] {
                let std = kaiming_std(shape, mode, gain);
                kaiming_uniform(&mut a, mode, gain, &mut rng());
                uniform(&a, row, std);
                kaiming_normal(&mut a, mode, gain, &mut rng());
                normal(&a, row + 1, std);
            }
        }
    }
}

/// LeCun's rule is PyTorch's `kaiming_*` for nothing behind the weights.
#[test]
fn golden_lecun() {
    let golden = golden();
    for (i, shape) in shapes(&golden).iter().enumerate() {
        let rows = golden[&format!("init.{i}.0")].f64().unwrap();
        let (mut a, rng) = (Array::<f64>::zeros(&shape[..]), || Rng::new(8, "init"));
        lecun_uniform(&mut a, &mut rng());
        let bound = 3f64.sqrt() / (fan_in_out(shape).0 as f64).sqrt();
        assert_close("bound", bound, rows[[2, 1]]);
        let most = a.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        assert!(most <= bound * (1.0 + 1e-15), "{shape:?}: {most}");
        lecun_normal(&mut a, &mut rng());
        assert_eq!(a, Array::normal(&shape[..], 0.0, 1.0 / (fan_in_out(shape).0 as f64).sqrt(), &mut rng()));
        assert_close("standard deviation", 1.0 / (fan_in_out(shape).0 as f64).sqrt(), rows[[3, 1]]);
    }
}

/// The same numbers made orthogonal. PyTorch reflects (Householder) and then turns signs, ours projects; both are right to some
/// roundings, which a nearly dependent vector magnifies: 1e-11 for up to forty vectors.
#[test]
fn golden_orthogonal() {
    let golden = golden();
    for i in 0..8 {
        let get = |name: &str| golden[&format!("orthogonal.{i}{name}")].f64().unwrap();
        let (mut a, theirs) = (get(".normal"), get(""));
        orthogonal_from(&mut a, get(".gain").item());
        for (a, b) in a.iter().zip(theirs.iter()) {
            assert!((a - b).abs() <= 1e-11, "case {i}: ours {a}, PyTorch's {b}");
        }
    }
    assert!(!golden.contains_key("orthogonal.8"));
}

/// Mean and standard deviation of the cut normal distribution, by scipy's closed formulas; five standard errors, where
/// the kurtosis of what is left is at most 9, an exponential tail's. The seed is fixed.
#[test]
fn golden_trunc_normal() {
    let cases = golden()["trunc_normal"].f64().unwrap();
    assert_eq!(*cases.shape(), [7, 6]);
    for i in 0..cases.dim(0) {
        let [mean, std, low, high, m, s] = [0, 1, 2, 3, 4, 5].map(|column| cases[[i, column]]);
        let mut a = Array::<f64>::zeros([100_000]);
        trunc_normal(&mut a, mean, std, low, high, &mut Rng::new(i as u64, "init"));
        assert!(a.iter().all(|x| (low..=high).contains(&x)), "case {i}: outside");
        let (n, ours) = (a.size() as f64, (a.mean_all(), a.std(.., false, 0).item()));
        assert!((ours.0 - m).abs() < 5.0 * s / n.sqrt(), "case {i}: mean {}, not {m}", ours.0);
        assert!((ours.1 - s).abs() < 5.0 * s * (2.0 / n).sqrt(), "case {i}: std {}, not {s}", ours.1);
    }
}
