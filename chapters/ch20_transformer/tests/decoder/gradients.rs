//! Gradient checks of the decoder side.

use ch01_tensors::{Array, Rng};
use ch03_neurons::Activation;
use ch05_backprop::{Layer, Module, Param, Role, Visitor, for_each_param, gradcheck};
use ch19_attention::{Mask, RotaryScaling};
use ch20_transformer::{
    FeedForward, Gpt, GptConfig, Llama, LlamaBlock, LlamaConfig, SwiGlu, tied_logits, tied_logits_backward,
};

use super::random;

#[test]
fn gradcheck_feed_forward_with_other_activations() {
    // The draw keeps ReLU's inputs away from its kink: seed 5, smallest distance above the step of the check.
    for kind in [Activation::Relu, Activation::GeluTanh] {
        let layer = FeedForward::new(3, 5, &mut Rng::new(5, "weights")).with_activation(kind);
        gradcheck(&mut layer.to_f64(), &random(&[2, 4, 3], 5));
    }
}

#[test]
fn gradcheck_swi_glu() {
    let mut layer = SwiGlu::new(3, 5, &mut Rng::new(0, "weights")).to_f64();
    gradcheck(&mut layer, &random(&[2, 4, 3], 0));
}

/// The head as a layer.
struct Head(Param<f64>, Vec<Array<f64>>);

impl Layer<f64> for Head {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        self.1.push(x.clone());
        self.infer(x)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        let x = self.1.pop().unwrap();
        tied_logits_backward(&grad, &x, &mut self.0)
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        tied_logits(&x, &self.0.value)
    }
}

impl Module<f64> for Head {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        visitor.param("table", &mut self.0);
    }
}

#[test]
fn gradcheck_tied_logits() {
    let mut head = Head(Param::new(random(&[5, 3], 1), Role::Embedding), Vec::new());
    gradcheck(&mut head, &random(&[2, 4, 3], 2));
}

/// A language model as a layer: token numbers come as floats that the steps of the check never take to another number, so
/// their gradient is 0.
struct Rounded<M>(M);

trait Tokens: Module<f64> {
    fn forward(&mut self, ids: &Array<i64>) -> Array<f64>;
    fn backward(&mut self, grad: Array<f64>);
    fn infer(&self, ids: &Array<i64>) -> Array<f64>;
}

impl Tokens for Gpt<f64> {
    fn forward(&mut self, ids: &Array<i64>) -> Array<f64> {
        Gpt::forward(self, ids)
    }
    fn backward(&mut self, grad: Array<f64>) {
        Gpt::backward(self, grad);
    }
    fn infer(&self, ids: &Array<i64>) -> Array<f64> {
        Gpt::infer(self, ids)
    }
}

fn rounded(ids: &Array<f64>) -> Array<i64> {
    ids.map_to(|id| id.round() as i64)
}

const IDS: [usize; 2] = [2, 3];

impl<M: Tokens> Layer<f64> for Rounded<M> {
    fn forward(&mut self, ids: Array<f64>) -> Array<f64> {
        self.0.forward(&rounded(&ids))
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.0.backward(grad);
        Array::zeros(IDS)
    }
    fn infer(&self, ids: Array<f64>) -> Array<f64> {
        self.0.infer(&rounded(&ids))
    }
}

impl<M: Tokens> Module<f64> for Rounded<M> {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.0.visit(visitor);
    }
}

/// First weights are so small that the norms bend within one step of the check: takes larger ones.
fn check_model(mut model: impl Tokens, vocabulary: usize) {
    let mut rng = Rng::new(3, "weights");
    for_each_param(&mut model, |_, param| param.value = random(param.value.shape(), rng.bits()) * 0.7);
    let ids = Array::from_fn(IDS, |_| rng.below(vocabulary) as f64);
    gradcheck(&mut Rounded(model), &ids);
}

#[test]
fn gradcheck_gpt() {
    let activation = Activation::GeluTanh;
    let sizes = GptConfig {
        vocabulary: 5,
        max_tokens: 4,
        size: 4,
        heads: 2,
        layers: 2,
        feed_forward: 3,
        ..GptConfig::default()
    };
    let model = Gpt::new(&GptConfig { activation, ..sizes }, &mut Rng::new(0, "weights"));
    check_model(model.to_f64(), 5);
}

impl Tokens for Llama<f64> {
    fn forward(&mut self, ids: &Array<i64>) -> Array<f64> {
        Llama::forward(self, ids)
    }
    fn backward(&mut self, grad: Array<f64>) {
        Llama::backward(self, grad);
    }
    fn infer(&self, ids: &Array<i64>) -> Array<f64> {
        Llama::infer(self, ids)
    }
}

fn llama(tied: bool) -> LlamaConfig {
    LlamaConfig {
        vocabulary: 5,
        max_tokens: 4,
        size: 4,
        heads: 2,
        kv_heads: 1,
        head_size: 2,
        layers: 2,
        feed_forward: 3,
        rope_base: 10.0,
        rope_scaling: RotaryScaling::Linear { factor: 2.0 },
        tied,
        ..LlamaConfig::default()
    }
}

#[test]
fn gradcheck_llama() {
    for tied in [true, false] {
        check_model(Llama::new(&llama(tied), &mut Rng::new(1, "weights")).to_f64(), 5);
    }
}

/// A block with a causal mask as a layer.
struct Causal(LlamaBlock<f64>);

impl Layer<f64> for Causal {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        self.0.forward(x, &Mask::CAUSAL)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.0.backward(grad)
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        self.0.infer(x, &Mask::CAUSAL)
    }
}

impl Module<f64> for Causal {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.0.visit(visitor);
    }
}

#[test]
fn gradcheck_llama_block() {
    let block = LlamaBlock::new(&llama(true), &mut Rng::new(2, "weights")).to_f64();
    gradcheck(&mut Causal(block), &random(&[2, 3, 4], 4));
}
