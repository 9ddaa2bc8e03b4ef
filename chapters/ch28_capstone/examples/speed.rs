//! How fast our training steps and our inference are beside another library's, on the same machine at the same time.
//!
//! ```text
//! cargo run --release -p ch28_capstone --example speed -- --peer "python torch_workloads.py" --peer "…"
//! ```
//!
//! A peer is any program that takes the flags of `bench` (`--workload`, `--threads`, `--dtype`, `--json`, `--seconds`, and
//! `--batch` or `--infer`) and prints the same keys; several can be given, for instance with the variants of one library. The
//! machine's speed drifts, so the programs take turns, and each round gives one ratio: ours over that of the fastest peer in the
//! same round. The median of the rounds counts, and the spread is stated. There are two groups of cases: small networks, and
//! with `--architectures` larger ones. With `--record` the book quotes a group. With `--case NAME` only that case is measured,
//! and nothing recorded.

use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use ch00_start::Record;
use serde_json::Value;

/// A name, the workload, and what is special about it.
type Case = (&'static str, &'static str, &'static [&'static str]);

const SMALL: [Case; 6] = [
    ("mlp", "mlp", &[]),
    ("smallcnn", "smallcnn", &[]),
    ("transformer", "transformer", &[]),
    ("mlp_batch_1", "mlp", &["--batch", "1"]),
    ("smallcnn_infer_1", "smallcnn", &["--infer", "1"]),
    ("transformer_infer_1", "transformer", &["--infer", "1"]),
];
/// Their steps take up to some seconds: a few tell enough.
const ARCHITECTURES: [Case; 4] = [
    ("resnet18", "resnet18", &["--min-steps", "3"]),
    ("airbench", "airbench", &["--min-steps", "3"]),
    ("lstm", "lstm", &[]),
    ("gpt", "gpt", &["--min-steps", "3"]),
];
const ROUNDS: usize = 7;
const THREADS: &str = "2";
const SECONDS: &str = "2";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &'static str| {
        arguments.windows(2).filter(move |pair| pair[0] == flag).map(|pair| pair[1].as_str())
    };
    let peers: Vec<&str> = after("--peer").collect();
    let only = after("--case").next();
    let larger = arguments.iter().any(|argument| argument == "--architectures");
    let cases: &[Case] = if larger { &ARCHITECTURES } else { &SMALL };
    ensure!(only.is_none_or(|only| cases.iter().any(|case| case.0 == only)), "no such case: {cases:?}");
    ensure!(!peers.is_empty(), "give at least one --peer \"PROGRAM ARGUMENTS\"");
    let ours = bench_program()?;

    let mut record = Record::from_args(if larger { "ch28_speed_architectures" } else { "ch28_speed" });
    ensure!(
        only.is_none() || !record.is_recording(),
        "a record holds all cases: leave out --case or --record"
    );
    println!("{:<20} {:>10} {:>10}   ratio (spread)          memory, MB", "samples/s", "ours", "peer");
    for &(name, workload, flags) in cases.iter().filter(|case| only.is_none_or(|only| case.0 == only)) {
        let (mut rounds, mut memory) = (Vec::new(), [0f64; 2]);
        for _ in 0..ROUNDS {
            let result = measure(&ours, workload, flags)?;
            let mut best = f64::NEG_INFINITY;
            for peer in &peers {
                let result = measure(peer, workload, flags)?;
                record.text("peer", result["lib"].as_str().unwrap_or("unknown"));
                best = best.max(number(&result, "samples_s")?);
                // The peer's leanest variant.
                let peak = number(&result, "peak_rss_mb")?;
                memory[1] = if memory[1] == 0.0 { peak } else { memory[1].min(peak) };
            }
            memory[0] = memory[0].max(number(&result, "peak_rss_mb")?);
            let samples = number(&result, "samples_s")?;
            rounds.push([samples / best, samples, best]);
        }
        rounds.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let [ratio, samples, peer] = rounds[ROUNDS / 2];
        let [low, high] = [rounds[0][0], rounds[ROUNDS - 1][0]];
        println!(
            "{name:<20} {samples:>10.1} {peer:>10.1}   {ratio:.2} ({low:.2} to {high:.2})   {:>6.0} and {:.0}",
            memory[0], memory[1],
        );
        for (what, value) in [
            ("ratio", ratio),
            ("ratio_low", low),
            ("ratio_high", high),
            ("samples", samples),
            ("peer_samples", peer),
            ("memory", memory[0]),
            ("peer_memory", memory[1]),
        ] {
            record.number(&format!("{name}_{what}"), value);
        }
    }
    record.finish()?;
    Ok(())
}

/// Our own program, which cargo builds beside the examples.
fn bench_program() -> anyhow::Result<String> {
    let example = std::env::current_exe()?;
    let folder = example.parent().and_then(|examples| examples.parent()).context("no folder of programs")?;
    let program = folder.join(format!("ch28_capstone{}", std::env::consts::EXE_SUFFIX));
    ensure!(program.is_file(), "build it first: cargo build --release -p ch28_capstone");
    Ok(format!("{} bench", program.display()))
}

fn measure(program: &str, workload: &str, flags: &[&str]) -> anyhow::Result<Value> {
    let mut words = program.split_whitespace();
    let name = words.next().context("an empty command")?;
    let output = Command::new(name)
        .args(words)
        .args([
            "--workload",
            workload,
            "--threads",
            THREADS,
            "--dtype",
            "f32",
            "--seconds",
            SECONDS,
            "--json",
        ])
        .args(flags)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        bail!("{program} failed on {workload}");
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().rev().find(|line| line.starts_with('{')).context("no line of JSON")?;
    serde_json::from_str(line).with_context(|| format!("{program}: {line}"))
}

fn number(result: &Value, key: &str) -> anyhow::Result<f64> {
    result[key].as_f64().with_context(|| format!("no number '{key}' in {result}"))
}
