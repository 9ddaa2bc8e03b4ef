//! Which of the fast ways a product takes: decided while the program runs, by what the processor has.

use std::cell::Cell;

#[cfg(target_arch = "x86_64")]
use ch01_tensors::level::Level;
use ch01_tensors::{DType, Float};

use crate::fallback;
use crate::packed::{self, MicroKernel, Scalar, View};
#[cfg(target_arch = "x86_64")]
use crate::packed::{Avx2, Avx512};
use crate::task::{Rectangle, Strided};

/// A way to multiply matrices of f32. Matrices of f64 always go to matrixmultiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Ours, with vectors of 16.
    Avx512,
    /// Ours, with vectors of 8.
    Avx2,
    /// Ours, without vector instructions: slow, for tests.
    Scalar,
    /// The matrixmultiply crate.
    Matrixmultiply,
}

thread_local! {
    static FORCED: Cell<Option<Kernel>> = const { Cell::new(None) };
}

impl Kernel {
    /// All that this processor can run and that is [`allowed`](ch01_tensors::level::Level::allowed), the fastest first;
    /// [`Scalar`](Kernel::Scalar) is last.
    pub fn available() -> impl Iterator<Item = Kernel> {
        use Kernel::*;
        [Avx512, Avx2, Matrixmultiply, Scalar].into_iter().filter(|kernel| kernel.is_available())
    }

    #[cfg(target_arch = "x86_64")]
    fn is_available(self) -> bool {
        match self {
            Kernel::Avx512 => Level::allowed() >= Level::Avx512 && Avx512::detect().is_some(),
            Kernel::Avx2 => Level::allowed() >= Level::Avx2 && Avx2::detect().is_some(),
            Kernel::Scalar | Kernel::Matrixmultiply => true,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn is_available(self) -> bool {
        matches!(self, Kernel::Scalar | Kernel::Matrixmultiply)
    }

    /// What products that this thread starts now take.
    pub fn in_use() -> Self {
        FORCED.get().or_else(|| Kernel::available().next()).expect("matrixmultiply is always there")
    }
}

/// Runs `f`; the products that this thread starts in it take that way, on all their threads. For tests and measurements.
///
/// Products that other threads start for `f`, in tasks of their own as attention has them, do not: for those there is the environment
/// variable of [`Level::allowed`](ch01_tensors::level::Level::allowed).
///
/// # Panics
/// When this processor cannot run it.
#[track_caller]
pub fn with_kernel<R>(kernel: Kernel, f: impl FnOnce() -> R) -> R {
    assert!(kernel.is_available(), "this processor has no {kernel:?}");
    /// Puts the old choice back, after a panic too.
    struct Restore(Option<Kernel>);
    impl Drop for Restore {
        fn drop(&mut self) {
            FORCED.set(self.0);
        }
    }
    let _restore = Restore(FORCED.replace(Some(kernel)));
    f()
}

/// `c = a b`, or `c += a b` if `add`, for `a` of `[c.rows, k]` and `b` of `[k, c.cols]`; no size is 0.
pub(crate) fn gemm<T: Float>(
    kernel: Kernel,
    a: Strided<'_, T>,
    b: Strided<'_, T>,
    k: usize,
    add: bool,
    c: &mut Rectangle<T>,
) {
    // All that is read below is read by pointers. Strides come from elsewhere, and asking costs nothing beside a product.
    let inside = a.fits(c.rows, k) && b.fits(k, c.cols);
    assert!(inside, "[{}, {k}] x [{k}, {}]: a matrix reaches beyond its storage", c.rows, c.cols);
    if T::DTYPE != DType::F32 {
        return fallback::gemm(a, b, k, add, c);
    }
    #[cfg(target_arch = "x86_64")]
    match kernel {
        Kernel::Avx512 => {
            let kernel = Avx512::detect().expect("only chosen if it is there");
            return run(kernel, a, b, k, add, c);
        }
        Kernel::Avx2 => {
            let kernel = Avx2::detect().expect("only chosen if it is there");
            return run(kernel, a, b, k, add, c);
        }
        _ => {}
    }
    match kernel {
        Kernel::Scalar => run(Scalar, a, b, k, add, c),
        _ => fallback::gemm(a, b, k, add, c),
    }
}

/// As [`gemm`], for T = f32.
fn run<T: Float, K: MicroKernel>(
    kernel: K,
    a: Strided<'_, T>,
    b: Strided<'_, T>,
    k: usize,
    add: bool,
    c: &mut Rectangle<T>,
) {
    let view = |x: Strided<'_, T>| View { first: x.pointer().cast(), row: x.row, col: x.col };
    // SAFETY: T is f32. `gemm` has seen to it that every element of the views lies in its storage, and the rectangle is ours.
    unsafe { packed::gemm(kernel, view(a), view(b), [c.rows, k, c.cols], add, c.first.cast(), c.stride) }
}
