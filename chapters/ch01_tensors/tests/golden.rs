//! Values that numpy and torch computed; `tests/golden/make_ch01.py` made them.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::{NpyArray, Values};
use ch01_tensors::{Array, Axes, Pad, Slice, Tensor, einsum, npz};

struct Golden(BTreeMap<String, NpyArray>);

impl Golden {
    fn open() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch01.npz");
        Golden(npz::read(path).unwrap())
    }

    fn f64(&self, name: &str) -> Array<f64> {
        self.0.get(name).unwrap_or_else(|| panic!("no entry {name}")).f64().unwrap()
    }

    fn i64(&self, name: &str) -> Array<i64> {
        self.0.get(name).unwrap_or_else(|| panic!("no entry {name}")).i64().unwrap()
    }
}

/// Same shape and bits, except that any NaN equals any other.
#[track_caller]
fn same(name: &str, got: &Array<f64>, want: &Array<f64>) {
    assert_eq!(got.shape(), want.shape(), "{name}");
    let equal = got.iter().zip(want.iter()).all(|(x, y)| x == y || (x.is_nan() && y.is_nan()));
    assert!(equal, "{name}: got\n{got}\nwant\n{want}");
}

/// Equal up to f64 rounding: sums of at most 60 terms in another order differ by at most 60 eps of their size.
#[track_caller]
fn close(name: &str, got: &Array<f64>, want: &Array<f64>) {
    assert_eq!(got.shape(), want.shape(), "{name}");
    let near = |(x, y): (f64, f64)| x == y || (x - y).abs() <= 1e-13 * y.abs().max(1.0);
    assert!(got.iter().zip(want.iter()).all(near), "{name}: got\n{got:.16}\nwant\n{want:.16}");
}

#[test]
fn golden_reductions() {
    let golden = Golden::open();
    let x = golden.f64("x");
    fn check(golden: &Golden, x: &Array<f64>, name: &str, axes: impl Axes + Copy) {
        for ddof in [0, 1] {
            close("var", &x.var(axes, false, ddof), &golden.f64(&format!("var_{name}_{ddof}")));
            close("std", &x.std(axes, false, ddof), &golden.f64(&format!("std_{name}_{ddof}")));
        }
        let logsumexp = golden.f64(&format!("logsumexp_{name}"));
        close("logsumexp", &(x * 300.0).logsumexp(axes, false), &logsumexp);
        same("max", &x.max(axes, false), &golden.f64(&format!("max_{name}")));
        close("mean", &x.mean(axes, false), &golden.f64(&format!("mean_{name}")));
        close("prod", &x.prod(axes, false), &golden.f64(&format!("prod_{name}")));
    }
    check(&golden, &x, "0", 0);
    check(&golden, &x, "1", 1);
    check(&golden, &x, "02", [0, 2]);
    check(&golden, &x, "12", [-1, 1]);
    check(&golden, &x, "all", ..);
}

#[test]
fn golden_variance_far_from_zero_in_f32() {
    let golden = Golden::open();
    let got = golden.0["offset"].f32().unwrap().var(1, false, 1).to_f64();
    // The mean is off by at most one rounding at 1000, 6e-5; its square adds 4e-9 to a variance near 1, and the
    // distances themselves are rounded to 24 bits.
    for (x, y) in got.iter().zip(golden.f64("offset_var").iter()) {
        assert!((x - y).abs() <= 1e-6 * y, "{x} {y}");
    }
}

#[test]
fn golden_order() {
    let golden = Golden::open();
    let (ties, holes) = (golden.i64("ties"), golden.f64("holes"));
    for axis in [0, 1] {
        let name = |what: &str, of: &str| format!("{what}_{of}_{axis}");
        macro_rules! check {
            ($array:ident, $of:literal, $same:expr, $get:ident) => {
                assert_eq!($array.argsort(axis, false), golden.i64(&name("argsort", $of)));
                assert_eq!($array.argsort(axis, true), golden.i64(&name("argdown", $of)));
                assert_eq!($array.argmax(axis, false), golden.i64(&name("argmax", $of)));
                assert_eq!($array.argmin(axis, false), golden.i64(&name("argmin", $of)));
                $same(&name("sort", $of), &$array.sort(axis, false), &golden.$get(&name("sort", $of)));
                $same(&name("down", $of), &$array.sort(axis, true), &golden.$get(&name("down", $of)));
            };
        }
        check!(ties, "ties", |name: &str, got, want| assert_eq!(got, want, "{name}"), i64);
        check!(holes, "holes", same, f64);
        assert_eq!(ties.cumsum(axis), golden.i64(&name("cumsum", "ties")));
        same("cumsum", &holes.cumsum(axis), &golden.f64(&name("cumsum", "holes")));
    }
    let (values, indices) = holes.topk(4, 1);
    same("topk", &values, &golden.f64("topk"));
    same("topk indices", &holes.gather(1, &indices), &values);
    let unique = ties.unique();
    assert_eq!(unique.values, golden.i64("unique_values"));
    assert_eq!(unique.first, golden.i64("unique_first"));
    assert_eq!(unique.inverse, golden.i64("unique_inverse"));
    assert_eq!(unique.counts, golden.i64("unique_counts"));
}

