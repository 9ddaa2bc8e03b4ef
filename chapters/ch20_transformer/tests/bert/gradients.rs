//! Gradient checks of BERT and its heads. Parameters are drawn large enough that something can be seen; nothing is dropped.

use ch01_tensors::{Array, Rng};
use ch03_neurons::Activation;
use ch05_backprop::{Layer, Module, Param, Role, Visitor, for_each_param, gradcheck};
use ch13_data::Tokens;
use ch19_attention::Mask;
use ch20_transformer::{
    Bert, BertClassifier, BertConfig, CrossBlock, EncoderConfig, EncoderDecoder, EncoderDecoderConfig,
    MaskedLm, MaskedLmHead, MaskedTokens, Pairs, Pooler, Pooling, PostNormBlock, SpanFinder, TokenTagger,
};

use super::{padding, random};

fn config(segments: usize) -> BertConfig {
    BertConfig {
        vocabulary: 5,
        max_tokens: 4,
        segments,
        size: 4,
        heads: 2,
        layers: 2,
        feed_forward: 3,
        activation: Activation::Gelu,
        dropout: 0.0,
        eps: 1e-5,
        init_std: 0.5,
    }
}

/// A module and a function as a layer: `forward` (with training or without) and `backward` are what the closures say.
struct As<M, F, B>(M, F, B);

impl<M, F, B> Layer<f64> for As<M, F, B>
where
    M: Module<f64>,
    F: Fn(&mut M, &Array<f64>) -> Array<f64> + Send + Sync,
    B: Fn(&mut M, Array<f64>) -> Option<Array<f64>> + Send + Sync,
    M: Clonable,
{
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        (self.1)(&mut self.0, &x)
    }
    /// Token numbers have no gradient: they come as floats that stand far from the next half, so that the steps of the
    /// check never change one.
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        (self.2)(&mut self.0, grad).unwrap_or_else(|| Array::zeros([2, 3]))
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        (self.1)(&mut self.0.copy(), &x)
    }
}

impl<M: Module<f64>, F: Send + Sync, B: Send + Sync> Module<f64> for As<M, F, B> {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.0.visit(visitor);
    }
}

/// A copy to run forward, so that nothing is left over in the model.
trait Clonable {
    fn copy(&self) -> Self;
}

macro_rules! clonable {
    ($($type:ident),*) => {
        $(impl Clonable for $type<f64> {
            fn copy(&self) -> Self {
                self.to_f64()
            }
        })*
    };
}
clonable!(CrossBlock, EncoderDecoder, PostNormBlock, Bert, BertClassifier, MaskedLm, TokenTagger, SpanFinder);

fn spread<M: Module<f64>>(mut module: M) -> M {
    let mut rng = Rng::new(7, "spread");
    for_each_param(&mut module, |_, param| param.value = random(param.value.shape(), rng.bits()) * 0.7);
    module
}

fn ids() -> Array<f64> {
    Array::from([[1.0, 4.0, 2.0], [3.0, 1.0, 2.0]])
}

fn tokens(x: &Array<f64>) -> Tokens {
    Tokens { ids: x.map_to(|id| id.round() as i64), mask: padding(3) }
}

#[test]
fn gradcheck_post_norm_block() {
    for mask in [None, Some(padding(3))] {
        let block = spread(PostNormBlock::new(4, 2, 6, 0.0, 1e-5, &mut Rng::new(1, "weights")).to_f64());
        let forward = move |block: &mut PostNormBlock<f64>, x: &Array<f64>| {
            block.forward(x.clone(), &Mask { padding: mask.as_ref(), ..Mask::NONE })
        };
        let backward = |block: &mut PostNormBlock<f64>, grad| Some(block.backward(grad));
        gradcheck(&mut As(block, forward, backward), &random(&[2, 3, 4], 3));
    }
}

#[test]
fn gradcheck_bert() {
    for segments in [0, 2] {
        let bert = spread(Bert::new(&config(segments), &mut Rng::new(2, "weights")).to_f64());
        let forward = move |bert: &mut Bert<f64>, x: &Array<f64>| {
            let Tokens { ids, mask } = tokens(x);
            let second = Array::from_fn([2, 3], |at| i64::from(at[1] > 0));
            bert.forward(&ids, (segments > 0).then_some(&second), &Mask::padding(&mask))
        };
        let backward = |bert: &mut Bert<f64>, grad| {
            bert.backward(grad);
            None
        };
        gradcheck(&mut As(bert, forward, backward), &ids());
    }
}

#[test]
fn gradcheck_pooler() {
    let mut pooler = Pooler::new(4, &mut Rng::new(3, "weights")).to_f64();
    gradcheck(&mut pooler, &random(&[3, 4], 4));
}

