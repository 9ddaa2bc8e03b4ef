//! Backpropagation through time in pieces (Williams and Peng 1990).
//!
//! Shapes: `x` is `[batch, time, input]`, outputs and gradients `[batch, time, hidden]`; a chunk has `length` steps, the last
//! one may have fewer.
//!
//! The state is carried from chunk to chunk, so that the outputs are those of the whole sequence. On the way back there is a
//! choice. If the gradient of each chunk's first state is handed to the chunk before, the gradients are those of the whole
//! sequence too. If it is dropped (in PyTorch, `state.detach()`), that is truncated backpropagation: no gradient crosses the
//! border, and a chunk's memory can be freed before the next one begins. What happened before the border still has an effect
//! on the outputs, but nobody learns from it.

use ch01_tensors::{Array, Float, fail};
use ch18_recurrent::{Kind, Recurrent};

/// The outputs of all steps, chunk by chunk; keeps what [`backward_chunks`] needs.
///
/// # Panics
/// When the network goes both ways (the reverse direction begins at the end of the whole) or is not `batch_first`, when the
/// shapes do not fit, or the length of a chunk is 0.
#[track_caller]
pub fn forward_chunks<K: Kind, T: Float>(net: &mut Recurrent<K, T>, x: &Array<T>, length: usize) -> Array<T> {
    let config = net.config();
    if config.bidirectional || !config.batch_first {
        fail("forward_chunks", format_args!("{config:?}: need one direction, and [batch, time, input]"));
    }
    let mut state = None;
    let mut outputs = Vec::new();
    for from in (0..x.dim(1)).step_by(length) {
        let chunk = x.narrow(1, from, length.min(x.dim(1) - from));
        let (y, last) = net.forward_with(&chunk, state.as_ref(), None);
        outputs.push(y);
        state = Some(last);
    }
    Array::concat(&outputs.iter().collect::<Vec<_>>(), 1)
}

/// Adds to the gradients of the parameters and returns that of the input; `truncate`: no gradient goes from a chunk to the
/// one before.
///
/// # Panics
/// Without a matching forward call, or when the shapes do not fit.
#[track_caller]
pub fn backward_chunks<K: Kind, T: Float>(
    net: &mut Recurrent<K, T>,
    grad: &Array<T>,
    length: usize,
    truncate: bool,
) -> Array<T> {
    let starts: Vec<usize> = (0..grad.dim(1)).step_by(length).collect();
    let mut chunks = starts.into_iter().map(|from| grad.narrow(1, from, length.min(grad.dim(1) - from)));
    let mut inputs = back_through(net, &mut chunks, truncate);
    inputs.reverse();
    Array::concat(&inputs.iter().collect::<Vec<_>>(), 1)
}

/// The gradients of the inputs of all chunks, the last chunk first; `chunks` are the gradients of their outputs, the first chunk
/// first.
fn back_through<K: Kind, T: Float>(
    net: &mut Recurrent<K, T>,
    chunks: &mut dyn DoubleEndedIterator<Item = Array<T>>,
    truncate: bool,
) -> Vec<Array<T>> {
    // Yours: From the last chunk to the first (`chunks.rev()`): `net.backward_with(&chunk, state_grad)` takes the
    // gradient of the chunk's outputs, and that of its last state if there is one, as `Some(&state)`. It returns the gradients of the
    // chunk's input, to be collected, and of its first state, which is the last state of the chunk before.
    todo!()
}
