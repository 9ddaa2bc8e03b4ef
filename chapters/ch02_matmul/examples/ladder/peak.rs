//! What the processor can do at best: arithmetic that never waits for memory, and memory read without arithmetic.

use ch01_tensors::Tensor;
use std::hint::black_box;

use ch00_start::measure::thread_seconds as seconds;

/// Accumulators that do not wait for each other: enough to hide the four cycles of an addition, few enough for the
/// registers.
#[cfg(target_arch = "x86_64")]
const CHAINS: usize = 12;

/// GFLOP/s of one thread with instructions that multiply and add 16 floats at once; None where there are none.
pub fn wide_16() -> Option<f64> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has the instructions.
        return Some(rate(CHAINS * 16 * 2, |rounds| unsafe { x86::fma_16(rounds) }));
    }
    None
}

/// As [`wide_16`], with 8 floats.
pub fn wide_8() -> Option<f64> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the processor has the instructions.
        return Some(rate(CHAINS * 8 * 2, |rounds| unsafe { x86::fma_8(rounds) }));
    }
    None
}

/// GFLOP/s of one thread with the instructions that every x86-64 processor has: 4 floats, multiplied, then added. This
/// is what the compiler may use in our loops.
pub fn narrow_4() -> Option<f64> {
    #[cfg(target_arch = "x86_64")]
    return Some(rate(CHAINS * 4 * 2, x86::multiply_then_add));
    #[cfg(not(target_arch = "x86_64"))]
    None
}

/// Runs `rounds` of the widest instructions that multiply and add at once, but not wider than `floats`, and returns how
/// many operations that were: a multiplication and an addition for each float. Without such instructions, of the narrow
/// ones.
#[allow(dead_code, reason = "the example `peak` measures with it")]
pub fn burst(rounds: usize, floats: usize) -> f64 {
    #[cfg(target_arch = "x86_64")]
    {
        let width = if floats >= 16 && is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has the instructions.
            unsafe { x86::fma_16(rounds) };
            16
        } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: as above.
            unsafe { x86::fma_8(rounds) };
            8
        } else {
            x86::multiply_then_add(rounds);
            4
        };
        (2 * CHAINS * width * rounds) as f64
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        // No instructions that we could ask for: 64 sums in loops that the compiler may widen.
        let _ = floats;
        let (factor, mut sums) = (black_box(0.5f32), [0.0f32; 64]);
        (0..rounds).for_each(|_| sums.iter_mut().for_each(|sum| *sum = *sum * factor + 1.0));
        black_box(sums);
        (2 * 64 * rounds) as f64
    }
}

/// The best of several runs, for `operations` in each round.
#[cfg(target_arch = "x86_64")]
fn rate(operations: usize, run: impl Fn(usize)) -> f64 {
    const ROUNDS: usize = 20_000_000;
    let times = (0..7).map(|_| {
        let start = seconds();
        run(ROUNDS);
        seconds() - start
    });
    (operations * ROUNDS) as f64 / times.fold(f64::INFINITY, f64::min) / 1e9
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{CHAINS, black_box};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512f")]
    pub fn fma_16(rounds: usize) {
        let (factor, term) = (_mm512_set1_ps(black_box(0.5)), _mm512_set1_ps(black_box(1.0)));
        let mut sums = [_mm512_set1_ps(0.0); CHAINS];
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(*sum, factor, term);
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx2,fma")]
    pub fn fma_8(rounds: usize) {
        let (factor, term) = (_mm256_set1_ps(black_box(0.5)), _mm256_set1_ps(black_box(1.0)));
        let mut sums = [_mm256_set1_ps(0.0); CHAINS];
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(*sum, factor, term);
            }
        }
        black_box(sums);
    }

    pub fn multiply_then_add(rounds: usize) {
        let (factor, term) = (black_box(0.5), black_box(1.0));
        // SAFETY: every x86-64 processor has these instructions.
        unsafe {
            let (factor, term) = (_mm_set1_ps(factor), _mm_set1_ps(term));
            let mut sums = [_mm_set1_ps(0.0); CHAINS];
            for _ in 0..rounds {
                for sum in &mut sums {
                    *sum = _mm_add_ps(_mm_mul_ps(*sum, factor), term);
                }
            }
            black_box(sums);
        }
    }
}

/// GB/s at which one thread reads `mib` MiB of floats, over and over; the best of several runs.
pub fn bandwidth(mib: usize) -> f64 {
    let numbers = Tensor::ones([mib << 18]);
    let repeat = (1024 / mib).max(1);
    let times = (0..7).map(|_| {
        let start = seconds();
        for _ in 0..repeat {
            black_box(sum(black_box(numbers.data())));
        }
        (seconds() - start) / repeat as f64
    });
    (mib << 20) as f64 / times.fold(f64::INFINITY, f64::min) / 1e9
}

/// Sums in 64 lanes: the additions must not be what takes the time.
fn sum(numbers: &[f32]) -> [f32; 64] {
    let mut lanes = [0.0; 64];
    for group in numbers.as_chunks::<64>().0 {
        for (lane, &x) in lanes.iter_mut().zip(group) {
            *lane += x;
        }
    }
    lanes
}
