//! The whole table of speed, from the product of matrices to training steps: `cargo speed`.
//!
//! ```text
//! cargo speed [--python python] [--peer "python torch_workloads.py" --peer "…"] [--record]
//! ```
//!
//! It runs the programs that measure one thing each, one after the other, and each prints its rows: ours, the yardstick beside
//! it, their ratio with its spread, and for products and convolutions the share of what the processor can do. Yardsticks
//! that need nothing are always there: the peak of multiply-adds, copies of memory, plain loops, the matrixmultiply
//! crate. `--python`, with `torch`, is the yardstick of single layers; each `--peer` one of whole training steps (see
//! `cargo run --release -p ch28_capstone --example speed`). With `--record` all write to book/results. Let nothing else run
//! meanwhile; with two peers it takes a quarter of an hour.

use std::error::Error;
use std::process::Command;

/// Package and example.
const PROGRAMS: [(&str, &str); 6] = [
    ("ch02_matmul", "peak"),
    ("ch03_neurons", "vector_speed"),
    ("ch15_convolution", "ladder"),
    ("gradus-tests", "layers"),
    ("ch28_capstone", "loader"),
    ("ch28_capstone", "speed"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let (mut python, mut peers, mut record) = (Vec::new(), Vec::new(), Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        match (flag.as_str(), arguments.len()) {
            ("--record", _) => record.push(flag),
            ("--python", 1..) => python.extend(["--peer".to_owned()].into_iter().chain(arguments.next())),
            ("--peer", 1..) => peers.extend([flag].into_iter().chain(arguments.next())),
            _ => return Err(format!("'{flag}' is unknown, or its value is missing").into()),
        }
    }
    // All is built before anything is measured.
    for (package, example) in PROGRAMS {
        cargo(&["build", "--release", "--quiet", "--package", package, "--example", example])?;
    }
    cargo(&["build", "--release", "--quiet", "--package", "ch28_capstone"])?;
    for (package, example) in PROGRAMS {
        println!("\n{package}, {example}");
        let own = match example {
            "layers" => &python[..],
            "speed" if peers.is_empty() => {
                println!("left out: no --peer to compare with");
                continue;
            }
            "speed" => &peers[..],
            _ => &[],
        };
        let mut words = vec!["run", "--release", "--quiet", "--package", package, "--example", example, "--"];
        words.extend(own.iter().chain(&record).map(String::as_str));
        cargo(&words)?;
    }
    Ok(())
}

fn cargo(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into())).args(words).status()?;
    if status.success() { Ok(()) } else { Err(format!("cargo {} failed", words.join(" ")).into()) }
}
