//! Memory for packed blocks: each thread keeps one buffer, so that after the first product none is asked for.
//!
//! It is as large as the largest block needs, for small products too. What is never written takes no memory, and a thread
//! asks once, whatever products it gets.

use std::cell::Cell;

use ch01_tensors::Tensor;

thread_local! {
    static KEPT: Cell<Option<Tensor>> = const { Cell::new(None) };
}

/// The buffer of a thread, which gets it back at the end.
pub(super) struct Buffer {
    numbers: Option<Tensor>,
}

impl Buffer {
    /// This thread's buffer, with room for `length` numbers.
    pub fn of_this_thread(length: usize) -> Self {
        let kept = KEPT.take().filter(|kept| kept.size() >= length);
        Buffer { numbers: Some(kept.unwrap_or_else(|| Tensor::scratch([length]))) }
    }

    pub fn start(&mut self) -> *mut f32 {
        self.numbers.as_mut().expect("only drop takes it").data_mut().as_mut_ptr()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        KEPT.set(self.numbers.take());
    }
}
