//! How long this thread was on a processor: on a busy machine the clock on the wall also counts the time of others.

/// Seconds of processor time of the calling thread (on Linux; elsewhere seconds on the wall).
#[cfg(target_os = "linux")]
pub fn seconds() -> f64 {
    #[repr(C)]
    struct Time {
        seconds: i64,
        nanoseconds: i64,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: i32, time: *mut Time) -> i32;
    }
    /// `CLOCK_THREAD_CPUTIME_ID`.
    const THREAD: i32 = 3;
    let mut time = Time { seconds: 0, nanoseconds: 0 };
    // SAFETY: `time` is a `struct timespec` as 64-bit Linux lays it out, and ours to write.
    let failed = unsafe { clock_gettime(THREAD, &mut time) };
    assert_eq!(failed, 0, "the system has no clock for threads");
    time.seconds as f64 + time.nanoseconds as f64 * 1e-9
}

/// Seconds of processor time of the calling thread (on Linux; elsewhere seconds on the wall).
#[cfg(not(target_os = "linux"))]
pub fn seconds() -> f64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed().as_secs_f64()
}
