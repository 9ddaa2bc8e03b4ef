//! A network on a stream: one step at a time, as the data come.
//!
//! The state is all that is kept of the past, so a stream of any length needs the same memory, and gives the same outputs as
//! the whole sequence at once.
//!
//! That works forwards only: the reverse direction begins at the end, which a stream does not have. So there is no method
//! `step` on a network. It belongs to [`Stream`], and one can only be made from a network in one direction.

use ch01_tensors::{Array, Float};

use crate::kind::Kind;
use crate::{Packing, Recurrent, State};

/// A network that goes both ways cannot read a stream.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a network in both directions has to know the end of a sequence, and a stream has none")]
pub struct BothWays;

// ANCHOR: stream
/// A network in the middle of some sequences, made by [`Recurrent::stream`].
pub struct Stream<'a, K: Kind, T: Float = f32> {
    net: &'a Recurrent<K, T>,
    /// What is known of the past; may be read and replaced.
    pub state: State<T>,
    packing: Packing,
}

impl<K: Kind, T: Float> Recurrent<K, T> {
    /// Begins to read so many sequences step by step, from a state of zeros.
    ///
    /// # Errors
    /// When the network goes both ways.
    pub fn stream(&self, batch: usize) -> Result<Stream<'_, K, T>, BothWays> {
        if self.config().bidirectional {
            return Err(BothWays);
        }
        let packing = Packing::new(None, batch, 1, true);
        Ok(Stream { net: self, state: self.zero_state(batch), packing })
    }
}

impl<K: Kind, T: Float> Stream<'_, K, T> {
    /// The outputs for the next inputs, `[batch, input]` to `[batch, hidden]`.
    ///
    /// # Panics
    /// When the shape does not fit.
    #[track_caller]
    pub fn step(&mut self, x: &Array<T>) -> Array<T> {
        let (y, state) = self.net.infer_packed(x.clone(), &self.packing, Some(&self.state));
        self.state = state;
        y
    }
}
// ANCHOR_END: stream
