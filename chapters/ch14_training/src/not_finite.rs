//! Where a NaN came from, as far as can be told afterwards.

use std::any::Any;

use ch01_tensors::Tensor;
use ch05_backprop::{Entry, Module, Visitor};

use crate::{NotFinite, TrainError};

/// The error for a step that was refused.
pub fn not_finite<'a, I: 'static>(
    model: &mut dyn Module,
    inputs: impl Iterator<Item = &'a I>,
    bad: &NotFinite,
    epoch: u64,
    step: u64,
) -> TrainError {
    let (what, value) = match *bad {
        NotFinite::Loss(value) => ("the loss", value),
        NotFinite::Norm(value) => ("the norm of the gradient", value),
    };
    TrainError::NotFinite { epoch: epoch + 1, step, what, value, cause: cause(model, inputs) }
}

/// Looks, in this order, at the weights, the input and the gradients, and names the first that is not finite.
pub fn cause<'a, I: 'static>(model: &mut dyn Module, mut inputs: impl Iterator<Item = &'a I>) -> String {
    let (mut values, mut gradients) = (Vec::new(), Vec::new());
    model.visit(&mut Visitor::new(&mut |path, entry| {
        let (value, grad) = match entry {
            Entry::Param(param) => (&param.value, Some(&param.grad)),
            Entry::Buffer(buffer) => (&*buffer, None),
            Entry::Stream(_) => return,
        };
        if find(value).is_some() {
            values.push(path.to_string());
        } else if grad.is_some_and(|grad| find(grad).is_some()) {
            gradients.push(path.to_string());
        }
    }));
    if let Some(name) = values.first() {
        return format!("{name} holds a value that is not finite");
    }
    if let Some((value, place)) =
        inputs.find_map(|input| (input as &dyn Any).downcast_ref::<Tensor>().and_then(find))
    {
        return format!("the input of the batch holds {value} at {place:?}; the weights are finite");
    }
    // The backward pass comes from the end, so the last of them is the one where it began.
    match gradients.last() {
        Some(name) => format!(
            "the gradient of {name} is not finite, and of {} parameters before it; weights and input are finite",
            gradients.len() - 1
        ),
        None => {
            "the weights are finite, so some numbers grew too large on the way: a smaller learning rate or \
                 clipping may help, if the data are as they should be"
                .to_owned()
        }
    }
}

/// The first value that is not finite, and where it stands.
fn find(array: &Tensor) -> Option<(f32, Vec<usize>)> {
    let (mut i, value) = array.iter().enumerate().find(|(_, value)| !value.is_finite())?;
    let mut place = vec![0; array.ndim()];
    for axis in (0..array.ndim()).rev() {
        let length = array.shape()[axis];
        place[axis] = i % length;
        i /= length;
    }
    Some((value, place))
}
