//! The numbers in which the recipes differ.

use ch16_resnet::FastRecipe;

use super::pictures::{Pictures, Seeing};
use super::texts::{Encoder, Lstm, Pretraining, Reading, Texts};
use super::transfer::Transfer;

// ANCHOR: pictures
/// CIFAR-10 by five convolutions.
pub(crate) const CIFAR10: Pictures = Pictures {
    seeing: Seeing::SmallCnn { width: 32, dropout: 0.0 },
    padding: 3,
    flip: true,
    batch: 128,
    epochs: 24,
    rate: 0.15,
    momentum: 0.9,
    weight_decay: 5e-4,
    label_smoothing: 0.05,
    patience: 10,
};

/// Generated shapes by a narrower network.
pub(crate) const SHAPES: Pictures = Pictures {
    seeing: Seeing::SmallCnn { width: 16, dropout: 0.0 },
    flip: false,
    padding: 2,
    batch: 64,
    epochs: 8,
    rate: 0.05,
    patience: 4,
    ..CIFAR10
};

/// CIFAR-10 by a residual network.
pub(crate) const RESNET18: Pictures =
    Pictures { seeing: Seeing::ResNet18, padding: 4, epochs: 18, rate: 0.1, label_smoothing: 0.1, ..CIFAR10 };

/// CIFAR-10 by a network that is made to be trained fast (chapter 16); what is not said here is as in the paper.
pub(crate) fn fast(epochs: u32) -> FastRecipe {
    FastRecipe { epochs: u64::from(epochs), batch: 512, ..FastRecipe::default() }
}
pub(crate) const FAST_EPOCHS: u32 = 20;

/// Six classes of CIFAR-10, then the four others.
pub(crate) const TRANSFER: Transfer = Transfer {
    width: 32,
    blocks: [1, 1, 1, 1],
    padding: 4,
    batch: 64,
    known_epochs: 16,
    rate: 0.1,
    labels: [50, 250, 1000],
    draws: [3, 3, 1],
    epochs: [40, 25, 15],
    fine_rate: 0.03,
    factor: 0.4,
    weight_decay: 5e-4,
    label_smoothing: 0.05,
};
// ANCHOR_END: pictures

// ANCHOR: texts
/// IMDb by a Transformer.
pub(crate) const IMDB: Texts = Texts {
    vocabulary: 20_000,
    tokens: 800,
    reading: Reading::Transformer(Encoder { size: 64, heads: 4, layers: 1, dropout: 0.2, init_std: 0.14 }),
    pretraining: None,
    word_dropout: 0.3,
    batch: 32,
    epochs: 5,
    rate: 1e-3,
    betas: (0.9, 0.98),
    warmup: 0.1,
    weight_decay: 0.05,
    clip_norm: Some(1.0),
    label_smoothing: 0.1,
    patience: 3,
};

/// Generated reviews by a smaller Transformer.
pub(crate) const REVIEWS: Texts = Texts {
    vocabulary: 1000,
    tokens: 64,
    reading: Reading::Transformer(Encoder { size: 64, heads: 4, layers: 2, dropout: 0.1, init_std: 0.07 }),
    word_dropout: 0.0,
    epochs: 14,
    label_smoothing: 0.0,
    ..IMDB
};

/// Logistic regression on the words of a text.
pub(crate) const BAG_OF_WORDS: Texts = Texts {
    vocabulary: 30_000,
    tokens: 4000,
    reading: Reading::BagOfWords,
    word_dropout: 0.0,
    batch: 64,
    epochs: 12,
    rate: 3e-3,
    betas: (0.9, 0.999),
    weight_decay: 0.1,
    clip_norm: None,
    label_smoothing: 0.0,
    ..IMDB
};

/// IMDb by an LSTM in both directions.
pub(crate) const BILSTM: Texts = Texts {
    tokens: 600,
    reading: Reading::Lstm(Lstm {
        embedding: 128,
        embedding_std: 0.3,
        hidden: 128,
        layers: 1,
        embedding_dropout: 0.5,
        dropout: 0.5,
    }),
    word_dropout: 0.3,
    batch: 64,
    epochs: 7,
    rate: 2e-3,
    label_smoothing: 0.05,
    ..IMDB
};

/// IMDb by an encoder that has learned the language before.
pub(crate) const PRETRAINED: Encoder =
    Encoder { size: 128, heads: 4, layers: 3, dropout: 0.1, init_std: 0.05 };
pub(crate) const PRETRAIN: Texts = Texts {
    vocabulary: 15_000,
    tokens: 512,
    reading: Reading::Bert { size: PRETRAINED, dropout: 0.2 },
    pretraining: Some(Pretraining {
        bert: &PRETRAINED,
        dropout: 0.0,
        rate: 0.3,
        tokens: 128,
        batch: 32,
        epochs: 5,
        peak: 2e-3,
        warmup: 0.06,
        weight_decay: 0.01,
    }),
    word_dropout: 0.2,
    epochs: 4,
    rate: 5e-4,
    weight_decay: 0.01,
    ..IMDB
};

/// IMDb by a published encoder of sentences.
pub(crate) const MINILM: Texts = Texts {
    tokens: 256,
    reading: Reading::MiniLm { dropout: 0.1 },
    word_dropout: 0.0,
    epochs: 1,
    rate: 1e-4,
    betas: (0.9, 0.999),
    weight_decay: 0.01,
    label_smoothing: 0.0,
    ..IMDB
};
// ANCHOR_END: texts
