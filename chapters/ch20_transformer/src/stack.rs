//! A stack of blocks as one child of a model, so that they are called `blocks.0`, `blocks.1`, ….

use ch01_tensors::Float;
use ch05_backprop::{Module, Visitor};

/// Blocks of one kind, to be visited under their numbers.
pub(crate) struct Stack<'a, B>(pub &'a mut [B]);

impl<T: Float, B: Module<T>> Module<T> for Stack<'_, B> {
    fn visit(&mut self, visitor: &mut Visitor<'_, T>) {
        for (number, block) in self.0.iter_mut().enumerate() {
            visitor.child(number, block);
        }
    }
}
