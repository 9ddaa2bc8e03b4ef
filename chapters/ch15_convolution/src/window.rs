//! A window that slides over an image: the geometry that convolution and pooling share.

use ch01_tensors::fail;

/// How far a convolution's kernel moves at a time, and how many zeros are put around the image, as `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dOptions {
    /// The step from one position of the kernel to the next.
    pub stride: [usize; 2],
    /// The rows of zeros above and below, and the columns of zeros left and right.
    pub padding: [usize; 2],
}

/// Stride 1, no padding.
impl Default for Conv2dOptions {
    fn default() -> Self {
        Conv2dOptions { stride: [1, 1], padding: [0, 0] }
    }
}

/// A window of `kernel` rows and columns that moves over an image in steps of `stride`, with `padding` around the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Height and width of the image.
    pub input: [usize; 2],
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// The step from one position to the next.
    pub stride: [usize; 2],
    /// The rows and columns added on each side.
    pub padding: [usize; 2],
}

impl Window {
    /// How many positions the window has, down and across: `(input + 2 padding - kernel) / stride + 1`, rounded down.
    /// What is left over at the far edges is not looked at, as in PyTorch.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|i| (self.input[i] + 2 * self.padding[i] - self.kernel[i]) / self.stride[i] + 1)
    }

    /// The same window, if it is one.
    ///
    /// # Panics
    /// When a stride or a side of the kernel is 0, or the kernel is larger than the padded image; `operation` names the
    /// caller.
    #[track_caller]
    pub fn checked(self, operation: &str) -> Self {
        let Window { input, kernel, stride, padding } = self;
        if stride.contains(&0) || kernel.contains(&0) {
            fail(operation, format_args!("a kernel of {kernel:?} with stride {stride:?} does not move"));
        }
        if (0..2).any(|i| kernel[i] > input[i] + 2 * padding[i]) {
            fail(
                operation,
                format_args!("a kernel of {kernel:?} on an image of {input:?} with padding {padding:?}"),
            );
        }
        self
    }

    /// The row of the image (`axis` 0) or its column (`axis` 1) that tap `tap` of the window sees at position `position`;
    /// None in the padding.
    #[inline(always)]
    pub fn source(&self, axis: usize, position: usize, tap: usize) -> Option<usize> {
        let place = (position * self.stride[axis] + tap).wrapping_sub(self.padding[axis]);
        (place < self.input[axis]).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_counted_as_pytorch_does() {
        let window = |input, kernel, stride, padding| Window {
            input: [input; 2],
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [padding; 2],
        };
        for (input, kernel, stride, padding, output) in [
            (32, 3, 1, 1, 32),
            (5, 2, 2, 0, 2),
            (6, 3, 2, 1, 3),
            (1, 3, 1, 1, 1),
            (7, 7, 3, 0, 1),
            (2, 1, 1, 2, 6),
        ] {
            assert_eq!(window(input, kernel, stride, padding).output(), [output; 2]);
        }
        let w = window(5, 3, 2, 1);
        assert_eq!([0, 1, 2].map(|tap| w.source(0, 0, tap)), [None, Some(0), Some(1)]);
        assert_eq!([0, 1, 2].map(|tap| w.source(1, 2, tap)), [Some(3), Some(4), None]);
    }

    #[test]
    #[should_panic(expected = "pool: a kernel of [3, 3] on an image of [2, 5] with padding [0, 0]")]
    fn a_kernel_larger_than_the_image_is_refused() {
        _ = Window { input: [2, 5], kernel: [3, 3], stride: [1, 1], padding: [0, 0] }.checked("pool");
    }
}
