//! GloVe: vectors whose products are the logarithms of counts (Pennington, Socher, Manning 2014).
//!
//! For every pair of words `i`, `j` that occur together `x` times, `w_i · c_j + b_i + d_j` shall be `ln x`. The loss of a
//! pair is `½ f(x) (w_i · c_j + b_i + d_j - ln x)²` with the weight `f(x) = min(1, (x / x_max)^α)`: pairs seen once are
//! mostly chance and weigh little, and pairs above `x_max` do not weigh ever more. Pairs that never occur are left out.
//!
//! With `e = w · c + b + d - ln x`: `∂L/∂w = f e c`, `∂L/∂c = f e w`, `∂L/∂b = ∂L/∂d = f e`.
//!
//! [`glove`] is the short version for arrays of gathered pairs; [`Glove`] trains tables by AdaGrad, one pair after the other,
//! in an order that only the seed decides. (The paper's loss has no ½; the authors' program does.)
//!
//! Left out: several threads on one table, which would make the result depend on their timing.

use ch01_tensors::{Array, Float, Rng, Tensor, fail};
use ch03_neurons::simd::{Body, Level, at_level, dot};

use crate::Cooccurrence;

/// The power of counts below `x_max` (the paper's value).
const ALPHA: f64 = 0.75;

/// The weight of a pair that occurs `x` times; 1 from `x_max` on.
fn weight(x: f64, x_max: f64) -> f64 {
    (x / x_max).powf(ALPHA).min(1.0)
}

/// Vectors and biases of `n` pairs of words.
pub struct Pairs<T: Float = f32> {
    /// The words' vectors, `[n, size]`.
    pub word: Array<T>,
    /// The contexts' vectors, `[n, size]`.
    pub context: Array<T>,
    /// The words' biases, `[n]`.
    pub word_bias: Array<T>,
    /// The contexts' biases, `[n]`.
    pub context_bias: Array<T>,
}

impl<T: Float> Pairs<T> {
    /// The weights of the pairs and what they are off by.
    #[track_caller]
    fn errors(&self, operation: &str, x: &Array<T>, x_max: f64) -> Vec<(T, T)> {
        let (n, word, context) = (x.shape(), self.word.shape(), self.context.shape());
        let biases = self.word_bias.shape() == n && self.context_bias.shape() == n;
        if x.ndim() != 1 || word.len() != 2 || word != context || word[0] != n[0] || !biases {
            fail(operation, format_args!("{word:?}, {context:?} and {n:?} are not [n, size] twice and [n]"));
        }
        let size = self.word.dim(1);
        let (word, context) = (self.word.clone().contiguous(), self.context.clone().contiguous());
        let error = |i: usize| {
            let (w, c) = (&word.data()[i * size..][..size], &context.data()[i * size..][..size]);
            let product = w.iter().zip(c).fold(T::ZERO, |sum, (&w, &c)| sum + w * c);
            let off = product + self.word_bias[[i]] + self.context_bias[[i]] - x[[i]].ln();
            (T::from_f64(weight(x[[i]].to_f64(), x_max)), off)
        };
        (0..x.size()).map(error).collect()
    }
}

// ANCHOR: glove
/// The losses `[n]` of pairs with counts `x`, `[n]`, all above 0; counts from `x_max` on weigh 1.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn glove<T: Float>(pairs: &Pairs<T>, x: &Array<T>, x_max: f64) -> Array<T> {
    let errors = pairs.errors("glove", x, x_max);
    Array::from_fn(*x.shape(), |i| T::from_f64(0.5) * errors[i[0]].0 * errors[i[0]].1 * errors[i[0]].1)
}

/// The gradients of vectors and biases, for that of the losses, `[n]`.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn glove_backward<T: Float>(grad: &Array<T>, pairs: &Pairs<T>, x: &Array<T>, x_max: f64) -> Pairs<T> {
    let errors = pairs.errors("glove_backward", x, x_max);
    let slope = Array::from_fn(*x.shape(), |i| grad[[i[0]]] * errors[i[0]].0 * errors[i[0]].1);
    let column = slope.clone().unsqueeze(1);
    Pairs {
        word: &column * &pairs.context,
        context: &column * &pairs.word,
        word_bias: slope.clone(),
        context_bias: slope,
    }
}
// ANCHOR_END: glove

/// How GloVe is trained.
#[derive(Clone, Debug)]
pub struct GloveOptions {
    /// Numbers per vector.
    pub size: usize,
    /// How often the pairs are gone through.
    pub epochs: usize,
    /// AdaGrad's rate.
    pub rate: f64,
    /// Pairs with counts from here on weigh 1, rarer ones less. The paper's 100 is for billions of words.
    pub x_max: f64,
    /// The seed of everything random.
    pub seed: u64,
}

impl Default for GloveOptions {
    /// 100 numbers, 15 epochs, rate 0.05, `x_max` 100.
    fn default() -> Self {
        GloveOptions { size: 100, epochs: 15, rate: 0.05, x_max: 100.0, seed: 0 }
    }
}

