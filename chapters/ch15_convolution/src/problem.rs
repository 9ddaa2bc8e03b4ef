//! What a convolution is asked to do: all its sizes, checked once.

use ch01_tensors::{Array, Float, Shape, fail};

use crate::{Conv2dOptions, Window};

/// The sizes of a convolution of `[batch, inputs, height, width]` with `[outputs, inputs / groups, kernel..]`.
#[derive(Clone, Copy)]
pub(crate) struct Problem {
    pub batch: usize,
    /// Channels of the input.
    pub inputs: usize,
    /// Channels of the output.
    pub outputs: usize,
    pub groups: usize,
    pub window: Window,
}

impl Problem {
    #[track_caller]
    pub fn new(operation: &str, x: &Shape, weight: &Shape, options: Conv2dOptions) -> Self {
        let groups = options.groups;
        if x.len() != 4
            || weight.len() != 4
            || groups == 0
            || x[1] != weight[1] * groups
            || !weight[0].is_multiple_of(groups)
        {
            let rule = match groups {
                1 => "are not [batch, in, height, width] and [out, in, height, width]".to_owned(),
                _ => format!("are not [batch, in, ..] and [out, in / groups, ..] with {groups} groups"),
            };
            fail(operation, format_args!("input {x:?} and weight {weight:?} {rule}"));
        }
        let window = options.window(operation, [x[2], x[3]], [weight[2], weight[3]]);
        Problem { batch: x[0], inputs: x[1], outputs: weight[0], groups, window }
    }

    /// The same problem, for a way that knows no groups.
    #[track_caller]
    pub fn ungrouped(self, operation: &str) -> Self {
        if self.groups != 1 {
            fail(operation, format_args!("{} groups: this way takes one group at a time", self.groups));
        }
        self
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
