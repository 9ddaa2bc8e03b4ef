//! Weight normalisation (Salimans and Kingma 2016; `torch.nn.utils.parametrizations.weight_norm`).
//!
//! Not the numbers that flow through a layer are normalised but its weights: each row of the matrix is a direction times a
//! length, `w = g v / |v|`. Shapes: `v` and `w` are `[out, ..]`, the lengths `g` are `[out, 1, ..]`, one number for each
//! output; `|v|` is the length of a row, over all axes but the first.
//!
//! With `u = v / |v|` and `d = dL/dw`, for each row:
//!
//! - `dL/dg = Σ d u`, since `w = g u`;
//! - `u_i` depends on `v_j` by `du_i/dv_j = ([i = j] - u_i u_j) / |v|`, hence
//!   `dL/dv = (g / |v|) (d - u Σ d u)`: the gradient loses its component along `u`.
//!
//! The gradient of `v` is perpendicular to `v`, so that every step of gradient descent makes `v` longer (Pythagoras), and
//! a longer `v` learns more slowly: noise in the gradients lowers the rate by itself.

use ch01_tensors::{Array, Float, Rng, Shape, fail};
use ch05_backprop::{Layer, Linear, Module, Param, Role, Visitor};

/// `[out, ..]` as rows, and the length of each.
fn lengths<T: Float>(v: &Array<T>) -> Vec<T> {
    let size = v.size() / v.dim(0).max(1);
    v.data().chunks(size.max(1)).map(|row| ch03_neurons::simd::dot(row, row).sqrt()).collect()
}

/// The shape of the lengths of these weights: `[out, 1, ..]`.
fn shape_of_lengths(v: &Shape) -> Shape {
    let ones: Vec<usize> =
        v.iter().enumerate().map(|(axis, &size)| if axis == 0 { size } else { 1 }).collect();
    Shape::new(&ones)
}

#[track_caller]
fn check<T: Float>(v: &Array<T>, g: &Array<T>) {
    if v.ndim() == 0 || v.is_empty() || *g.shape() != shape_of_lengths(v.shape()) {
        let rule = format_args!("v {:?} and g {:?} are not [out, ..] and [out, 1, ..]", v.shape(), g.shape());
        fail("weight_norm", rule);
    }
}

/// The weights `w = g v / |v|`, in the shape of `v`.
///
/// # Panics
/// When `g` is not `[out, 1, ..]` for `v` of `[out, ..]`.
#[track_caller]
pub fn weight_norm<T: Float>(v: &Array<T>, g: &Array<T>) -> Array<T> {
    check(v, g);
    let mut w = v.clone().contiguous();
    let lengths = lengths(&w);
    let size = w.size() / lengths.len();
    for ((w, length), g) in w.data_mut().chunks_mut(size).zip(lengths).zip(g.iter()) {
        // Yours: `w` is a row of v here, `length` its length, `g` the length that it should have.
        todo!()
    }
    w
}

/// The gradients of `v` and `g`, from that of the weights.
///
/// # Panics
/// As [`weight_norm`], or when `grad` does not have the shape of `v`.
#[track_caller]
pub fn weight_norm_backward<T: Float>(grad: Array<T>, v: &Array<T>, g: &Array<T>) -> [Array<T>; 2] {
    check(v, g);
    ch03_neurons::simd::same_shape("weight_norm_backward", &grad, v);
    let (v, mut dv, mut dg) = (v.clone().contiguous(), grad.contiguous(), g.zeros_like());
    let lengths = lengths(&v);
    let size = v.size() / lengths.len();
    let rows = dv.data_mut().chunks_mut(size).zip(v.data().chunks(size)).zip(lengths);
    for (((d, v), length), (dg, g)) in rows.zip(dg.data_mut().iter_mut().zip(g.iter())) {
        // Yours: For this row: dL/dg = Σ d u with u = v / length, stored in `*dg`; then
        // dL/dv_j = (g / length) (d_j - u_j dL/dg), stored in `d`. `ch03_neurons::simd::dot(d, v)` is a sum of products.
        todo!()
    }
    [dv, dg]
}

/// A linear layer whose weights are a direction and a length for each output: `y = x wᵀ + b`.
///
/// What is trained is `weight_v`, `weight_g` and `bias`; the weights themselves are made of them in each call.
pub struct WeightNormLinear<T: Float = f32> {
    /// The directions `[out, in]`; their lengths do not matter.
    pub weight_v: Param<T>,
    /// The lengths `[out, 1]`.
    pub weight_g: Param<T>,
    /// `[out]`, if there is one.
    pub bias: Option<Param<T>>,
    /// The layers of forward calls that have not been gone back through: each holds its weights and its input.
    kept: Vec<Linear<T>>,
}

impl<T: Float> WeightNormLinear<T> {
    fn linear(&self) -> Linear<T> {
        let weight = weight_norm(&self.weight_v.value, &self.weight_g.value);
        Linear::from_parts(weight, self.bias.as_ref().map(|bias| bias.value.clone()))
    }
}

impl<T: Float> Layer<T> for WeightNormLinear<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let mut linear = self.linear();
        let y = linear.forward(x);
        self.kept.push(linear);
        y
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(mut linear) = self.kept.pop() else {
            fail("WeightNormLinear::backward", format_args!("no forward call to go back through"))
        };
        let dx = linear.backward(grad);
        let [dv, dg] = weight_norm_backward(linear.weight.grad, &self.weight_v.value, &self.weight_g.value);
        self.weight_v.grad += &dv;
        self.weight_g.grad += &dg;
        if let (Some(bias), Some(of_linear)) = (&mut self.bias, &linear.bias) {
            bias.grad += &of_linear.grad;
        }
        dx
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.linear().infer(x)
    }
}

impl WeightNormLinear {
    /// Weights as [`Linear`] begins with them, taken apart.
    pub fn new(inputs: usize, outputs: usize, rng: &mut Rng) -> Self {
        WeightNormLinear::from_linear(Linear::new(inputs, outputs, rng))
    }
}

impl<T: Float> WeightNormLinear<T> {
    /// Takes a layer's weights apart (`weight_norm(linear)`): it computes the same as before.
    pub fn from_linear(linear: Linear<T>) -> Self {
        let v = linear.weight.value.contiguous();
        let g = Array::from_slice(&lengths(&v), shape_of_lengths(v.shape()));
        let (weight_v, weight_g) = (Param::new(v, Role::Weight), Param::new(g, Role::Norm));
        WeightNormLinear { weight_v, weight_g, bias: linear.bias, kept: Vec::new() }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> WeightNormLinear<f64> {
        WeightNormLinear {
            weight_v: self.weight_v.to_f64(),
            weight_g: self.weight_g.to_f64(),
            bias: self.bias.as_ref().map(Param::to_f64),
            kept: Vec::new(),
        }
    }
}

impl<T: Float> Module<T> for WeightNormLinear<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight_g", &mut self.weight_g);
        visitor.param("weight_v", &mut self.weight_v);
        if let Some(bias) = &mut self.bias {
            visitor.param("bias", bias);
        }
    }
}
