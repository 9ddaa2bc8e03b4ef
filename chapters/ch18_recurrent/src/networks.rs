//! The three recurrent networks by name.

use ch01_tensors::Rng;

use crate::{Gated, LongShort, Nonlinearity, Recurrent, RecurrentConfig};

/// A plain recurrent network (`torch.nn.RNN`; Elman 1990).
pub type Rnn<T = f32> = Recurrent<Nonlinearity, T>;
/// A long short-term memory (`torch.nn.LSTM`; Hochreiter and Schmidhuber 1997, Gers, Schmidhuber and Cummins 2000).
pub type Lstm<T = f32> = Recurrent<LongShort, T>;
/// A gated recurrent network (`torch.nn.GRU`; Cho et al. 2014).
pub type Gru<T = f32> = Recurrent<Gated, T>;

impl Rnn {
    /// A network with PyTorch's first weights.
    ///
    /// # Panics
    /// When a size is 0, there are more than 16 layers, or `dropout` is no probability.
    #[track_caller]
    pub fn new(nonlinearity: Nonlinearity, config: &RecurrentConfig, rng: &mut Rng) -> Self {
        Recurrent::with_kind(nonlinearity, config, rng)
    }
}

impl Lstm {
    /// A network with PyTorch's first weights.
    ///
    /// # Panics
    /// When a size is 0, there are more than 16 layers, or `dropout` is no probability.
    #[track_caller]
    pub fn new(config: &RecurrentConfig, rng: &mut Rng) -> Self {
        Recurrent::with_kind(LongShort, config, rng)
    }

    // ANCHOR: forget
    /// Sets the biases of all forget gates: `value` in total. With 1 a gate is open at first, and the cell remembers (Gers,
    /// Schmidhuber and Cummins 2000; Jozefowicz, Zaremba and Sutskever 2015). Without biases nothing happens.
    pub fn set_forget_bias(&mut self, value: f32) {
        let hidden = self.config().hidden;
        for direction in self.directions() {
            if let Some([input, state]) = &mut direction.biases {
                input.value.data_mut()[hidden..2 * hidden].fill(value);
                state.value.data_mut()[hidden..2 * hidden].fill(0.0);
            }
        }
    }
    // ANCHOR_END: forget
}

impl Gru {
    /// A network with PyTorch's first weights.
    ///
    /// # Panics
    /// When a size is 0, there are more than 16 layers, or `dropout` is no probability.
    #[track_caller]
    pub fn new(config: &RecurrentConfig, rng: &mut Rng) -> Self {
        Recurrent::with_kind(Gated, config, rng)
    }
}
