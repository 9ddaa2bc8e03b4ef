//! How much memory attention holds at most, against the number of tokens:
//! `cargo run --release -p ch19_attention --example memory`.
//!
//! One sequence, two heads of 32 features, forward and backward in f32, on one thread: with whole arrays, in tiles, and
//! linear attention. Counted is everything that is asked of the system and not yet given back, beyond queries, keys,
//! values and the gradient of the output; the pool of arrays gives back at once here. The tiles of the fast kernels on each
//! thread are counted too.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::{Rng, Tensor, pool};
use ch19_attention::{
    Mask, flash_attention, flash_attention_backward, linear_attention, linear_attention_backward,
    scaled_dot_product, scaled_dot_product_backward,
};

/// The system's allocator, and how many bytes are out, now and at most.
struct Peak;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Peak = Peak;

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Peak {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        MOST.fetch_max(NOW.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

const HEADS: usize = 2;
const SIZE: usize = 32;
const TIMES: [usize; 8] = [128, 256, 512, 1024, 2048, 4096, 8192, 16384];
/// Whole arrays stop here: each doubling takes four times as much.
const WHOLE: usize = 4096;

/// Megabytes that `work` holds at most, beyond what is there already.
fn peak(work: impl Fn()) -> f64 {
    work(); // what threads keep for themselves is there from now on
    let before = NOW.load(Relaxed);
    MOST.store(before, Relaxed);
    work();
    (MOST.load(Relaxed) - before) as f64 / f64::from(1 << 20)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch19_memory");
    record.seed(0).number("heads", HEADS as f64).number("head_size", SIZE as f64);
    pool::set_cap(0);
    let threads = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut curves: [Vec<(f64, f64)>; 3] = Default::default();
    println!("tokens   whole arrays      tiles     linear   MB at most");
    for time in TIMES {
        let mut rng = Rng::new(0, "memory");
        let [q, k, v, g] = [0; 4].map(|_| Tensor::normal([1, HEADS, time, SIZE], 0.0, 1.0, &mut rng));
        let whole = || {
            scaled_dot_product(&q, &k, &v, &Mask::CAUSAL);
            scaled_dot_product_backward(&g, &q, &k, &v, &Mask::CAUSAL);
        };
        let tiles = || {
            let attended = flash_attention(&q, &k, &v, &Mask::CAUSAL.into());
            flash_attention_backward(&g, &q, &k, &v, &attended, &Mask::CAUSAL.into());
        };
        let linear = || {
            linear_attention(&q, &k, &v, &Mask::CAUSAL);
            linear_attention_backward(&g, &q, &k, &v, &Mask::CAUSAL);
        };
        let values = threads.install(|| {
            let whole = if time <= WHOLE { peak(whole) } else { f64::NAN };
            [whole, peak(tiles), peak(linear)]
        });
        println!("{time:6} {:12.2} {:12.2} {:10.2}", values[0], values[1], values[2]);
        for ((name, value), curve) in ["whole", "tiles", "linear"].iter().zip(values).zip(&mut curves) {
            if value.is_finite() {
                record.number(&format!("{name}_{time}"), value);
                curve.push((time as f64, value));
            }
        }
    }
    let path = record.figure_path("ch19_memory");
    let [whole, tiles, linear] = curves;
    let series = [
        Series::new("whole arrays", whole).marked(),
        Series::new("tiles (flash)", tiles).marked(),
        Series::new("linear attention", linear).marked(),
    ];
    let title = "Forward and backward, two heads of 32";
    figure::lines_log_log(&path, title, "tokens", "memory at most, MB", &series)?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
