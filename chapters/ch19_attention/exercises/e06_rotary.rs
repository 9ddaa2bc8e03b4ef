//! Rotary positions (RoPE; Su et al. 2021): queries and keys are turned by angles that grow with their position.
//!
//! Shapes: `x` and `y` are `[batch, heads, time, d]`, `d` even. Each pair of features is a point in a plane; at position
//! `t` pair `i` is turned by the angle `t ω_i`, `ω_i = base^(-2i/d)`:
//! `y_a = x_a cos(t ω_i) - x_b sin(t ω_i)`, `y_b = x_a sin(t ω_i) + x_b cos(t ω_i)`.
//! Turning both of two vectors by the same angle does not change their product, so the product of a query at `p` and a
//! key at `t'` depends on `t - t'` alone.
//!
//! Backward: a rotation's transpose is the rotation by the negative angle.
//!
//! Which features are a pair? In LLaMA as `transformers` has it, and in GPT-NeoX, `i` and `i + d/2`: the two halves
//! ([`RotaryLayout::Halves`], the default). In the paper, GPT-J and Meta's own LLaMA files, `2i` and `2i + 1`
//! ([`RotaryLayout::Interleaved`]). Weights made for one do not work with the other.
//!
//! For texts longer than in training the angles can be scaled, [`RotaryScaling`]. Left out: YaRN, turning only a part of
//! the features, the dynamic kind that depends on the length of the text.

use ch01_tensors::{Array, Float, fail};

/// Which two features are turned together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotaryLayout {
    /// `i` and `i + d/2`.
    Halves,
    /// `2i` and `2i + 1`.
    Interleaved,
}

/// How the frequencies are changed for longer texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RotaryScaling {
    /// Not at all.
    None,
    /// Position interpolation (Chen et al. 2023): all positions divided by `factor`, so that `factor` times as many fit
    /// in what the model knows. (`"linear"` in `transformers`.)
    Linear {
        /// How many times as long.
        factor: f64,
    },
    /// NTK-aware: the base times `factor^(d/(d-2))`, so that the slowest pair is slowed by `factor` and the fastest not at
    /// all.
    Ntk {
        /// How many times as long.
        factor: f64,
    },
    /// LLaMA 3.1's: pairs that go round more than `high` times within `trained` positions stay, those below `low` times
    /// are slowed by `factor`, the ones between in proportion. (`"llama3"` in `transformers`.)
    Llama3 {
        /// How many times as long.
        factor: f64,
        /// Turns below which a pair is slowed fully.
        low: f64,
        /// Turns above which a pair stays.
        high: f64,
        /// The length of the texts in training.
        trained: f64,
    },
}

/// Turns queries and keys by their positions.
#[derive(Clone, Debug)]
pub struct Rotary {
    /// The angle per position of each pair, `[d / 2]`.
    frequencies: Vec<f64>,
    layout: RotaryLayout,
}

impl Rotary {
    /// For heads of `head_size` features; `base` is 10000 in the paper, 500000 in LLaMA 3.
    ///
    /// # Panics
    /// When the size is odd or 0.
    #[track_caller]
    pub fn new(head_size: usize, base: f64) -> Self {
        Rotary::scaled(head_size, base, RotaryScaling::None)
    }

    /// The same with scaled frequencies.
    ///
    /// # Panics
    /// When the size is odd or 0.
    #[track_caller]
    pub fn scaled(head_size: usize, base: f64, scaling: RotaryScaling) -> Self {
        if head_size == 0 || !head_size.is_multiple_of(2) {
            fail("Rotary", format_args!("{head_size} features do not make pairs"));
        }
        let d = head_size as f64;
        let base = match scaling {
            RotaryScaling::Ntk { factor } => base * factor.powf(d / (d - 2.0)),
            _ => base,
        };
        let frequency = |pair: usize| {
            let frequency = base.powf(-2.0 * pair as f64 / d);
            match scaling {
                RotaryScaling::None | RotaryScaling::Ntk { .. } => frequency,
                RotaryScaling::Linear { factor } => frequency / factor,
                RotaryScaling::Llama3 { factor, low, high, trained } => {
                    let turns = trained * frequency / std::f64::consts::TAU;
                    let kept = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                    kept * frequency + (1.0 - kept) * frequency / factor
                }
            }
        };
        Rotary { frequencies: (0..head_size / 2).map(frequency).collect(), layout: RotaryLayout::Halves }
    }

    /// The same with another layout of the pairs.
    pub fn with_layout(self, layout: RotaryLayout) -> Self {
        Rotary { layout, ..self }
    }

    /// The angle per position of each pair.
    pub fn frequencies(&self) -> &[f64] {
        &self.frequencies
    }

    /// Queries or keys `[batch, heads, time, d]`, the first of which stands at position `offset`, turned.
    ///
    /// # Panics
    /// When the shape is another.
    #[track_caller]
    pub fn apply<T: Float>(&self, x: Array<T>, offset: usize) -> Array<T> {
        self.turn("Rotary::apply", x, offset, 1.0)
    }

    /// The gradient of what was turned, for that of the result: turned back.
    ///
    /// # Panics
    /// When the shape is another.
    #[track_caller]
    pub fn apply_backward<T: Float>(&self, grad: Array<T>, offset: usize) -> Array<T> {
        self.turn("Rotary::apply_backward", grad, offset, -1.0)
    }

    #[track_caller]
    fn turn<T: Float>(&self, operation: &str, x: Array<T>, offset: usize, direction: f64) -> Array<T> {
        let pairs = self.frequencies.len();
        if x.ndim() != 4 || x.dim(3) != 2 * pairs {
            let rule = format_args!("{:?} is not [batch, heads, time, {}]", x.shape(), 2 * pairs);
            fail(operation, rule);
        }
        // As a linear layer makes it, [batch, time, heads, d] lies in one piece: no copy.
        let (time, heads) = (x.dim(2), x.dim(1));
        let mut x = x.transpose(1, 2).contiguous();
        let (table, layout) = (self.angles::<T>(time, offset, direction), self.layout);
        for (row, numbers) in x.data_mut().chunks_exact_mut((2 * pairs * heads).max(1)).enumerate() {
            let angles = &table[row % time * 2 * pairs..][..2 * pairs];
            numbers.chunks_exact_mut(2 * pairs).for_each(|head| turn_pairs(head, angles, layout));
        }
        x.transpose(1, 2)
    }

    /// For each position the cosines of all pairs, then their sines. The angles are computed in 64 bits: a position of
    /// some thousands leaves few digits of an f32 for the angle.
    fn angles<T: Float>(&self, time: usize, offset: usize, direction: f64) -> Vec<T> {
        let mut table = Vec::with_capacity(time * 2 * self.frequencies.len());
        for t in 0..time {
            let angle = |frequency: &f64| (offset + t) as f64 * frequency;
            table.extend(self.frequencies.iter().map(|f| T::from_f64(angle(f).cos())));
            table.extend(self.frequencies.iter().map(|f| T::from_f64(direction * angle(f).sin())));
        }
        table
    }
}

/// Turns the pairs of one vector of `d` numbers; `angles` holds `d / 2` cosines and then `d / 2` sines.
pub fn turn_pairs<T: Float>(x: &mut [T], angles: &[T], layout: RotaryLayout) {
    // Yours: For every pair i: (a, b) becomes (a cos - b sin, a sin + b cos), with cos = angles[i] and sin =
    // angles[pairs + i]. With `Halves` the pair is x[i] and x[pairs + i], with `Interleaved` x[2i] and x[2i + 1].
    todo!()
}
