//! A window that slides over an image: the geometry that convolution and pooling share.

use ch01_tensors::fail;

/// How a convolution's kernel moves and what it sees, as `[height, width]` where there are two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dOptions {
    /// The step from one position of the kernel to the next.
    pub stride: [usize; 2],
    /// The rows of zeros above and below, and the columns of zeros left and right.
    pub padding: [usize; 2],
    /// The step from one tap of the kernel to the next: with 2, it sees every second row or column.
    pub dilation: [usize; 2],
    /// Into how many groups the channels are cut, each of which is convolved on its own: an output channel sees the input
    /// channels of its group only.
    pub groups: usize,
}

/// Stride 1, no padding, no dilation, one group.
impl Default for Conv2dOptions {
    fn default() -> Self {
        Conv2dOptions { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }
    }
}

impl Conv2dOptions {
    /// The window of a kernel of `kernel` rows and columns over an image of `input`.
    ///
    /// # Panics
    /// When it does not fit; `operation` names the caller.
    #[track_caller]
    pub fn window(self, operation: &str, input: [usize; 2], kernel: [usize; 2]) -> Window {
        let Conv2dOptions { stride, padding, dilation, .. } = self;
        Window { input, kernel, stride, padding, dilation }.checked(operation)
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
    /// The step from one tap to the next; 1 for a window without gaps.
    pub dilation: [usize; 2],
}

impl Window {
    /// The rows and columns from the first tap to the last: `(kernel - 1) dilation + 1`.
    pub fn span(&self) -> [usize; 2] {
        [0, 1].map(|i| (self.kernel[i] - 1).saturating_mul(self.dilation[i]).saturating_add(1))
    }

    /// How many positions the window has, down and across: `(input + 2 padding - span) / stride + 1`, rounded down.
    /// What is left over at the far edges is not looked at, as in PyTorch.
    pub fn output(&self) -> [usize; 2] {
        let span = self.span();
        [0, 1].map(|i| (self.input[i] + 2 * self.padding[i] - span[i]) / self.stride[i] + 1)
    }

    /// The same window, if it is one.
    ///
    /// # Panics
    /// When a stride, a dilation or a side of the kernel is 0, or the kernel is larger than the padded image; `operation`
    /// names the caller.
    #[track_caller]
    pub fn checked(self, operation: &str) -> Self {
        let Window { input, kernel, stride, padding, dilation } = self;
        if stride.contains(&0) || kernel.contains(&0) {
            fail(operation, format_args!("a kernel of {kernel:?} with stride {stride:?} does not move"));
        }
        if dilation.contains(&0) {
            fail(operation, format_args!("a kernel of {kernel:?} with dilation {dilation:?}"));
        }
        // No image is as large as the sizes at which these stop growing.
        let span = self.span();
        let padded = [0, 1].map(|i| padding[i].saturating_mul(2).saturating_add(input[i]));
        if (0..2).any(|i| span[i] > padded[i] || padded[i] > isize::MAX as usize) {
            let reach = if span == kernel { String::new() } else { format!(", dilated to {span:?},") };
            fail(
                operation,
                format_args!(
                    "a kernel of {kernel:?}{reach} on an image of {input:?} with padding {padding:?}"
                ),
            );
        }
        self
    }

    /// The row of the image (`axis` 0) or its column (`axis` 1) that tap `tap` of the window sees at position `position`;
    /// None in the padding.
    #[inline(always)]
    pub fn source(&self, axis: usize, position: usize, tap: usize) -> Option<usize> {
        let place =
            (position * self.stride[axis] + tap * self.dilation[axis]).wrapping_sub(self.padding[axis]);
        (place < self.input[axis]).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_counted_as_pytorch_does() {
        let options = |stride, padding, dilation| Conv2dOptions {
            stride: [stride; 2],
            padding: [padding; 2],
            dilation: [dilation; 2],
            groups: 1,
        };
        let window = |input, kernel, stride, padding| {
            options(stride, padding, 1).window("test", [input; 2], [kernel; 2])
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
        // Three taps two apart span five.
        let w = options(2, 1, 2).window("test", [7; 2], [3; 2]);
        assert_eq!((w.span(), w.output()), ([5; 2], [3; 2]));
        assert_eq!([0, 1, 2].map(|tap| w.source(0, 0, tap)), [None, Some(1), Some(3)]);
    }

    #[test]
    fn sizes_beyond_all_addresses_are_refused() {
        // Twice this padding is 0 in a usize, and so is this dilation times the two gaps between three taps.
        let half = usize::MAX / 2 + 1;
        let one = Conv2dOptions::default();
        for options in
            [Conv2dOptions { padding: [half, 0], ..one }, Conv2dOptions { dilation: [1, half], ..one }]
        {
            let panic = std::panic::catch_unwind(|| options.window("test", [5, 5], [3, 3]));
            let message = panic.expect_err("must be refused").downcast::<String>().expect("a text");
            assert!(message.starts_with("test: a kernel of [3, 3]"), "{message}");
        }
    }

    #[test]
    #[should_panic(expected = "pool: a kernel of [3, 3] on an image of [2, 5] with padding [0, 0]")]
    fn a_kernel_larger_than_the_image_is_refused() {
        _ = Conv2dOptions::default().window("pool", [2, 5], [3, 3]);
    }
}
