//! Gradient checks of the blocks and the whole classifier.

#[path = "decoder/gradients.rs"]
mod decoder;

#[path = "bert/gradients.rs"]
mod bert;

mod patches;

use ch01_tensors::{Array, Rng};
use ch05_backprop::{Layer, Module, Visitor, for_each_param, gradcheck};
use ch13_data::Tokens;
use ch19_attention::Mask;
use ch20_transformer::{Block, EncoderClassifier, EncoderConfig, FeedForward, Pooling};

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

/// Two sequences of `time` tokens: one with padding at its end, one with a gap.
fn padding(time: usize) -> Array<bool> {
    Array::from_fn([2, time], |at| if at[0] == 0 { at[1] < time.div_ceil(2) } else { at[1] != 1 })
}

#[test]
fn gradcheck_feed_forward() {
    let mut layer = FeedForward::new(3, 5, &mut Rng::new(0, "weights")).to_f64();
    gradcheck(&mut layer, &random(&[2, 4, 3], 0));
}

/// A block with a fixed mask, so that it is a layer.
struct Masked(Block<f64>, bool, Option<Array<bool>>);

impl Layer<f64> for Masked {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        self.0.forward(x, &Mask { causal: self.1, padding: self.2.as_ref() })
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.0.backward(grad)
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        self.0.infer(x, &Mask { causal: self.1, padding: self.2.as_ref() })
    }
}

impl Module<f64> for Masked {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.0.visit(visitor);
    }
}

#[test]
fn gradcheck_block() {
    for (causal, mask) in [(false, None), (true, None), (false, Some(padding(3))), (true, Some(padding(3)))] {
        // Without dropout: the check needs the same function at every call.
        let block = Block::new(4, 2, 6, 0.0, &mut Rng::new(1, "weights")).to_f64();
        gradcheck(&mut Masked(block, causal, mask), &random(&[2, 3, 4], 3));
    }
}

/// A classifier as a layer: token numbers come as floats and are rounded. They stand so far from the next half that the
/// steps of the check (a thousandth of the number) never change one, so their gradient is 0, and that is what this
/// backward returns.
struct Rounded(EncoderClassifier<f64>, Array<bool>);

impl Rounded {
    fn tokens(&self, ids: &Array<f64>) -> Tokens {
        Tokens { ids: ids.map_to(|id| id.round() as i64), mask: self.1.clone() }
    }
}

impl Layer<f64> for Rounded {
    fn forward(&mut self, ids: Array<f64>) -> Array<f64> {
        let tokens = self.tokens(&ids);
        self.0.forward(&tokens)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.0.backward(grad);
        self.1.to_number::<f64>() * 0.0
    }
    fn infer(&self, ids: Array<f64>) -> Array<f64> {
        self.0.infer(&self.tokens(&ids))
    }
}

impl Module<f64> for Rounded {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.0.visit(visitor);
    }
}

#[test]
fn gradcheck_encoder_classifier() {
    for pooling in [Pooling::Mean, Pooling::Cls] {
        let config = EncoderConfig {
            vocabulary: 5,
            max_tokens: 4,
            size: 4,
            heads: 2,
            layers: 2,
            feed_forward: 3,
            dropout: 0.0,
            init_std: 0.1,
            classes: 3,
            pooling,
        };
        let mut model = EncoderClassifier::new(&config, &mut Rng::new(2, "weights")).to_f64();
        let mut rng = Rng::new(3, "tokens");
        // The first weights are so small that the norms bend within one step of the check: take larger ones.
        for_each_param(&mut model, |_, param| param.value = random(param.value.shape(), rng.bits()) * 0.7);
        let ids = Array::from_fn([2, 3], |_| rng.below(5) as f64);
        gradcheck(&mut Rounded(model, padding(3)), &ids);
    }
}
