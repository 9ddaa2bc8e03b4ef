//! What a convolution is asked to do: all its sizes, checked once.

use ch01_tensors::{Array, Float, Shape, fail};

use crate::{Conv2dOptions, Window};

/// The sizes of a convolution of `[batch, inputs, height, width]` with `[outputs, inputs, kernel..]`.
#[derive(Clone, Copy)]
pub(crate) struct Problem {
    pub batch: usize,
    /// Channels of the input.
    pub inputs: usize,
    /// Channels of the output.
    pub outputs: usize,
    pub window: Window,
}

impl Problem {
    #[track_caller]
    pub fn new(operation: &str, x: &Shape, weight: &Shape, options: Conv2dOptions) -> Self {
        if x.len() != 4 || weight.len() != 4 || x[1] != weight[1] {
            let rule = "are not [batch, in, height, width] and [out, in, height, width]";
            fail(operation, format_args!("input {x:?} and weight {weight:?} {rule}"));
        }
        let Conv2dOptions { stride, padding } = options;
        let window = Window { input: [x[2], x[3]], kernel: [weight[2], weight[3]], stride, padding };
        Problem { batch: x[0], inputs: x[1], outputs: weight[0], window: window.checked(operation) }
    }

    /// As [`new`](Problem::new), for a backward pass: `grad` must have the shape of the output.
    #[track_caller]
    pub fn with_gradient(
        operation: &str,
        grad: &Shape,
        x: &Shape,
        weight: &Shape,
        options: Conv2dOptions,
    ) -> Self {
        let problem = Problem::new(operation, x, weight, options);
        let output = problem.output_shape();
        if *grad != output {
            fail(operation, format_args!("a gradient of shape {grad:?} for an output of {output:?}"));
        }
        problem
    }

    /// `[batch, outputs, height, width]`.
    pub fn output_shape(&self) -> Shape {
        let [height, width] = self.window.output();
        Shape::from([self.batch, self.outputs, height, width])
    }

    /// `[batch, inputs, height, width]`.
    pub fn input_shape(&self) -> Shape {
        let [height, width] = self.window.input;
        Shape::from([self.batch, self.inputs, height, width])
    }

    /// The numbers that one number of the output is a sum over: channels times kernel.
    pub fn taps(&self) -> usize {
        self.inputs * self.window.kernel[0] * self.window.kernel[1]
    }

    /// The numbers of one channel of the output of one image.
    pub fn positions(&self) -> usize {
        let [height, width] = self.window.output();
        height * width
    }

    /// The numbers of one input image.
    pub fn image(&self) -> usize {
        self.inputs * self.window.input[0] * self.window.input[1]
    }
}

/// Fails unless the bias has one number for each channel of the output.
#[track_caller]
pub(crate) fn check_bias<T: Float>(operation: &str, bias: Option<&Array<T>>, outputs: usize) {
    if let Some(bias) = bias
        && *bias.shape() != [outputs]
    {
        fail(operation, format_args!("a bias of shape {:?} for {outputs} output channels", bias.shape()));
    }
}
