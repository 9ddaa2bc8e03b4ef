//! What max and average pooling share: the geometry, checked, and the work shared out by planes.

use ch01_tensors::{Shape, fail};

use crate::Window;

/// The window of a pooling, as `[height, width]`; PyTorch's default stride is the window itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2dOptions {
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// The step from one window to the next.
    pub stride: [usize; 2],
    /// Rows and columns around the image that never win and, in an average, count as 0. At most half the window.
    pub padding: [usize; 2],
}

impl Pool2dOptions {
    /// Square windows of side `size` that do not overlap.
    pub fn square(size: usize) -> Self {
        Pool2dOptions { kernel: [size; 2], stride: [size; 2], padding: [0, 0] }
    }

    /// The window over images of shape `[batch, channels, height, width]`.
    ///
    /// # Panics
    /// When it does not fit; `operation` names the caller.
    #[track_caller]
    pub fn window(self, operation: &str, x: &Shape) -> Window {
        let Pool2dOptions { kernel, stride, padding } = self;
        if x.len() != 4 {
            fail(operation, format_args!("{x:?} is not [batch, channels, height, width]"));
        }
        if (0..2).any(|i| 2 * padding[i] > kernel[i]) {
            fail(operation, format_args!("padding {padding:?} is more than half of the window {kernel:?}"));
        }
        Window { input: [x[2], x[3]], kernel, stride, padding, dilation: [1, 1] }.checked(operation)
    }
}

/// The shape of the pooled images.
pub fn pooled_shape(x: &Shape, window: &Window) -> Shape {
    let [height, width] = window.output();
    Shape::from([x[0], x[1], height, width])
}

/// How many planes of so many numbers make a task worth a thread's while. Fixed, whatever the number of threads.
pub fn planes_together(plane: usize) -> usize {
    (1usize << 14).div_ceil(plane.max(1))
}
