//! How long this thread has run.
//!
//! On a machine with other work to do, the clock on the wall also counts the time in which others ran. Linux says in a
//! file how long a thread was on a processor; elsewhere the wall's clock must do.

use std::sync::LazyLock;
use std::time::Instant;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Which clock it is.
pub const NAME: &str =
    if cfg!(target_os = "linux") { "the thread's time on the processor" } else { "the wall's" };

/// Seconds since some moment. The system brings the thread's time up to date every few milliseconds.
pub fn seconds() -> f64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let running = times.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    running.map_or_else(|| START.elapsed().as_secs_f64(), |nanoseconds| nanoseconds * 1e-9)
}
