//! A census of dead ReLUs: units that are 0 for every example, so that no example can change them.

use ch00_start::Record;
use ch00_start::figure::{Series, lines};
use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{Activation, Mlp, relu_backward};

// ANCHOR: census
/// The share of units (columns of `after`, `[batch, units]`) that are 0 for all examples.
fn dead(after: &Tensor) -> f64 {
    let most = after.max(0, false);
    most.iter().filter(|&most| most == 0.0).count() as f64 / most.size() as f64
}
// ANCHOR_END: census

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut record = Record::from_args("ch03_dead_relu");
    record.seed(0);
    let sizes = [64, 256, 256, 256, 256, 10];
    let x = Tensor::normal([2048, 64], 0.0, 1.0, &mut Rng::new(0, "data"));
    let mut series: Vec<Series> = Vec::new();
    let shifts: Vec<f64> = (0..=16).map(|i| f64::from(i) * -0.25).collect();
    let mut shares = vec![Vec::new(); 4];
    for &shift in &shifts {
        // What one step that is far too large does: it pushes all biases down.
        let mut mlp = Mlp::<f32>::new(&sizes, Activation::Relu, 2f64.sqrt(), &mut Rng::new(0, "init"));
        for (_, bias) in &mut mlp.layers[..4] {
            *bias = Array::full(*bias.shape(), shift as f32);
        }
        for (layer, trace) in mlp.trace(&x)[..4].iter().enumerate() {
            let share = dead(&trace.after);
            shares[layer].push((shift, share));
            if shift == 0.0 || shift == -1.0 || shift == -2.0 {
                record.number(&format!("dead_{}_layer_{}", -shift, layer + 1), share);
            }
            // A dead unit passes no gradient on, whatever comes from above.
            let gradient = relu_backward(trace.before.ones_like(), &trace.before);
            assert_eq!(dead(&gradient), share);
        }
    }
    for (layer, share) in shares.into_iter().enumerate() {
        series.push(Series::new(&format!("layer {}", layer + 1), share).marked());
    }
    let path = record.figure_path("ch03_dead_relu");
    lines(
        &path,
        "Units that are 0 for all of 2048 examples",
        "bias of every unit",
        "share of units",
        &series,
    )?;
    Ok(record.finish()?)
}
