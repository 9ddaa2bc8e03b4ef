//! Checks exercise e01_fan.

#[allow(unused)]
#[path = "../exercises/e01_fan.rs"]
mod fan;

use fan::fan_in_out;

/// Counts by building the layer: a convolution `[out, in, h, w]` connects output (o, y, x) with input (i, y + a, x + b)
/// for every i, a, b. Far from the borders, how many inputs does an output have, and how many outputs an input?
fn counted([o, i, h, w]: [usize; 4]) -> (usize, usize) {
    let (mut into_one_output, mut from_one_input) = (0, 0);
    for _input in 0..i {
        for _a in 0..h {
            into_one_output += (0..w).count();
        }
    }
    for _output in 0..o {
        for _a in 0..h {
            from_one_input += (0..w).count();
        }
    }
    (into_one_output, from_one_input)
}

#[track_caller]
fn check(what: &str, shape: &[usize], want: (usize, usize)) {
    let got = fan_in_out(shape);
    let (o, i, kernel) = (shape[0], shape[1], &shape[2..]);
    let (places, sides) = (kernel.iter().product::<usize>(), kernel.iter().sum::<usize>());
    let first = kernel.first().copied().unwrap_or(1);
    let mistakes = [
        ((want.1, want.0), "fan-in and fan-out are swapped: a weight is [out, in, ..]"),
        ((i, o), "the places of the kernel were forgotten"),
        ((i * sides, o * sides), "the kernel's sides were added instead of multiplied"),
        ((i * places, o), "an input takes part in outputs at every place of the kernel too"),
        ((i * first, o * first), "only the first side of the kernel was counted"),
    ];
    for (wrong, message) in mistakes {
        assert!(got == want || got != wrong, "{what}: {message}");
    }
    assert_eq!(got, want, "{what} {shape:?}");
}

#[test]
fn linear() {
    check("Linear", &[10, 784], (784, 10));
    check("Linear", &[1, 3], (3, 1));
}

#[test]
fn convolutions() {
    check("a 3x3 convolution", &[64, 16, 3, 3], counted([64, 16, 3, 3]));
    check("a 5x2 convolution", &[8, 3, 5, 2], counted([8, 3, 5, 2]));
    check("a 1x7 convolution", &[4, 6, 1, 7], counted([4, 6, 1, 7]));
    check("a convolution in time", &[6, 4, 5], (20, 30));
    check("a convolution in space and time", &[2, 3, 2, 3, 4], (72, 48));
}

#[test]
#[should_panic(expected = "fan_in_out: a weight has at least two axes")]
fn a_bias_has_none() {
    fan_in_out(&[10]);
}
