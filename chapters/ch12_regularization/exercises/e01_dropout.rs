//! Inverted dropout: `y = m x / (1 - p)` (Srivastava et al. 2014; `torch.nn.Dropout`).
//!
//! `m` is 0 with probability `p` and 1 otherwise, drawn anew for each element and each forward call. Dividing by `1 - p`
//! keeps the expectation: `E[y] = (1 - p) x / (1 - p) = x`. So `infer` is the identity, and nothing has to be rescaled
//! after training. For a fixed mask the function is linear, hence `dL/dx = m dL/dy / (1 - p)`: the same mask and the
//! same factor.
//!
//! Any shape. `p` is rounded to a multiple of 1/65536 (see [`Mask`]), and the factor belongs to the rounded `p`.
//! Whole channels at a time are [`Dropout2d`](ch12_regularization::Dropout2d).

use ch01_tensors::{Array, Float, Rng, fail};
use ch05_backprop::{Layer, Module, Visitor};
use ch12_regularization::{DRAWS, Mask};

/// Sets random elements to 0 in training, and does nothing in use.
pub struct Dropout<T: Float = f32> {
    /// Of 65536 numbers, how many drop an element.
    dropped: u32,
    /// Where masks are drawn from.
    rng: Rng,
    /// The masks of forward calls that have not been gone back through.
    masks: Vec<Mask>,
    float: std::marker::PhantomData<T>,
}

impl<T: Float> Dropout<T> {
    /// Drops with probability `p`. The layer gets a random stream of its own, seeded with a number drawn from `rng`: so
    /// no two layers share masks by mistake.
    ///
    /// # Panics
    /// When `p` is not in `0..=1`.
    #[track_caller]
    pub fn new(p: f64, rng: &mut Rng) -> Self {
        Dropout::with_stream(p, Rng::new(rng.bits(), "dropout"))
    }

    /// Drops with probability `p`, with masks drawn from this stream.
    ///
    /// # Panics
    /// When `p` is not in `0..=1`.
    #[track_caller]
    pub fn with_stream(p: f64, rng: Rng) -> Self {
        if !(0.0..=1.0).contains(&p) {
            fail("Dropout", format_args!("p = {p} is not a probability"));
        }
        let dropped = (p * f64::from(DRAWS)).round() as u32;
        Dropout { dropped, rng, masks: Vec::new(), float: std::marker::PhantomData }
    }

    /// The probability that an element is dropped, as it was rounded.
    pub fn p(&self) -> f64 {
        f64::from(self.dropped) / f64::from(DRAWS)
    }

    /// What kept elements are multiplied by; 0 if nothing is ever kept.
    pub fn factor(&self) -> T {
        if self.dropped == DRAWS {
            return T::ZERO;
        }
        // Yours: The number that makes the expectation of the output equal to the input; `self.p()` is the
        // probability of being dropped. `T::from_f64` makes a T of it.
        todo!()
    }

    /// [`forward`](Layer::forward) with a given mask instead of a random one.
    ///
    /// # Panics
    /// When the mask is of another shape.
    #[track_caller]
    pub fn forward_with(&mut self, x: Array<T>, mask: Mask) -> Array<T> {
        let y = mask.apply("Dropout", x, self.factor());
        self.masks.push(mask);
        y
    }

    /// The same layer in 64 bits, at the same place of the same stream, for the gradient check.
    pub fn to_f64(&self) -> Dropout<f64> {
        Dropout {
            dropped: self.dropped,
            rng: self.rng.clone(),
            masks: Vec::new(),
            float: std::marker::PhantomData,
        }
    }
}

impl<T: Float> Layer<T> for Dropout<T> {
    fn forward(&mut self, x: Array<T>) -> Array<T> {
        let mask = Mask::draw(*x.shape(), self.dropped, &mut self.rng);
        self.forward_with(x, mask)
    }

    fn backward(&mut self, grad: Array<T>) -> Array<T> {
        let Some(mask) = self.masks.pop() else {
            fail("Dropout::backward", format_args!("no forward call to go back through"))
        };
        // Yours: `mask` is the one of the forward call. `mask.apply("Dropout::backward", x, factor)`
        // multiplies the kept elements of x by the factor and the others by 0.
        todo!()
    }

    fn infer(&self, x: Array<T>) -> Array<T> {
        // Yours: What is the output when the network is used, not trained?
        todo!()
    }
}

impl<T: Float> Module<T> for Dropout<T> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        visitor.stream("rng", &mut self.rng);
    }
}
