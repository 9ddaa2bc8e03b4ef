//! Checks exercise e03_encoder.

#[allow(unused)]
#[path = "../exercises/e03_encoder.rs"]
mod encoder;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use ch05_backprop::{Layer, for_each_param};
use ch19_attention::Mask;
use ch20_transformer::{EncoderConfig, Pooling};
use encoder::Encoder;

fn encoder() -> Encoder<f64> {
    let config = EncoderConfig {
        vocabulary: 5,
        max_tokens: 4,
        size: 4,
        heads: 2,
        layers: 2,
        feed_forward: 6,
        dropout: 0.0,
        init_std: 0.1,
        classes: 2,
        pooling: Pooling::Mean,
    };
    let mut encoder = Encoder::new(&config, &mut Rng::new(0, "check")).to_f64();
    // Different norms in every place, and positions as large as tokens.
    let mut rng = Rng::new(1, "check");
    for_each_param(&mut encoder, |_, param| {
        param.value = Array::normal(*param.value.shape(), 0.0, 0.7, &mut rng)
    });
    encoder
}

fn tokens() -> (Array<i64>, Array<bool>) {
    (Array::from([[1, 2, 3], [4, 0, 0]]), Array::from([[true, true, true], [true, false, false]]))
}

/// The encoder by its parts, of which some can be left out.
fn plain(encoder: &Encoder<f64>, positions: bool, masked: bool, norm: bool) -> Array<f64> {
    let (ids, real) = tokens();
    let mask = if masked { Mask::padding(&real) } else { Mask::NONE };
    let mut x = encoder.embedding.infer(&ids);
    if positions {
        x = encoder.positions.infer(x);
    }
    for block in &encoder.blocks {
        x = block.infer(x, &mask);
    }
    if norm { encoder.norm.infer(x) } else { x }
}

#[test]
fn forward() {
    let mut encoder = encoder();
    let (ids, real) = tokens();
    let mistakes: [(&str, &[f64]); 3] = [
        ("the positions are missing", &plain(&encoder, false, true, true).to_vec()),
        ("the blocks do not get the mask", &plain(&encoder, true, false, true).to_vec()),
        ("the last norm is missing", &plain(&encoder, true, true, false).to_vec()),
    ];
    let want = plain(&encoder, true, true, true).to_vec();
    close("forward", &encoder.forward(&ids, &Mask::padding(&real)).to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn backward() {
    let mut encoder = encoder();
    let (ids, real) = tokens();
    let g = Array::<f64>::normal([2, 3, 4], 0.0, 1.0, &mut Rng::new(2, "check"));
    encoder.forward(&ids, &Mask::padding(&real));
    encoder.backward(g.clone());
    // The gradient of the positions by small steps, one element at a time.
    let table = encoder.positions.weight.value.clone();
    let got = encoder.positions.weight.grad.clone();
    let loss = |table: &Array<f64>| {
        encoder.positions.weight.value = table.clone();
        (plain(&encoder, true, true, true) * &g).sum_all()
    };
    let want = ch03_neurons::numerical_gradient(loss, &table);
    let nothing = vec![0.0; want.size()];
    let mistakes: [(&str, &[f64]); 1] = [("no gradient reached the positions", &nothing)];
    close("gradient of the positions", &got.to_vec(), &want.to_vec(), 1e-6, &mistakes);

    let table = encoder.embedding.weight.value.clone();
    let got = encoder.embedding.weight.grad.clone();
    let loss = |table: &Array<f64>| {
        encoder.embedding.weight.value = table.clone();
        (plain(&encoder, true, true, true) * &g).sum_all()
    };
    let want = ch03_neurons::numerical_gradient(loss, &table);
    let nothing = vec![0.0; want.size()];
    let mistakes: [(&str, &[f64]); 1] = [("no gradient reached the table of tokens", &nothing)];
    close("gradient of the tokens", &got.to_vec(), &want.to_vec(), 1e-6, &mistakes);
}