/// Two tables of vectors with their biases. A row of a table holds the vector and, last, the bias.
pub struct Glove {
    word: Table,
    context: Table,
    size: usize,
}

/// Rows of `size + 1` numbers, and AdaGrad's sums of their squared gradients.
struct Table {
    values: Vec<f32>,
    sums: Vec<f32>,
}

impl Glove {
    /// Small random vectors and biases; AdaGrad's sums begin at 1, as in the authors' program.
    pub fn new(count: usize, size: usize, rng: &mut Rng) -> Self {
        let mut table = || {
            let value = |_| ((rng.uniform() - 0.5) / (size + 1) as f64) as f32;
            Table {
                values: (0..count * (size + 1)).map(value).collect(),
                sums: vec![1.0; count * (size + 1)],
            }
        };
        Glove { word: table(), context: table(), size }
    }

    /// Vectors trained on counts. `progress` gets the epoch, counted from 0, and its mean loss.
    pub fn train(
        counts: &Cooccurrence,
        options: &GloveOptions,
        mut progress: impl FnMut(usize, f64),
    ) -> Self {
        let mut rng = Rng::new(options.seed, "glove");
        let mut model = Glove::new(counts.count, options.size, &mut rng);
        let mut pairs = counts.pairs.clone();
        for epoch in 0..options.epochs {
            rng.shuffle(&mut pairs);
            let loss = model.steps(&pairs, options.rate as f32, options.x_max);
            progress(epoch, loss / pairs.len().max(1) as f64);
        }
        model
    }

    /// One step of AdaGrad for each pair (row, column, count), in their order. Gives the sum of the losses, each before its step.
    ///
    /// # Panics
    /// When a word is outside the tables.
    pub fn steps(&mut self, pairs: &[(u32, u32, f32)], rate: f32, x_max: f64) -> f64 {
        let mut total = 0.0;
        at_level(Level::detect(), Steps { model: self, pairs, rate, x_max, total: &mut total });
        total
    }

    /// The vectors to use, `[count, size]`: the sum of a word's two vectors, which are fitted to the same counts.
    pub fn vectors(&self) -> Tensor {
        let (width, [word, context]) = (self.size + 1, [&self.word.values, &self.context.values]);
        Tensor::from_fn([word.len() / width, self.size], |i| {
            word[i[0] * width + i[1]] + context[i[0] * width + i[1]]
        })
    }

    /// The vectors and biases of pairs of words.
    ///
    /// # Panics
    /// When a word is outside the tables.
    pub fn gather(&self, pairs: &[(u32, u32, f32)]) -> Pairs {
        let (width, n) = (self.size + 1, pairs.len());
        let [word, context] = [&self.word.values, &self.context.values];
        Pairs {
            word: Tensor::from_fn([n, self.size], |i| word[pairs[i[0]].0 as usize * width + i[1]]),
            context: Tensor::from_fn([n, self.size], |i| context[pairs[i[0]].1 as usize * width + i[1]]),
            word_bias: Tensor::from_fn([n], |i| word[pairs[i[0]].0 as usize * width + self.size]),
            context_bias: Tensor::from_fn([n], |i| context[pairs[i[0]].1 as usize * width + self.size]),
        }
    }
}

struct Steps<'a> {
    model: &'a mut Glove,
    pairs: &'a [(u32, u32, f32)],
    rate: f32,
    x_max: f64,
    total: &'a mut f64,
}

impl Body for Steps<'_> {
    // ANCHOR: steps
    #[inline(always)]
    fn run(self) {
        let (size, rate) = (self.model.size, self.rate);
        let Glove { word, context, .. } = self.model;
        for &(i, j, x) in self.pairs {
            let (i, j) = (i as usize * (size + 1), j as usize * (size + 1));
            let (w, w_sums) = (&mut word.values[i..][..size + 1], &mut word.sums[i..][..size + 1]);
            let (c, c_sums) = (&mut context.values[j..][..size + 1], &mut context.sums[j..][..size + 1]);
            let error = dot(&w[..size], &c[..size]) + w[size] + c[size] - x.ln();
            let slope = weight(f64::from(x), self.x_max) as f32 * error;
            *self.total += 0.5 * f64::from(slope) * f64::from(error);
            for k in 0..size {
                let (dw, dc) = (slope * c[k], slope * w[k]);
                w_sums[k] += dw * dw;
                c_sums[k] += dc * dc;
                w[k] -= rate * dw / w_sums[k].sqrt();
                c[k] -= rate * dc / c_sums[k].sqrt();
            }
            for (bias, sum) in [(&mut w[size], &mut w_sums[size]), (&mut c[size], &mut c_sums[size])] {
                *sum += slope * slope;
                *bias -= rate * slope / sum.sqrt();
            }
        }
    }
    // ANCHOR_END: steps
}
