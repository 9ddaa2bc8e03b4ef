//! Checks exercise e03_slicing.
#[allow(unused)]
#[path = "../exercises/e03_slicing.rs"]
mod slicing;

use ch00_start::check::close;

/// A slice `start:stop:step` of an axis with so many elements.
type Slice = (usize, Option<isize>, Option<isize>, isize);

fn name((length, start, stop, step): Slice) -> String {
    let bound = |b: Option<isize>| b.map_or(String::new(), |b| b.to_string());
    format!("[{}:{}:{step}] of {length} elements", bound(start), bound(stop))
}

/// Compares the elements that are taken; should there be far too many, it looks at the first few.
fn slice(slice: Slice, want: &[f64], mistakes: &[(&str, &[f64])]) {
    let (length, start, stop, step) = slice;
    let (first, count) = slicing::slice_range(start, stop, step, length);
    let element = |i: usize| first as f64 + i as f64 * step as f64;
    let got: Vec<f64> = (0..count.min(2 * length + 2)).map(element).collect();
    close(&name(slice), &got, want, 0.0, mistakes);
}

#[test]
fn range() {
    let included = "the element at `stop` is taken too";
    let floor = "the last step is missing: the count is distance / step rounded up";
    let end = "a negative bound counts from the end";
    let cut = "a bound beyond the axis is cut to it";
    let swap = "with a negative step, the bounds left out are the ends the other way round";
    let before = "a `stop` that is left out lies before element 0 here, so that element 0 is taken";
    slice((6, Some(1), Some(4), 1), &[1., 2., 3.], &[(included, &[1., 2., 3., 4.])]);
    slice((7, None, None, 2), &[0., 2., 4., 6.], &[(floor, &[0., 2., 4.])]);
    slice((6, Some(2), Some(-1), 1), &[2., 3., 4.], &[(end, &[]), (included, &[2., 3., 4., 5.])]);
    slice((6, Some(-2), None, 1), &[4., 5.], &[(end, &[0., 1., 2., 3., 4., 5.])]);
    let beyond: Vec<f64> = (4..18).map(f64::from).collect();
    slice((6, Some(4), Some(100), 1), &[4., 5.], &[(cut, &beyond)]);
    let backwards = [5., 4., 3., 2., 1., 0.];
    slice((6, None, None, -1), &backwards, &[(swap, &[]), (before, &backwards[..5])]);
    slice((6, Some(4), Some(1), -2), &[4., 2.], &[(floor, &[4.])]);
}

/// What numpy 2.4 gives for `np.arange(length)[start:stop:step]`.
const NUMPY: [(Slice, &[i32]); 34] = [
    ((0, None, None, -1), &[]),
    ((0, None, None, 1), &[]),
    ((0, None, Some(-3), 3), &[]),
    ((0, Some(-1), None, -1), &[]),
    ((0, Some(0), Some(0), 4), &[]),
    ((1, Some(-1), Some(3), 4), &[0]),
    ((1, Some(0), Some(0), 3), &[]),
    ((1, Some(0), Some(1), 5), &[0]),
    ((1, Some(0), Some(2), -1), &[]),
    ((1, Some(1), Some(-2), 1), &[]),
    ((1, Some(3), Some(-3), 4), &[]),
    ((2, Some(1), Some(3), -1), &[]),
    ((5, Some(-1), None, -4), &[4, 0]),
    ((5, Some(-2), Some(-1), 1), &[3]),
    ((5, Some(-2), Some(1), 4), &[]),
    ((5, Some(-5), Some(6), 4), &[0, 4]),
    ((5, Some(-6), Some(-2), 1), &[0, 1, 2]),
    ((5, Some(0), Some(-6), 3), &[]),
    ((5, Some(7), Some(-3), -3), &[4]),
    ((6, None, None, 2), &[0, 2, 4]),
    ((6, None, Some(-7), -1), &[5, 4, 3, 2, 1, 0]),
    ((6, None, Some(-9), -4), &[5, 1]),
    ((6, Some(-100), Some(3), 1), &[0, 1, 2]),
    ((6, Some(100), Some(-100), -3), &[5, 2]),
    ((6, Some(3), Some(3), 1), &[]),
    ((6, Some(4), Some(1), -1), &[4, 3, 2]),
    ((6, Some(4), Some(2), 1), &[]),
    ((9, None, Some(9), 3), &[0, 3, 6]),
    ((9, Some(-12), Some(-5), 1), &[0, 1, 2, 3]),
    ((9, Some(-3), Some(12), 1), &[6, 7, 8]),
    ((9, Some(0), Some(-10), -2), &[0]),
    ((9, Some(11), Some(0), 3), &[]),
    ((9, Some(4), Some(-3), -1), &[]),
    ((9, Some(6), Some(-8), 4), &[]),
];

#[test]
fn as_numpy() {
    for (of, want) in NUMPY {
        let want: Vec<f64> = want.iter().map(|&i| f64::from(i)).collect();
        slice(of, &want, &[]);
    }
}

#[test]
fn no_number_is_too_large() {
    slice((3, Some(isize::MIN), Some(isize::MAX), 1), &[0., 1., 2.], &[]);
    slice((3, Some(isize::MAX), Some(isize::MIN), -1), &[2., 1., 0.], &[]);
    slice((3, None, None, isize::MAX), &[0.], &[]);
    slice((3, None, None, isize::MIN), &[2.], &[]);
}
