//! The sizes and options of a recurrent network.

// ANCHOR: config
/// The options of [`Rnn`](crate::Rnn), [`Lstm`](crate::Lstm) and [`Gru`](crate::Gru), as PyTorch's. Left out: `proj_size`.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrentConfig {
    /// Numbers of an input vector (`input_size`).
    pub input: usize,
    /// Numbers of a state vector (`hidden_size`).
    pub hidden: usize,
    /// Layers on top of each other (`num_layers`): each reads the outputs of the one below.
    pub layers: usize,
    /// Whether there are biases: two for each layer and direction, of the input and of the state (`bias`).
    pub bias: bool,
    /// The probability that a number is dropped between two layers, in training (`dropout`). Not after the last layer, and
    /// not from step to step.
    pub dropout: f64,
    /// Whether each layer goes both ways; outputs then have `2 * hidden` numbers, forward first (`bidirectional`).
    pub bidirectional: bool,
    /// Whether data is `[batch, time, size]` rather than `[time, batch, size]` (`batch_first`). True unless set, as in the
    /// rest of this book; PyTorch's default is false. States are `[layers * directions, batch, hidden]` in both cases.
    pub batch_first: bool,
}
// ANCHOR_END: config

impl RecurrentConfig {
    /// One layer, forward in time, with biases.
    pub fn new(input: usize, hidden: usize) -> Self {
        RecurrentConfig {
            input,
            hidden,
            layers: 1,
            bias: true,
            dropout: 0.0,
            bidirectional: false,
            batch_first: true,
        }
    }

    /// 2 if it goes both ways, else 1.
    pub fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }
}
