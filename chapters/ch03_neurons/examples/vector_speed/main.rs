//! How fast elementwise functions, softmax, reductions and broadcast arithmetic are, on one thread: in the nearest caches
//! against a plain loop that does one number at a time, and beyond them against a copy.
//!
//! `cargo run --release -p ch03_neurons --example vector_speed`. In a row of the table ours, the plain loop and the copy
//! take turns, each ratio is taken within a turn, and the median is shown. Times are processor time of the thread. "Times
//! the copy" compares with the time in which a copy moves as many bytes as the operation has to read and write.

mod operations;

use std::hint::black_box;

use ch00_start::Record;
use ch00_start::measure::{median, thread_seconds as seconds};
use ch01_tensors::{Rng, Tensor};

use operations::{Data, OPERATIONS, Operation};

/// Turns, of which the median is taken.
const TURNS: usize = 15;
/// Rows and columns in the caches of a core (16 KiB), and far beyond them (64 MiB).
const SIZES: [(&str, [usize; 2]); 2] = [("cache", [32, 128]), ("beyond", [4096, 4096])];

/// Seconds per call: the fastest of a few bursts, each long enough for the clock.
fn time(elements: usize, mut f: impl FnMut()) -> f64 {
    let calls = (1usize << 16).div_ceil(elements);
    let bursts = if calls > 1 { 5 } else { 1 };
    let burst = |_| {
        let start = seconds();
        (0..calls).for_each(|_| f());
        (seconds() - start) / calls as f64
    };
    (0..bursts).map(burst).fold(f64::INFINITY, f64::min)
}

fn measure(record: &mut Record, operation: &Operation, place: &str, data: &mut Data, turns: usize) {
    let (elements, mut copied) = (data.x.size(), data.x.copy());
    let (mut nanoseconds, mut faster, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..turns {
        let ours = time(elements, || (operation.ours)(black_box(data)));
        let plain = time(elements, || (operation.plain)(black_box(data)));
        let copy = time(elements, || copied.data_mut().copy_from_slice(black_box(data.x.data())));
        nanoseconds.push(ours / elements as f64 * 1e9);
        faster.push(plain / ours);
        // A copy moves 8 bytes per number.
        copies.push(ours / (copy * operation.bytes / 8.0));
    }
    let [ns, faster_middle, copies_middle] = [&nanoseconds, &faster, &copies].map(|values| median(values));
    println!("{:<22} {place:<8} {ns:>9.3} {faster_middle:>9.2} {copies_middle:>9.2}", operation.name);
    let key = operation.name.replace([' ', ','], "_");
    let (what, mut values) = if place == "cache" { ("speedup", faster) } else { ("copies", copies) };
    values.sort_by(f64::total_cmp);
    record.number(&format!("{key}_{what}"), median(&values));
    record.number(&format!("{key}_{what}_low"), values[0]);
    record.number(&format!("{key}_{what}_high"), values[values.len() - 1]);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch03_vector_speed");
    record.seed(0).number("turns", TURNS as f64);
    // `vector_speed soft` measures the operations whose names contain "soft".
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    println!("{:<22} {:<8} {:>9} {:>9} {:>9}", "operation", "place", "ns each", "x loop", "x copy");
    // A pool of one thread, and this thread is it: all the work is on our clock.
    rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(|| {
        for (place, shape) in SIZES {
            let mut rng = Rng::new(0, place);
            let x = Tensor::normal(shape, 0.0, 2.0, &mut rng);
            let grad = Tensor::normal(shape, 0.0, 1.0, &mut rng);
            let mut data = Data::new(x, grad);
            for operation in OPERATIONS {
                if wanted.as_ref().is_none_or(|wanted| operation.name.contains(wanted.as_str())) {
                    let turns = if place == "cache" { TURNS } else { TURNS.min(7) };
                    measure(&mut record, operation, place, &mut data, turns);
                }
            }
        }
    });
    record.text("level", format!("{:?}", ch03_neurons::simd::Level::detect()));
    if record.is_recording() { Ok(record.finish()?) } else { Ok(()) }
}
