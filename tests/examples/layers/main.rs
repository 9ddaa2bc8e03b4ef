//! How fast single layers are beside PyTorch's, and steps of the optimizers beside a copy of as much memory.
//!
//! ```text
//! cargo run --release -p gradus-tests --example layers -- --peer python
//! ```
//!
//! The shapes are those of the workloads of chapter 28. `--peer` names a Python with `torch`; it runs `peer.py`. Without it,
//! ours alone are timed. Both sides take turns, in one run: a round gives one ratio for each case, the median of the rounds
//! counts, and the spread is stated. `layers WORD` measures the cases whose names contain the word. With `--record` the book
//! quotes the numbers.

mod layers;
mod optimizers;

use std::error::Error;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use ch00_start::measure::median;
use ch00_start::peer::Peer;
use ch00_start::{Record, file::workspace_root};

/// Rounds, of which the median counts.
const ROUNDS: usize = 9;
/// For so long each side measures a case in a round.
const SECONDS: f64 = 0.02;
/// In this time the waiting threads of the other side go to sleep.
const REST: Duration = Duration::from_millis(10);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let python = arguments.windows(2).find(|pair| pair[0] == "--peer").map(|pair| pair[1].as_str());
    let wanted = arguments.iter().find(|a| !a.starts_with('-') && Some(a.as_str()) != python);
    let is_wanted = |name: &str| wanted.is_none_or(|wanted| name.contains(wanted.as_str()));
    let mut peer = match python {
        // Its best variant: memory that is given back is kept.
        Some(python) => Some(Peer::start(
            Command::new(python)
                .arg(workspace_root().join("tests/examples/layers/peer.py"))
                .env("MALLOC_MMAP_MAX_", "0")
                .env("MALLOC_TRIM_THRESHOLD_", "17179869184")
                .env("MALLOC_TOP_PAD_", "67108864"),
        )?),
        None => None,
    };
    let mut record = Record::from_args("speed_layers");
    record.seed(0).number("rounds", ROUNDS as f64);
    if let Some(peer) = &peer {
        record.text("peer", peer.name.as_str());
    }
    println!("{:<34} {:>7} {:>10} {:>10} {:>7}", "case", "threads", "ours ms", "theirs ms", "ratio");
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        for name in layers::CASES.into_iter().filter(|name| is_wanted(name)) {
            let mut case = pool.install(|| layers::case(name));
            let mut rounds = [Vec::new(), Vec::new()];
            for _ in 0..ROUNDS {
                let ours = pool.install(|| case.measure(SECONDS));
                sleep(REST);
                let theirs = match &mut peer {
                    Some(peer) => peer.ask(&format!("{threads} {SECONDS} {name}"))?,
                    None => vec![f64::NAN; 2],
                };
                sleep(REST);
                for pass in 0..2 {
                    rounds[pass].push([ours[pass], theirs[pass]]);
                }
            }
            for (pass, rounds) in ["forward", "backward"].iter().zip(&rounds) {
                report(&mut record, &format!("{name} {pass}"), threads, rounds);
            }
        }
        for name in optimizers::CASES.into_iter().filter(|name| is_wanted(name)) {
            let mut case = pool.install(|| optimizers::Case::new(name));
            let rounds: Vec<[f64; 2]> = (0..ROUNDS).map(|_| pool.install(|| case.measure(SECONDS))).collect();
            report(&mut record, name, threads, &rounds);
        }
    }
    record.finish()?;
    Ok(())
}

/// Prints and records the middle of some rounds of `[ours, theirs]`, in milliseconds. The ratio is our time over theirs.
fn report(record: &mut Record, name: &str, threads: usize, rounds: &[[f64; 2]]) {
    let side = |i: usize| median(&rounds.iter().map(|round| round[i]).collect::<Vec<_>>());
    let mut ratios: Vec<f64> = rounds.iter().map(|[ours, theirs]| ours / theirs).collect();
    ratios.sort_by(f64::total_cmp);
    let [low, middle, high] = [ratios[0], median(&ratios), ratios[ratios.len() - 1]];
    let (ours, theirs) = (side(0), side(1));
    println!("{name:<34} {threads:>7} {ours:>10.4} {theirs:>10.4} {middle:>7.2}  ({low:.2} to {high:.2})");
    let key = format!("{}_{threads}", name.replace([' ', '.'], "_"));
    for (what, value) in [("ms", ours), ("ratio", middle), ("ratio_low", low), ("ratio_high", high)] {
        if value.is_finite() {
            record.number(&format!("{key}_{what}"), value);
        }
    }
}