#[test]
fn gradcheck_bert_classifier() {
    for (pooling, pooled) in [(Pooling::Mean, false), (Pooling::Cls, true)] {
        let mut rng = Rng::new(4, "weights");
        let bert = Bert::new(&config(2), &mut rng);
        let pooler = pooled.then(|| Pooler::new(4, &mut rng));
        let model = spread(BertClassifier::new(bert, pooler, pooling, 3, 0.0, &mut rng).to_f64());
        let forward = |model: &mut BertClassifier<f64>, x: &Array<f64>| model.forward(&tokens(x));
        let backward = |model: &mut BertClassifier<f64>, grad| {
            model.backward(grad);
            None
        };
        gradcheck(&mut As(model, forward, backward), &ids());
    }
}

#[test]
fn gradcheck_masked_lm() {
    let model = spread(MaskedLm::new(&config(2), &mut Rng::new(5, "weights")).to_f64());
    let forward = |model: &mut MaskedLm<f64>, x: &Array<f64>| {
        model.forward(&MaskedTokens { tokens: tokens(x), places: Array::from([1, 3]) })
    };
    let backward = |model: &mut MaskedLm<f64>, grad| {
        model.backward(grad);
        None
    };
    gradcheck(&mut As(model, forward, backward), &ids());
}

/// The head by itself, with a table of its own.
struct WithTable(MaskedLmHead<f64>, Param<f64>);

impl Layer<f64> for WithTable {
    fn forward(&mut self, x: Array<f64>) -> Array<f64> {
        self.0.forward(x, &self.1.value)
    }
    fn backward(&mut self, grad: Array<f64>) -> Array<f64> {
        self.0.backward(grad, &mut self.1)
    }
    fn infer(&self, x: Array<f64>) -> Array<f64> {
        self.0.infer(x, &self.1.value)
    }
}

impl Module<f64> for WithTable {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        self.0.visit(visitor);
        visitor.param("table", &mut self.1);
    }
}

#[test]
fn gradcheck_masked_lm_head() {
    let head = MaskedLmHead::new(&config(0), &mut Rng::new(6, "weights")).to_f64();
    let table = Param::new(random(&[5, 4], 8), Role::Embedding);
    gradcheck(&mut spread(WithTable(head, table)), &random(&[3, 4], 9));
}

#[test]
fn gradcheck_token_tagger() {
    let mut rng = Rng::new(7, "weights");
    let model = spread(TokenTagger::new(Bert::new(&config(0), &mut rng), 3, 0.0, &mut rng).to_f64());
    let forward = |model: &mut TokenTagger<f64>, x: &Array<f64>| model.forward(&tokens(x));
    let backward = |model: &mut TokenTagger<f64>, grad| {
        model.backward(grad);
        None
    };
    gradcheck(&mut As(model, forward, backward), &ids());
}

/// Logits of padding are minus infinity: the check sees 0 in their place.
#[test]
fn gradcheck_span_finder() {
    let mut rng = Rng::new(8, "weights");
    let model = spread(SpanFinder::new(Bert::new(&config(2), &mut rng), &mut rng).to_f64());
    let forward = |model: &mut SpanFinder<f64>, x: &Array<f64>| {
        model.forward(&tokens(x), None).map_to(|z: f64| if z.is_finite() { z } else { 0.0 })
    };
    let backward = |model: &mut SpanFinder<f64>, grad| {
        model.backward(grad);
        None
    };
    gradcheck(&mut As(model, forward, backward), &ids());
}

/// Input and memory side by side, so that both gradients are checked.
#[test]
fn gradcheck_cross_block() {
    let block = spread(CrossBlock::new(4, 2, 6, 0.0, &mut Rng::new(9, "weights")).to_f64());
    let forward = |block: &mut CrossBlock<f64>, both: &Array<f64>| {
        let (x, memory) = (both.narrow(1, 0, 2).contiguous(), both.narrow(1, 2, 3).contiguous());
        block.forward(x, memory, Some(&padding(3)))
    };
    let backward = |block: &mut CrossBlock<f64>, grad| {
        let (x, memory) = block.backward(grad);
        Some(Array::concat(&[&x, &memory], 1))
    };
    gradcheck(&mut As(block, forward, backward), &random(&[2, 5, 4], 10));
}

#[test]
fn gradcheck_encoder_decoder() {
    let encoder = EncoderConfig {
        vocabulary: 5,
        max_tokens: 4,
        size: 4,
        heads: 2,
        layers: 2,
        feed_forward: 3,
        dropout: 0.0,
        ..EncoderConfig::default()
    };
    let config = EncoderDecoderConfig { encoder, target_vocabulary: 4 };
    let model = spread(EncoderDecoder::new(&config, &mut Rng::new(10, "weights")).to_f64());
    let forward = |model: &mut EncoderDecoder<f64>, x: &Array<f64>| {
        let ids = Array::from([[0i64, 3], [2, 1]]);
        let target = Tokens { ids, mask: Array::from([[true, true], [true, false]]) };
        model.forward(&Pairs { source: tokens(x), target })
    };
    let backward = |model: &mut EncoderDecoder<f64>, grad| {
        model.backward(grad);
        None
    };
    gradcheck(&mut As(model, forward, backward), &ids());
}
