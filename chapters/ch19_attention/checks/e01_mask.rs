//! Checks exercise e01_mask.

#[allow(unused)]
#[path = "../exercises/e01_mask.rs"]
mod mask;

use ch00_start::check::close;
use ch01_tensors::Array;
use mask::Mask;

/// The table of `mask` for two sequences of three tokens, row by row.
fn table(mask: &Mask<'_>) -> Vec<f64> {
    mask.table([2, 3, 3]).iter().map(|allowed| f64::from(u8::from(allowed))).collect()
}

#[test]
fn without_a_mask_everything_is_allowed() {
    let nothing: &[f64] = &[0.0; 18];
    close(
        "no mask",
        &table(&Mask::NONE),
        &[1.0; 18],
        0.0,
        &[("a mask that is not there forbids everything", nothing)],
    );
}

#[test]
fn causal() {
    let want = [1., 0., 0., 1., 1., 0., 1., 1., 1.].repeat(2);
    let strict = [0., 0., 0., 1., 0., 0., 1., 1., 0.].repeat(2);
    let future = [1., 1., 1., 0., 1., 1., 0., 0., 1.].repeat(2);
    let mistakes: [(&str, &[f64]); 3] = [
        ("a position may look at itself too", &strict),
        ("queries look at the future instead of the past", &future),
        ("the causal flag is not used", &[1.0; 18]),
    ];
    close("causal", &table(&Mask::CAUSAL), &want, 0.0, &mistakes);
}

#[test]
fn padding() {
    // The first sequence has two tokens, the second three.
    let real = Array::from([[true, true, false], [true, true, true]]);
    let want = [[1., 1., 0.].repeat(3), vec![1.0; 9]].concat();
    let inverted: Vec<f64> = want.iter().map(|allowed| 1.0 - allowed).collect();
    let queries = [vec![1., 1., 1., 1., 1., 1., 0., 0., 0.], vec![1.0; 9]].concat();
    let mistakes: [(&str, &[f64]); 3] = [
        ("true means a real token here, as the opposite of PyTorch's key_padding_mask", &inverted),
        ("the padding of the queries was looked up, not that of the keys", &queries),
        ("the padding is not used", &[1.0; 18]),
    ];
    close("padding", &table(&Mask::padding(&real)), &want, 0.0, &mistakes);

    let both = Mask { causal: true, padding: Some(&real) };
    let want = [[1., 0., 0., 1., 1., 0., 1., 1., 0.], [1., 0., 0., 1., 1., 0., 1., 1., 1.]].concat();
    let either = [[1., 1., 0., 1., 1., 0., 1., 1., 1.], [1.; 9]].concat();
    close(
        "both",
        &table(&both),
        &want,
        0.0,
        &[("one mask is enough to allow a key, but both must", &either)],
    );
}
