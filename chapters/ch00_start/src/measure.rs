//! What examples measure beside their results: medians, time on the processor, memory, and how fast the processor is.
//!
//! On a machine with other work to do, the clock on the wall also counts the time in which others ran. Linux has a clock of
//! each thread's time on a processor; of all threads it says so in files, brought up to date every few milliseconds.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Which clock [`thread_seconds`] reads.
pub const CLOCK: &str =
    if cfg!(target_os = "linux") { "the thread's time on the processor" } else { "the wall's" };

/// Seconds for which this thread has run, since some moment; by the wall's clock where the system does not say.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
pub fn thread_seconds() -> f64 {
    /// `struct timespec` of 64-bit Linux.
    #[repr(C)]
    struct Time {
        seconds: i64,
        nanoseconds: i64,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: i32, time: *mut Time) -> i32;
    }
    const CLOCK_THREAD_CPUTIME_ID: i32 = 3;
    let mut time = Time { seconds: 0, nanoseconds: 0 };
    // SAFETY: a function of the C library, which every program of Linux has; it writes the time and nothing else.
    let result = unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mut time) };
    if result == 0 {
        time.seconds as f64 + time.nanoseconds as f64 * 1e-9
    } else {
        START.elapsed().as_secs_f64()
    }
}

/// Seconds for which this thread has run, since some moment; by the wall's clock where the system does not say.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
pub fn thread_seconds() -> f64 {
    START.elapsed().as_secs_f64()
}

/// Seconds for which the threads of this process have run, all together; NaN where the system does not say.
pub fn process_seconds() -> f64 {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return f64::NAN };
    threads.flatten().filter_map(|thread| running(&thread.path().join("schedstat"))).sum()
}

/// The file's first number counts nanoseconds.
fn running(file: &Path) -> Option<f64> {
    let text = fs::read_to_string(file).ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? * 1e-9)
}

/// The most memory that this process has held, in MB of 2^20 bytes; nothing where the system does not tell (it is read
/// from Linux's `/proc`).
pub fn peak_memory() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// The value in the middle, of two the larger; NaN without values.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Computes multiply-adds in 512-bit vectors that wait for nothing, twelve chains for so many rounds, and returns how many
/// GFLOP that was: with the time it took, how fast a thread can be. None where there are no such vectors.
pub fn multiply_adds(rounds: usize) -> Option<f64> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has the instructions.
        unsafe { chains(rounds) };
        return Some(2.0 * 16.0 * 12.0 * rounds as f64 / 1e9);
    }
    let _ = rounds;
    None
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn chains(rounds: usize) {
    use std::arch::x86_64::*;
    use std::hint::black_box;
    let (factor, term) = (_mm512_set1_ps(black_box(0.5)), _mm512_set1_ps(black_box(1.0)));
    let mut sums = [_mm512_setzero_ps(); 12];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, factor, term);
        }
    }
    black_box(sums);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 3.0);
        assert!(median(&[]).is_nan());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn work_takes_time_and_memory() {
        let before = [thread_seconds(), process_seconds()];
        let start = Instant::now();
        let mut held = vec![1u8; 32 << 20];
        // The system brings the times up to date every few milliseconds; a thread that waits long for its turn goes on.
        while thread_seconds() < before[0] + 0.02 && start.elapsed().as_secs() < 60 {
            held.iter_mut().for_each(|byte| *byte = byte.wrapping_mul(3));
        }
        assert!(std::hint::black_box(&held)[0] % 2 == 1 && peak_memory().unwrap() >= 32.0);
        assert!(thread_seconds() >= before[0] + 0.02 && process_seconds() > before[1]);
    }

    #[test]
    fn as_many_operations_as_asked_for() {
        assert!(multiply_adds(1000).is_none_or(|work| (work - 0.000384).abs() < 1e-12));
    }
}
