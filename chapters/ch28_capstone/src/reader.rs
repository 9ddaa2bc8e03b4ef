//! The networks that read: whatever turns token numbers into the scores of classes.

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::{Module, Visitor};
use ch13_data::Tokens;
use ch14_training::Classifier;
use ch18_recurrent::{LstmClassifier, LstmClassifierConfig};
use ch20_transformer::{
    Bert, BertClassifier, BertConfig, EncoderClassifier, EncoderConfig, Pooling, load_bert,
};

use crate::bag_of_words::BagOfWords;
use crate::recipe::{self, Reading};
use crate::run::Run;
use crate::training::Tested;

/// One of them, so that everything around it is written once.
pub(crate) struct Reader(Box<dyn Classifier<Input = Tokens>>);

impl Reader {
    /// The network of a run for a vocabulary of this size: untrained, or with the published weights that the run begins with.
    ///
    /// # Errors
    /// If published weights or their sizes cannot be read.
    pub fn new(run: &Run, vocabulary: usize) -> anyhow::Result<Reader> {
        let recipe = recipe::texts(run.plan.task, run.plan.recipe);
        let classes = run.plan.task.classes().len();
        let rng = &mut Rng::new(run.plan.seed, "init");
        Ok(Reader(match &recipe.reading {
            Reading::BagOfWords => Box::new(BagOfWords::new(vocabulary, classes)),
            Reading::Transformer(size) => {
                let config = EncoderConfig {
                    vocabulary,
                    max_tokens: recipe.tokens,
                    size: size.size,
                    heads: size.heads,
                    layers: size.layers,
                    feed_forward: 4 * size.size,
                    dropout: size.dropout,
                    init_std: size.init_std,
                    classes,
                    ..EncoderConfig::default()
                };
                Box::new(EncoderClassifier::new(&config, rng))
            }
            Reading::Lstm(size) => {
                let config = LstmClassifierConfig {
                    vocabulary,
                    embedding: size.embedding,
                    embedding_std: size.embedding_std,
                    hidden: size.hidden,
                    layers: size.layers,
                    classes,
                    embedding_dropout: size.embedding_dropout,
                    dropout: size.dropout,
                };
                Box::new(LstmClassifier::new(&config, rng))
            }
            Reading::Bert { size, dropout } => {
                // One sign more, for words that are taken out in pretraining.
                let bert = Bert::new(&size.config(vocabulary + 1, recipe.tokens), rng);
                Box::new(BertClassifier::new(bert, None, Pooling::Mean, classes, *dropout, rng))
            }
            Reading::MiniLm { dropout } => {
                let bert = mini_lm(run)?;
                Box::new(BertClassifier::new(bert, None, Pooling::Mean, classes, *dropout, rng))
            }
        }))
    }
}

/// The published encoder. Its sizes are kept in the run's folder: once there is a checkpoint, nothing else of it is needed.
fn mini_lm(run: &Run) -> anyhow::Result<Bert> {
    const SIZES: &str = "config.json";
    match &run.plan.weights {
        Some(folder) if !run.has_checkpoint() => {
            let published = load_bert(folder, run.plan.seed)?;
            run.copy(&folder.join(SIZES), SIZES)?;
            Ok(published.bert)
        }
        _ => {
            let config = BertConfig::read(run.finished(SIZES)?)?;
            Ok(Bert::new(&config, &mut Rng::new(run.plan.seed, "init")))
        }
    }
}

impl Tested for Reader {}

impl Module for Reader {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        self.0.visit(visitor);
    }
}

impl Classifier for Reader {
    type Input = Tokens;

    fn forward(&mut self, input: &Tokens) -> Tensor {
        self.0.forward(input)
    }

    fn backward(&mut self, grad: Tensor) {
        self.0.backward(grad);
    }

    fn infer(&self, input: &Tokens) -> Tensor {
        self.0.infer(input)
    }
}
