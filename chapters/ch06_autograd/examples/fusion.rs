//! Eager against traced, folded and fused: `cargo run --release -p ch06_autograd --example fusion`.
//!
//! One layer with GELU and its loss, forward and backward. Each way is run in turn, several times, and the medians are compared:
//! so that whatever else the machine does disturbs all of them alike.

use std::time::Instant;

use ch00_start::Record;
use ch00_start::figure;
use ch00_start::measure::median;
use ch01_tensors::{Rng, Tensor};
use ch06_autograd::{Program, Tape, Var, grad};

const ROUNDS: usize = 9;

/// A computation on the tape.
type Step = fn(&[Var]) -> Vec<Var>;

/// Elementwise work only: two GELUs and a gate, with the gradients of all inputs.
fn gates(v: &[Var]) -> Vec<Var> {
    let y = (&v[0] * &v[1]).gelu() * (&v[0] + &v[1]).sigmoid();
    grad(&y.pow(2.0).mean(.., false), &[&v[0], &v[1]], Tape::Release)
}

/// A product before the elementwise work, as in a layer of a Transformer.
fn layer(v: &[Var]) -> Vec<Var> {
    let h = (v[0].matmul(&v[1]) + &v[2]).gelu();
    grad(&h.pow(2.0).mean(.., false), &[&v[1], &v[2]], Tape::Release)
}

/// The medians of the ratios eager / traced and eager / fused, and of the times in milliseconds.
fn compare(inputs: &[Tensor], f: Step) -> ([f64; 3], [f64; 2], [usize; 2]) {
    let program = Program::trace(inputs, f);
    let fused = program.optimized();
    let (mut times, mut ratios) = ([const { Vec::new() }; 3], [const { Vec::new() }; 2]);
    for round in 0..=ROUNDS {
        let mut once = [0.0; 3];
        for (way, time) in once.iter_mut().enumerate() {
            let start = Instant::now();
            let outputs: Vec<Tensor> = match way {
                0 => {
                    let v: Vec<Var> = inputs.iter().cloned().map(Var::variable).collect();
                    f(&v).iter().map(Var::value).collect()
                }
                1 => program.run(inputs),
                _ => fused.run(inputs),
            };
            *time = start.elapsed().as_secs_f64() * 1e3;
            std::hint::black_box(outputs);
        }
        // The first round warms the memory pool up.
        if round > 0 {
            (0..3).for_each(|way| times[way].push(once[way]));
            (0..2).for_each(|way| ratios[way].push(once[0] / once[way + 1]));
        }
    }
    (times.map(|t| median(&t)), ratios.map(|r| median(&r)), [program.operations(), fused.operations()])
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch06_fusion");
    record.seed(0);
    let mut rng = Rng::new(0, "fusion");
    let mut normal = |shape: &[usize]| Tensor::normal(shape, 0.0, 1.0, &mut rng);
    let cases: [(&str, &str, Vec<Tensor>, Step); 3] = [
        ("small", "gates, [64, 64]", vec![normal(&[64, 64]), normal(&[64, 64])], gates),
        ("large", "gates, [2048, 2048]", vec![normal(&[2048, 2048]), normal(&[2048, 2048])], gates),
        (
            "layer",
            "layer, [512, 256] x [256, 1024]",
            vec![normal(&[512, 256]), normal(&[256, 1024]), normal(&[1024])],
            layer,
        ),
    ];
    let mut ratios = [const { Vec::new() }; 2];
    for (name, words, inputs, f) in &cases {
        let ([eager, traced, fused], [by_trace, by_fusion], [operations, left]) = compare(inputs, *f);
        println!("{words}: {operations} operations, {left} after folding and fusing");
        println!(
            "  eager {eager:.2} ms, traced {traced:.2} ms ({by_trace:.2} times), fused {fused:.2} ms ({by_fusion:.2} times)"
        );
        record.number(&format!("{name}_eager_ms"), eager).number(&format!("{name}_traced_ms"), traced);
        record.number(&format!("{name}_fused_ms"), fused).number(&format!("{name}_traced_ratio"), by_trace);
        record
            .number(&format!("{name}_fused_ratio"), by_fusion)
            .number(&format!("{name}_operations"), operations as f64);
        record.number(&format!("{name}_left"), left as f64);
        ratios[0].push(by_trace);
        ratios[1].push(by_fusion);
    }
    record.number("rounds", ROUNDS as f64);
    let path = record.figure_path("ch06_fusion");
    let labels: Vec<&str> = cases.iter().map(|(_, words, ..)| *words).collect();
    figure::bars(
        &path,
        "Recorded programs against the tape",
        "times as fast as eager",
        &labels,
        &[("traced", &ratios[0]), ("folded and fused", &ratios[1])],
    )?;
    println!("Figure: {}", path.display());
    record.finish()?;
    Ok(())
}