#[test]
fn golden_slices() {
    let golden = Golden::open();
    let x = golden.f64("x");
    let by = |step| Slice::new(None, None, step);
    let slices = [
        x.slice((1..3, by(2), -1)),
        x.slice((by(-1), -3..-1, by(-2))),
        x.slice(-1),
        x.slice((Slice::Rest, Slice::new(1, 100, 3))),
        x.slice((.., Slice::NewAxis, Slice::new(3, 0, -1), Slice::NewAxis, 0)),
        x.slice((5.., .., -100..2)),
        x.slice((Slice::new(2, 0, -1), Slice::Rest, Slice::new(4, None, -3))),
        x.slice((Slice::new(-1, -4, -2), 2..2, 0)),
    ];
    for (n, slice) in slices.iter().enumerate() {
        same(&format!("slice {n}"), slice, &golden.f64(&format!("slice_{n}")));
        assert!(slice.shares_storage(&x), "a slice is a view");
    }
    let mut assigned = x.clone();
    assigned.assign_slice((by(-2), 1..3), &Array::arange(0.0, 5.0, 1.0));
    same("assigned", &assigned, &golden.f64("assigned"));
    same("the other view is untouched", &x, &golden.f64("x"));
}

#[test]
fn golden_joining_and_padding() {
    let golden = Golden::open();
    let x = golden.f64("x");
    let widths = [(2, 1), (3, 4)];
    same("constant", &x.pad(&widths, Pad::Constant(-7.0)), &golden.f64("pad_constant"));
    same("reflect", &x.pad(&widths, Pad::Reflect), &golden.f64("pad_reflect"));
    same("replicate", &x.pad(&widths, Pad::Replicate), &golden.f64("pad_replicate"));
    same("roll 2", &x.roll(2, 1), &golden.f64("roll_2"));
    same("roll -7", &x.roll(-7, 2), &golden.f64("roll_-7"));
    same("tile", &x.tile([2, 1, 3]), &golden.f64("tile_0"));
    same("tile with a new axis", &x.tile([2, 1, 2, 1]), &golden.f64("tile_1"));
    same("repeat", &x.repeat(3, 1), &golden.f64("repeat"));
    same("tril", &x.clone().tril(1), &golden.f64("tril"));
    same("triu", &x.clone().triu(-1), &golden.f64("triu"));
    same("diagonal", &x.diagonal(), &golden.f64("diagonal"));
}

#[test]
fn golden_indexing() {
    let golden = Golden::open();
    let (x, index) = (golden.f64("x"), golden.i64("index"));
    same("gather", &x.gather(1, &index), &golden.f64("gather"));
    let ones = Array::ones(*index.shape());
    same("scatter_add", &Array::zeros([2, 4, 5]).scatter_add(1, &index, &ones), &golden.f64("scatter_add"));
    same("take", &x.index_select(1, &index.slice(0)), &golden.f64("take"));
}

#[test]
fn golden_einsum() {
    let golden = Golden::open();
    for (n, spec) in golden.0["einsum_specs"].text().unwrap().iter().enumerate() {
        let operand = |which: &str| golden.f64(&format!("einsum_{n}{which}"));
        close(spec, &einsum(spec, &operand("_a"), &operand("_b")), &operand(""));
    }
}

#[test]
fn golden_printing() {
    let golden = Golden::open();
    for (n, want) in golden.0["printed"].text().unwrap().iter().enumerate() {
        let got = match golden.0[&format!("print_{n}")].values() {
            Values::F32(a) => a.to_string(),
            Values::F64(a) => a.to_string(),
            Values::I64(a) => a.to_string(),
            Values::Bool(a) => a.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(got, *want, "case {n}");
    }
    let x = Tensor::from([[1.0, 0.123456], [-20.0, 3.0]]);
    assert_eq!(format!("{x:.6}"), "[[  1.         0.123456]\n [-20.         3.      ]]");
    assert_eq!(format!("{x:?}"), "f32 [2, 2]\n[[  1.       0.1235]\n [-20.       3.    ]]");
    assert_eq!(Array::scalar(2.5).to_string(), "2.5");
    assert!(!format!("{:#}", Array::<i64>::arange(0, 1001, 1)).contains("..."));
}
