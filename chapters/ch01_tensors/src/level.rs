//! Loops compiled for the widest vectors of the processor at hand.
//!
//! A compiler turns a plain loop over slices into vector code if its body has no branches and no calls. But a program
//! that has to run anywhere is compiled for the oldest processor: four `f32` at a time on x86-64. So the loops that
//! matter are compiled three times, for SSE2, AVX2 and AVX-512, and the version to run is chosen when the program runs.
//! On other architectures there is only the portable one. Chapter 3 explains what a loop needs for this to work.
//!
//! `GRADUS_LEVEL=avx2 cargo test` tests what a processor with 256-bit vectors runs; see [`Level::allowed`].

use std::env;
use std::sync::LazyLock;

/// Which version of a loop to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Level {
    /// What every processor of the architecture has.
    Portable,
    /// 256-bit vectors.
    Avx2,
    /// 512-bit vectors, with the extensions that all processors with such vectors for general use have.
    Avx512,
}

impl Level {
    /// The best level of this processor that is [`allowed`](Level::allowed).
    #[inline]
    pub fn detect() -> Self {
        let (best, allowed) = (Self::of_processor(), Self::allowed());
        if best <= allowed { best } else { allowed }
    }

    /// The highest level that this process may use, for tests and benches of what other processors run: the environment
    /// variable `GRADUS_LEVEL` says `portable`, `avx2` or `avx512`, once and for all. Without it, all are allowed.
    ///
    /// # Panics
    /// When the variable says something else.
    #[inline]
    pub fn allowed() -> Self {
        static ALLOWED: LazyLock<Level> = LazyLock::new(|| match env::var("GRADUS_LEVEL").as_deref() {
            Err(env::VarError::NotPresent) | Ok("avx512") => Level::Avx512,
            Ok("avx2") => Level::Avx2,
            Ok("portable") => Level::Portable,
            other => panic!("GRADUS_LEVEL is {other:?}, and not portable, avx2 or avx512"),
        });
        *ALLOWED
    }

    /// The standard library asks the processor once and remembers.
    #[inline]
    fn of_processor() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") {
                return Level::Avx512;
            }
            if has!("avx2") {
                return Level::Avx2;
            }
        }
        Level::Portable
    }

    /// All levels that this processor has and that are allowed.
    pub fn all() -> impl Iterator<Item = Self> {
        [Level::Portable, Level::Avx2, Level::Avx512].into_iter().filter(|&level| level <= Level::detect())
    }
}

/// A loop with its data. `run` must be `#[inline(always)]`, and so must be what it calls, or a version of it that knows
/// nothing of wide vectors is called. (That is why this is not a closure: nothing makes the compiler inline one.)
pub trait Body {
    /// Runs the loop.
    fn run(self);
}

// ANCHOR: multiversion
/// Runs `body`, compiled for `level`.
///
/// # Panics
/// When the processor does not have the level, or it is not allowed.
#[inline]
pub fn at_level(level: Level, body: impl Body) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn avx2(body: impl Body) {
            body.run();
        }
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        fn avx512(body: impl Body) {
            body.run();
        }
        assert!(level <= Level::detect(), "this processor has no {level:?}");
        match level {
            Level::Portable => body.run(),
            // SAFETY: the assertion above: the processor has these instructions.
            Level::Avx2 => unsafe { avx2(body) },
            // SAFETY: as above.
            Level::Avx512 => unsafe { avx512(body) },
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        assert_eq!(level, Level::Portable, "this processor has no {level:?}");
        body.run();
    }
}
// ANCHOR_END: multiversion
