//! Checks exercise e02_mask.

#[allow(unused)]
#[path = "../exercises/e02_mask.rs"]
mod mask;

use ch00_start::check::close;
use ch01_tensors::{Rng, Shape};
use mask::{DRAWS, Mask};

const SIZE: usize = 64;

/// The numbers that the elements draw, by another way: four of 16 bits from each 64.
fn numbers() -> Vec<u32> {
    let mut rng = Rng::new(0, "mask");
    let four = |bits: u64| (0..4).map(move |i| (bits >> (16 * i)) as u32 & 0xffff);
    (0..SIZE / 4).flat_map(|_| four(rng.bits())).collect()
}

fn floats(kept: impl Iterator<Item = bool>) -> Vec<f64> {
    kept.map(|kept| f64::from(u8::from(kept))).collect()
}

fn drawn(dropped: u32) -> Vec<f64> {
    floats(Mask::draw(Shape::from([SIZE]), dropped, &mut Rng::new(0, "mask")).kept().iter())
}

#[test]
fn every_element_has_a_number_of_its_own() {
    let numbers = numbers();
    let dropped = 16384;
    let want = floats(numbers.iter().map(|&n| n >= dropped));
    let at = |i: usize| i / 8 * 8;
    let inverted = floats(numbers.iter().map(|&n| n < dropped));
    let first = floats((0..SIZE).map(|i| numbers[at(i)] >= dropped));
    let backwards = floats((0..SIZE).map(|i| numbers[at(i) + 7 - i % 8] >= dropped));
    let swapped = floats(numbers.iter().map(|&n| (n >> 8 | (n & 255) << 8) >= dropped));
    let mistakes: [(&str, &[f64]); 4] = [
        ("kept and dropped are exchanged", &inverted),
        ("all eight elements were given the number of the first", &first),
        ("the bits are in the wrong order: element i belongs into bit i", &backwards),
        ("the low byte of each number comes first", &swapped),
    ];
    close("kept, with a quarter dropped", &drawn(dropped), &want, 0.0, &mistakes);
}

#[test]
fn the_bounds_are_exact() {
    // Drop exactly up to one of the numbers drawn: the number equal to `dropped` is kept.
    let numbers = numbers();
    let dropped = numbers[5];
    let want = floats(numbers.iter().map(|&n| n >= dropped));
    let strict = floats(numbers.iter().map(|&n| n > dropped));
    let mistakes: [(&str, &[f64]); 1] = [("a number equal to `dropped` keeps its element", &strict)];
    close("kept, at the bound", &drawn(dropped), &want, 0.0, &mistakes);
    let wrapped: [(&str, &[f64]); 1] = [("65536 became 0 in 16 bits: compare as u32", &[1.0; SIZE])];
    close("kept, with everything dropped", &drawn(DRAWS), &[0.0; SIZE], 0.0, &wrapped);
}
