//! Checks exercise e05_receptive_field.

#[allow(unused)]
#[path = "../exercises/e05_receptive_field.rs"]
mod receptive_field;

use std::collections::BTreeSet;

use ch00_start::check::close;
use ch15_convolution::{Conv2dOptions, Window};
use receptive_field::receptive_fields;

const SIDE: usize = 400;

/// Windows that follow each other, each over what the one before puts out.
fn windows(layers: &[([usize; 2], [usize; 2], [usize; 2], [usize; 2])]) -> Vec<Window> {
    let mut input = [SIDE; 2];
    let next = |&(kernel, stride, padding, dilation): &([usize; 2], [usize; 2], [usize; 2], [usize; 2])| {
        let options = Conv2dOptions { stride, padding, dilation, groups: 1 };
        let window = options.window("check", input, kernel);
        input = window.output();
        window
    };
    layers.iter().map(next).collect()
}

/// The pixels that number `place` behind all windows sees, by following every tap back; the padding counts as pixels.
fn pixels(windows: &[Window], axis: usize, place: isize) -> BTreeSet<isize> {
    windows.iter().rev().fold(BTreeSet::from([place]), |places, window| {
        let first = |place: isize| place * window.stride[axis] as isize - window.padding[axis] as isize;
        let taps = 0..window.kernel[axis];
        let of_place =
            |place: isize| taps.clone().map(move |tap| first(place) + (tap * window.dilation[axis]) as isize);
        places.into_iter().flat_map(of_place).collect()
    })
}

#[test]
fn one_step() {
    let layers = windows(&[
        ([3, 5], [1, 2], [1, 2], [1, 1]),
        ([2, 2], [2, 2], [0, 0], [1, 1]),
        ([3, 3], [1, 1], [1, 2], [1, 2]),
        ([3, 1], [2, 1], [1, 0], [1, 1]),
        ([3, 3], [1, 3], [1, 0], [2, 1]),
    ]);
    let got = receptive_fields(&layers);
    for count in 1..=layers.len() {
        let (above, field) = (&layers[..count], got[count - 1]);
        for axis in 0..2 {
            let [first, next] = [0, 1].map(|place| pixels(above, axis, place));
            let ends = |seen: &BTreeSet<isize>| (*seen.first().unwrap(), *seen.last().unwrap());
            let ((start, end), (neighbour, _)) = (ends(&first), ends(&next));
            let sum = |f: &dyn Fn(&Window) -> usize| above.iter().map(f).sum::<usize>() as f64 + 1.0;
            let without_jump = sum(&|w| (w.kernel[axis] - 1) * w.dilation[axis]);
            // With the jump after the stride, as if each layer's own stride came first.
            let (mut late, mut jump, mut close_taps) = (1.0, 1.0, 1.0);
            for w in above {
                close_taps += (w.kernel[axis] - 1) as f64 * jump;
                jump *= w.stride[axis] as f64;
                late += ((w.kernel[axis] - 1) * w.dilation[axis]) as f64 * jump;
            }
            let mistakes: [(&str, &[f64]); 3] = [
                (
                    "a step of a later window was counted as one pixel: it is `jump` pixels long",
                    &[without_jump],
                ),
                ("the stride was counted too early: it makes the next window's steps longer", &[late]),
                ("the dilation was left out", &[close_taps]),
            ];
            let what = format!("layer {count}, axis {axis}: ");
            close(
                &format!("{what}size"),
                &[field.size[axis] as f64],
                &[(end - start + 1) as f64],
                0.0,
                &mistakes,
            );
            close(
                &format!("{what}jump"),
                &[field.jump[axis] as f64],
                &[(neighbour - start) as f64],
                0.0,
                &[],
            );
            close(&format!("{what}start"), &[field.start[axis] as f64], &[start as f64], 0.0, &[]);
        }
    }
}
