//! What a slice `start:stop:step` of an axis means, following Python.
//!
//! Three rules turn the two bounds into places. A negative bound counts from the end. A bound beyond the axis is cut to
//! it, so that a slice never fails. A missing bound is the end of the axis that the step comes from or goes to. What is
//! left is a first element, and how many times the step can be made before `stop`, which is not included.

// ANCHOR: slice
/// Where the slice `start:stop:step` of an axis begins and how many elements it takes (Python's `slice.indices`).
///
/// `2:-1` of 6 elements gives `(2, 3)`: elements 2, 3 and 4. `None` is a bound that was left out. When no element is
/// taken, the first is given as 0.
///
/// # Panics
/// When the step is 0.
pub fn slice_range(start: Option<isize>, stop: Option<isize>, step: isize, length: usize) -> (usize, usize) {
    assert!(step != 0, "a slice needs a step other than 0");
    // exercise: range - Turn both bounds into places between `lowest` and `highest`, then count the steps.
    // Backwards, the places are -1 to length - 1: `stop` may be one before the first element.
    let length = length as isize;
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let place = |bound: isize| {
        let counted = if bound < 0 { bound + length } else { bound };
        counted.clamp(lowest, highest)
    };
    let (from, to) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (start, stop) = (start.map_or(from, place), stop.map_or(to, place));
    let distance = if step > 0 { stop - start } else { start - stop };
    let count = distance.max(0).unsigned_abs().div_ceil(step.unsigned_abs());
    if count == 0 { (0, 0) } else { (start as usize, count) }
    // exercise: end
}
// ANCHOR_END: slice
