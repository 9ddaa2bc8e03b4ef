//! The network of chapter 5 on a device: every product, activation, loss and step is a kernel.
//!
//! A hidden layer computes y = relu(x Wᵀ + b), the last one x Wᵀ + b; W is `[out, in]`, as on the host. With the gradient g of
//! what stands inside the ReLU: dW = gᵀ x, db = the sum of g over the batch, dx = g W. Nothing is copied to the host in a step, and
//! the host does not wait: it only launches.

use ch05_backprop::{Mlp, for_each_param};
use ch22_cuda::{Gpu, GpuTensor, bias_gradient, tiled_matmul};
use kernels::cross_entropy::cross_entropy;
use kernels::elementwise::{bias, bias_backward, bias_relu, bias_relu_backward};
use kernels::matmul::{matmul, matmul_nt, matmul_tn};
use kernels::optimizer::sgd;
use kernels::{DeviceBuffer, KernelError};

/// A parameter on the device, with its gradient and, for plain gradient descent, a velocity that SGD's kernel asks for.
struct Parameter {
    value: GpuTensor,
    grad: GpuTensor,
    velocity: GpuTensor,
}

struct Layer {
    /// `[out, in]`.
    weight: Parameter,
    /// `[out]`.
    bias: Parameter,
}

/// A multi-layer perceptron with ReLU on a device.
pub struct GpuMlp {
    gpu: Gpu,
    layers: Vec<Layer>,
    /// Whether the kernels of this chapter's exercises do what they can do.
    exercises: bool,
}

impl GpuMlp {
    /// A copy of a network of the host, whose activation must be ReLU.
    ///
    /// # Errors
    ///
    /// The device has not enough memory.
    ///
    /// # Panics
    ///
    /// When a layer has no bias.
    pub fn from_mlp(gpu: &Gpu, model: &mut Mlp) -> Result<Self, KernelError> {
        let mut parameters = Vec::new();
        for_each_param(model, |_, param| {
            parameters.push(GpuTensor::from_array(gpu, &param.value).and_then(|value| {
                let shape = *value.shape();
                let (grad, velocity) = (GpuTensor::uninit(gpu, shape)?, GpuTensor::zeros(gpu, shape)?);
                Ok(Parameter { value, grad, velocity })
            }));
        });
        let mut parameters = parameters.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter();
        let mut layers = Vec::new();
        while let Some(weight) = parameters.next() {
            let bias = parameters.next().expect("every layer has a weight and a bias");
            layers.push(Layer { weight, bias });
        }
        Ok(Self { gpu: gpu.clone(), layers, exercises: false })
    }

    /// Lets the kernels of this chapter's exercises do the products with a weight and the backward pass of bias and ReLU. They
    /// are given as text, so they run on the simulator only.
    pub fn on_exercises(mut self) -> Self {
        self.exercises = true;
        self
    }

    /// Weight and bias of each layer, first to last, as they are on the device.
    pub fn parameters(&self) -> impl Iterator<Item = &GpuTensor> {
        self.layers.iter().flat_map(|layer| [&layer.weight.value, &layer.bias.value])
    }

    // ANCHOR: forward
    /// The output of every layer for x `[batch, in]`; the last are the logits.
    fn outputs(&self, x: &GpuTensor) -> Result<Vec<GpuTensor>, KernelError> {
        let batch = x.shape()[0];
        let mut outputs: Vec<GpuTensor> = Vec::new();
        for (i, Layer { weight, bias: b }) in self.layers.iter().enumerate() {
            let input = outputs.last().unwrap_or(x);
            let [out, inner] = [weight.value.shape()[0], weight.value.shape()[1]];
            let mut product = GpuTensor::uninit(&self.gpu, [batch, out])?;
            matmul_nt(2, input.buffer(), weight.value.buffer(), product.buffer_mut(), [batch, out, inner])?;
            let mut y = GpuTensor::uninit(&self.gpu, [batch, out])?;
            let add = if i + 1 < self.layers.len() { bias_relu } else { bias };
            add(2, product.buffer(), b.value.buffer(), y.buffer_mut(), [batch, out])?;
            outputs.push(y);
        }
        Ok(outputs)
    }
    // ANCHOR_END: forward

    /// The logits `[batch, classes]` of x `[batch, in]`.
    ///
    /// # Errors
    ///
    /// What a launch reports.
    pub fn infer(&self, x: &GpuTensor) -> Result<GpuTensor, KernelError> {
        Ok(self.outputs(x)?.pop().expect("a network has a layer"))
    }

    // ANCHOR: step
    /// One step of plain gradient descent on the mean cross-entropy (`ch05_backprop::train_step`): x is `[batch, in]`, labels
    /// `[batch]` with classes from 0. The loss of every example before the step, `[batch]`, stays on the device.
    ///
    /// # Errors
    ///
    /// What a launch reports.
    pub fn train_step(
        &mut self,
        x: &GpuTensor,
        labels: &GpuTensor<i32>,
        rate: f32,
    ) -> Result<GpuTensor, KernelError> {
        let outputs = self.outputs(x)?;
        let logits = outputs.last().expect("a network has a layer");
        let [batch, classes] = [logits.shape()[0], logits.shape()[1]];
        let mut loss = GpuTensor::uninit(&self.gpu, [batch])?;
        let mut grad = GpuTensor::uninit(&self.gpu, [batch, classes])?;
        cross_entropy(
            2,
            logits.buffer(),
            labels.buffer(),
            loss.buffer_mut(),
            grad.buffer_mut(),
            [batch, classes],
            1.0 / batch as f32,
        )?;
        for i in (0..self.layers.len()).rev() {
            let Layer { weight, bias } = &mut self.layers[i];
            let [out, inner] = [weight.value.shape()[0], weight.value.shape()[1]];
            let input = if i == 0 { x } else { &outputs[i - 1] };
            if i + 1 == outputs.len() {
                bias_backward(2, grad.buffer(), bias.grad.buffer_mut(), [batch, out])?;
            } else {
                // Back through the ReLU, and the sums for the bias on the way.
                let mut inside = GpuTensor::uninit(&self.gpu, [batch, out])?;
                let (dy, y, dx) = (grad.buffer(), outputs[i].buffer(), inside.buffer_mut());
                if self.exercises {
                    bias_gradient([dy, y], dx, bias.grad.buffer_mut(), [batch, out])?;
                } else {
                    bias_relu_backward(2, dy, y, dx, bias.grad.buffer_mut(), [batch, out])?;
                }
                grad = inside;
            }
            matmul_tn(2, grad.buffer(), input.buffer(), weight.grad.buffer_mut(), [out, inner, batch])?;
            if i > 0 {
                let mut dx = GpuTensor::uninit(&self.gpu, [batch, inner])?;
                let (g, w) = (grad.buffer(), weight.value.buffer());
                product(self.exercises, g, w, dx.buffer_mut(), [batch, inner, out])?;
                grad = dx;
            }
            for parameter in [weight, bias] {
                let Parameter { value, grad, velocity } = parameter;
                sgd(2, value.buffer_mut(), grad.buffer(), velocity.buffer_mut(), [rate, 0.0, 0.0])?;
            }
        }
        Ok(loss)
    }
    // ANCHOR_END: step
}

fn product(
    exercises: bool,
    a: &DeviceBuffer<f32>,
    b: &DeviceBuffer<f32>,
    c: &mut DeviceBuffer<f32>,
    size: [usize; 3],
) -> Result<(), KernelError> {
    if exercises { tiled_matmul(a, b, c, size) } else { matmul(2, a, b, c, size) }
}
