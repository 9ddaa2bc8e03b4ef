//! Learned positions: a vector for each place, added to the token's (GPT, BERT; in PyTorch an `nn.Parameter` or an
//! `nn.Embedding` over `arange(time)`).
//!
//! Shapes: the table is `[max_time, size]`, `x` is `[batch, time, size]`, `y[b, t] = x[b, t] + table[t]`. A sum passes its
//! gradient to both terms: `dL/dx = g`, and `dL/dtable[t] = Σ_b g[b, t]`.

use ch01_tensors::{Array, Float, Rng, Shape, Tensor, fail};
use ch05_backprop::{Layer, Module, Param, Role, Visitor};

/// Adds to each token's vector the one of its place.
pub struct LearnedPositions<T: Float = f32> {
    /// The table, `[max_time, size]`.
    pub weight: Param<T>,
    /// The shapes of forward calls that have not been gone back through.
    shapes: Vec<Shape>,
}

impl LearnedPositions {
    /// Vectors for up to `max_time` places, normal with standard deviation 0.02 (GPT-2, BERT).
    pub fn new(max_time: usize, size: usize, rng: &mut Rng) -> Self {
        LearnedPositions::from_parts(Tensor::normal([max_time, size], 0.0, 0.02, rng))
    }
}

impl<T: Float> LearnedPositions<T> {
    /// A layer with this table, `[max_time, size]`.
    ///
    /// # Panics
    /// When it is no matrix.
    #[track_caller]
    pub fn from_parts(table: Array<T>) -> Self {
        if table.ndim() != 2 {
            let rule = format_args!("the table {:?} is not [max_time, size]", table.shape());
            fail("LearnedPositions::from_parts", rule);
        }
        LearnedPositions { weight: Param::new(table, Role::Embedding), shapes: Vec::new() }
    }

    /// The same layer in 64 bits, for the gradient check.
    pub fn to_f64(&self) -> LearnedPositions<f64> {
        LearnedPositions { weight: self.weight.to_f64(), shapes: Vec::new() }
    }

    #[track_caller]
    fn output(&self, x: Array<T>) -> Array<T> {
        let table = &self.weight.value;
        if x.ndim() != 3 || x.dim(1) > table.dim(0) || x.dim(2) != table.dim(1) {
            let rule = format_args!("input {:?} for a table of {:?}: it needs", x.shape(), table.shape());
            fail("LearnedPositions", format_args!("{rule} [batch, time, size] with a place for each time"));
        }
        let time = x.dim(1);
        x + &table.narrow(0, 0, time)
    }
}

// ANCHOR: layer
impl<T: Float> Layer<T> for LearnedPositions<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        self.shapes.push(*x.shape());
        self.output(x)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(shape) = self.shapes.pop() else {
            fail("LearnedPositions::backward", format_args!("no forward call to go back through"))
        };
        if *grad.shape() != shape {
            let rule = format_args!("a gradient of shape {:?} for an output of {shape:?}", grad.shape());
            fail("LearnedPositions::backward", rule);
        }
        let sum = grad.sum(0, false);
        let places = self.weight.grad.data_mut();
        // The first rows of the table, as many as the sequence is long.
        places.iter_mut().zip(sum.data()).for_each(|(place, &g)| *place += g);
        grad
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        self.output(x)
    }
}
// ANCHOR_END: layer

impl<T: Float> Module<T> for LearnedPositions<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.param("weight", &mut self.weight);
    }
}
