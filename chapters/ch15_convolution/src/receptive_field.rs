//! The receptive field: which part of the image a number deep in a network can see.
//!
//! Along one axis, let neighbouring numbers of a map lie `jump` pixels apart, each seeing `size` pixels. A window of `k` taps, `d`
//! apart, sees `(k - 1) d` numbers further than one of them does, so `size' = size + (k - 1) d jump`. Neighbouring positions of
//! the window lie `s` numbers apart, so `jump' = s jump`. And with `p` zeros in front, the first tap of the first window begins `p`
//! numbers before the first one: `start' = start - p jump`, where `start` is the first pixel that the first number sees. (Araujo, Norris
//! and Sim 2019.)

use ch15_convolution::Window;

// ANCHOR: receptive_field
/// What the numbers of a map see of the image, `[down, across]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceptiveField {
    /// The pixels that a number sees.
    pub size: [usize; 2],
    /// The pixels from what one number sees to what its neighbour sees.
    pub jump: [usize; 2],
    /// The first pixel that the first number sees; negative in the padding.
    pub start: [isize; 2],
}

/// A pixel sees itself.
impl Default for ReceptiveField {
    fn default() -> Self {
        ReceptiveField { size: [1, 1], jump: [1, 1], start: [0, 0] }
    }
}

impl ReceptiveField {
    /// What the numbers behind one more window see, if those before it see `self`. Of the window, `input` does not matter.
    pub fn behind(self, window: &Window) -> Self {
        let Window { kernel, stride, padding, dilation, .. } = *window;
        let ReceptiveField { mut size, mut jump, mut start } = self;
        for axis in 0..2 {
            // exercise: behind - Update size[axis], jump[axis] and start[axis] from kernel[axis] (taps), dilation[axis],
            // stride[axis] and padding[axis], as the top of this file says. Size and start need the jump from before.
            size[axis] += (kernel[axis] - 1) * dilation[axis] * jump[axis];
            start[axis] -= (padding[axis] * jump[axis]) as isize;
            jump[axis] *= stride[axis];
            // exercise: end
        }
        ReceptiveField { size, jump, start }
    }

    /// The pixels that number `place` of the map sees along an axis, from the first to the last.
    pub fn pixels(&self, axis: usize, place: usize) -> (isize, isize) {
        let first = self.start[axis] + (place * self.jump[axis]) as isize;
        (first, first + self.size[axis] as isize - 1)
    }
}

/// What the numbers behind each of the windows see, first to last.
pub fn receptive_fields(windows: &[Window]) -> Vec<ReceptiveField> {
    let next = |field: &mut ReceptiveField, window: &Window| {
        *field = field.behind(window);
        Some(*field)
    };
    windows.iter().scan(ReceptiveField::default(), next).collect()
}
// ANCHOR_END: receptive_field
