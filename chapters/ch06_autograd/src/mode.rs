//! What this thread records: gradients or not ([`no_grad`]), or everything, for a trace.

use std::cell::Cell;
use std::thread::LocalKey;

thread_local! {
    static GRAD: Cell<bool> = const { Cell::new(true) };
    static TRACING: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f` with a switch in another position, and puts it back, even if `f` panics.
pub(crate) fn with<R>(switch: &'static LocalKey<Cell<bool>>, position: bool, f: impl FnOnce() -> R) -> R {
    struct Back(&'static LocalKey<Cell<bool>>, bool);
    impl Drop for Back {
        fn drop(&mut self) {
            self.0.set(self.1);
        }
    }
    let _back = Back(switch, switch.replace(position));
    f()
}

/// Runs `f` without recording: what it computes is constant (`torch.no_grad`).
pub fn no_grad<R>(f: impl FnOnce() -> R) -> R {
    with(&GRAD, false, f)
}

/// Runs `f` with recording, even inside [`no_grad`] (`torch.enable_grad`).
pub fn enable_grad<R>(f: impl FnOnce() -> R) -> R {
    with(&GRAD, true, f)
}

/// Whether operations on variables that require a gradient are recorded (`torch.is_grad_enabled`).
pub fn is_grad_enabled() -> bool {
    GRAD.get()
}

/// Runs `f` and records every operation, whether or not a gradient needs it.
pub(crate) fn tracing<R>(f: impl FnOnce() -> R) -> R {
    with(&TRACING, true, f)
}

pub(crate) fn is_tracing() -> bool {
    TRACING.get()
}
