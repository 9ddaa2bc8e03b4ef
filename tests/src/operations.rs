//! Every differentiable operation of the book, and what proves it.
//!
//! An operation is a `pub fn NAME_backward`, or a public type with a method `backward` or a public one `.._backward`. For
//! each there must be tests of four kinds, found by their names (`tests/operations.rs` looks for them):
//!
//! - `gradcheck_NAME`: the backward pass against finite differences, in f64, every element;
//! - `golden_NAME`: values and gradients against PyTorch, over a grid of shapes and options;
//! - `property_NAME`: laws that hold for any input (linearity, invariance, adjointness);
//! - `fast_NAME`: the f32 path in use, forward and backward, against the plain one in f64, over random shapes.

/// A differentiable operation.
pub struct Operation {
    /// The crate that holds it.
    pub chapter: &'static str,
    /// `relu` for `relu_backward`, `cross_entropy` for `CrossEntropy`.
    pub name: &'static str,
    /// Kinds whose test goes by another name, since it serves two operations at once: the kind and the test.
    pub shared: &'static [(&'static str, &'static str)],
}

const fn op(chapter: &'static str, name: &'static str) -> Operation {
    Operation { chapter, name, shared: &[] }
}

/// An operation of chapter 6's tape, proved together with the others of its family.
const fn tape(name: &'static str, shared: &'static [(&'static str, &'static str)]) -> Operation {
    Operation { chapter: "ch06_autograd", name, shared }
}

const ARITHMETIC: &[(&str, &str)] = &[
    ("gradcheck", "gradcheck_arithmetic"),
    ("golden", "golden_arithmetic"),
    ("property", "property_arithmetic_is_adjoint_and_linear"),
    ("fast", "fast_arithmetic_against_f64"),
];
const REDUCE: &[(&str, &str)] = &[
    ("gradcheck", "gradcheck_reduce"),
    ("golden", "golden_reduce"),
    ("property", "property_reduce_is_adjoint_and_linear"),
    ("fast", "fast_reduce_against_f64"),
];
const SHAPE: &[(&str, &str)] = &[
    ("gradcheck", "gradcheck_shape"),
    ("golden", "golden_shape"),
    ("property", "property_shape_is_adjoint_and_linear"),
    ("fast", "fast_shape_against_f64"),
];
const INDEX: &[(&str, &str)] = &[
    ("gradcheck", "gradcheck_index"),
    ("golden", "golden_index"),
    ("property", "property_index_is_adjoint_and_linear"),
    ("fast", "fast_index_against_f64"),
];
const BROADCAST: &[(&str, &str)] = &[
    ("gradcheck", "gradcheck_broadcast"),
    ("golden", "golden_broadcast"),
    ("property", "property_broadcast_is_adjoint_and_linear"),
    ("fast", "fast_broadcast_against_f64"),
];
const SOFTMAX: &[(&str, &str)] = &[
    ("gradcheck", "gradcheck_softmax"),
    ("golden", "golden_softmax"),
    ("property", "property_softmax_is_adjoint_and_linear"),
    ("fast", "fast_softmax_against_f64"),
];

/// The kinds of test that every operation has.
pub const KINDS: [&str; 4] = ["gradcheck", "golden", "property", "fast"];

/// Public names with a `backward` that are not operations, each with the reason.
pub const NOT_OPERATIONS: &[(&str, &str)] = &[
    ("activation", "chooses among the activations by name; chapter 5 checks its layer as activation_layer"),
    (
        "checkpoint",
        "a function of the reader's, computed twice; chapter 6 compares it with the plain one, bit by bit",
    ),
    ("is_equal", "a step: it has no derivative, and says so"),
    ("is_positive", "a step: it has no derivative, and says so"),
    ("kernel", "made of operations of the table, by fusion; it has no derivative of its own, and says so"),
    ("var", "walks the tape and calls the operations' rules"),
    ("blocks", "the common part of Dropout2d and DropPath, checked with each of them"),
    ("observed", "a layer and a look at what it returns; chapter 7 compares hooked networks with plain ones"),
    (
        "watched",
        "a layer and two looks at a clock; chapter 14 compares watched networks with plain ones, bit by bit",
    ),
    ("bag_of_words", "a table of chapter 17 and a sum; the capstone compares its gradient with the formula"),
    ("reader", "one of the networks of chapters 18 and 20, chosen by a recipe; it only hands on"),
    ("viewer", "one of the networks of chapters 15 and 16, chosen by a recipe; it only hands on"),
    ("reduction", "the last step of every loss, checked with each of them"),
];

/// The table.
pub const OPERATIONS: &[Operation] = &[
    op("ch02_matmul", "matmul"),
    op("ch03_neurons", "elu"),
    op("ch03_neurons", "gelu"),
    op("ch03_neurons", "gelu_tanh"),
    op("ch03_neurons", "hard_swish"),
    op("ch03_neurons", "leaky_relu"),
    op("ch03_neurons", "log_softmax"),
    op("ch03_neurons", "prelu"),
    op("ch03_neurons", "relu"),
    op("ch03_neurons", "selu"),
    op("ch03_neurons", "sigmoid"),
    op("ch03_neurons", "silu"),
    op("ch03_neurons", "softmax"),
    op("ch03_neurons", "softplus"),
    op("ch03_neurons", "tanh"),
    op("ch04_losses", "bce_with_logits"),
    op("ch04_losses", "contrastive"),
    op("ch04_losses", "coral"),
    Operation {
        shared: &[("property", "property_contrastive_and_cosine_embedding_are_symmetric")],
        ..op("ch04_losses", "cosine_embedding")
    },
    op("ch04_losses", "cross_entropy"),
    op("ch04_losses", "focal"),
    op("ch04_losses", "huber"),
    op("ch04_losses", "kl_div"),
    Operation {
        shared: &[("property", "property_mse_and_mae_are_symmetric_and_scale")],
        ..op("ch04_losses", "mae")
    },
    op("ch04_losses", "mse"),
    op("ch04_losses", "nll"),
    Operation {
        shared: &[("property", "property_huber_lies_between_its_limits")],
        ..op("ch04_losses", "smooth_l1")
    },
    op("ch04_losses", "triplet"),
    op("ch05_backprop", "linear"),
    op("ch05_backprop", "activation_layer"),
    op("ch05_backprop", "residual"),
    op("ch05_backprop", "mlp"),
    op("ch05_backprop", "p_relu"),
    op("ch06_autograd", "map"),
    tape("add", ARITHMETIC),
    tape("sub", ARITHMETIC),
    tape("mul", ARITHMETIC),
    tape("div", ARITHMETIC),
    tape("neg", ARITHMETIC),
    tape("broadcast_to", BROADCAST),
    op("ch06_autograd", "matmul"),
    tape("sum", REDUCE),
    tape("max", REDUCE),
    tape("identity", SHAPE),
    tape("reshape", SHAPE),
    tape("permute", SHAPE),
    tape("part", SHAPE),
    tape("place", SHAPE),
    tape("concat", SHAPE),
    tape("gather", INDEX),
    tape("scatter_add", INDEX),
    tape("index_select", INDEX),
    tape("index_add", INDEX),
    op("ch06_autograd", "softmax"),
    tape("log_softmax", SOFTMAX),
    op("ch07_modules", "flatten"),
    op("ch07_modules", "graph"),
    op("ch07_modules", "parallel"),
    op("ch07_modules", "sequential"),
    op("ch11_normalization", "batch_norm1d"),
    op("ch11_normalization", "batch_norm2d"),
    op("ch11_normalization", "group_norm"),
    op("ch11_normalization", "instance_norm"),
    op("ch11_normalization", "layer_norm"),
    op("ch11_normalization", "rms_norm"),
    op("ch11_normalization", "weight_norm"),
    op("ch11_normalization", "weight_norm_linear"),
    op("ch12_regularization", "attention_dropout"),
    op("ch12_regularization", "drop_block2d"),
    op("ch12_regularization", "drop_path"),
    op("ch12_regularization", "dropout"),
    op("ch12_regularization", "dropout2d"),
    op("ch15_convolution", "adaptive_avg_pool2d"),
    op("ch15_convolution", "adaptive_max_pool2d"),
    op("ch15_convolution", "avg_pool2d"),
    op("ch15_convolution", "conv1d"),
    op("ch15_convolution", "conv2d"),
    op("ch15_convolution", "conv_transpose2d"),
    op("ch15_convolution", "global_avg_pool"),
    op("ch15_convolution", "max_pool2d"),
    op("ch15_convolution", "relu"),
    Operation { shared: &[("golden", "golden_basic_block")], ..op("ch16_resnet", "add_relu") },
    op("ch16_resnet", "basic_block"),
    op("ch16_resnet", "bottleneck"),
    op("ch16_resnet", "efficient_net"),
    op("ch16_resnet", "fast_net"),
    op("ch16_resnet", "mb_conv"),
    op("ch16_resnet", "pre_activation"),
    op("ch16_resnet", "res_net"),
    op("ch16_resnet", "res_net9"),
    Operation { shared: &[("golden", "golden_squeeze_excite")], ..op("ch16_resnet", "scale_channels") },
    op("ch16_resnet", "squeeze_excite"),
    op("ch17_embeddings", "embedding"),
    op("ch17_embeddings", "embedding_bag"),
    op("ch17_embeddings", "glove"),
    op("ch17_embeddings", "masked_mean"),
    op("ch17_embeddings", "negative_sampling"),
    op("ch17_embeddings", "tsne"),
    Operation {
        shared: &[
            ("gradcheck", "gradcheck_lstm_classifier"),
            ("golden", "golden_lstm_classifier"),
            ("property", "property_packed_mean_is_the_mean_of_each"),
            ("fast", "fast_lstm_classifier_against_plain"),
        ],
        ..op("ch18_recurrent", "packed_mean")
    },
    op("ch18_recurrent", "lstm_classifier"),
    op("ch18_recurrent", "recurrent"),
    op("ch18_recurrent", "rnn_cell"),
    op("ch18_recurrent", "lstm_cell"),
    op("ch18_recurrent", "gru_cell"),
    op("ch18_recurrent", "additive_attention"),
    op("ch18_recurrent", "seq2seq"),
    op("ch19_attention", "attention"),
    op("ch19_attention", "cross_attention"),
    op("ch19_attention", "flash_attention"),
    op("ch19_attention", "grouped_query_attention"),
    op("ch19_attention", "learned_positions"),
    op("ch19_attention", "linear_attention"),
    op("ch19_attention", "multi_head_attention"),
    op("ch19_attention", "rotary"),
    op("ch19_attention", "scaled_dot_product"),
    op("ch19_attention", "self_attention"),
    Operation {
        shared: &[
            ("gradcheck", "gradcheck_self_attention"),
            ("golden", "golden_self_attention"),
            ("property", "property_self_attention_is_causal"),
            ("fast", "fast_self_attention_against_plain"),
        ],
        ..op("ch19_attention", "self_attention_rows")
    },
    op("ch20_transformer", "bert"),
    op("ch20_transformer", "bert_classifier"),
    op("ch20_transformer", "block"),
    op("ch20_transformer", "cross_block"),
    Operation {
        shared: &[
            ("gradcheck", "gradcheck_encoder_classifier"),
            ("golden", "golden_encoder_classifier"),
            ("property", "property_encoder_classifier_ignores_padding"),
            ("fast", "fast_encoder_classifier_against_plain"),
        ],
        ..op("ch20_transformer", "encoder")
    },
    op("ch20_transformer", "encoder_classifier"),
    op("ch20_transformer", "encoder_decoder"),
    op("ch20_transformer", "feed_forward"),
    Operation { shared: &[("golden", "golden_gpt_and_tied_logits")], ..op("ch20_transformer", "gpt") },
    Operation { shared: &[("golden", "golden_llama_from_its_folder")], ..op("ch20_transformer", "llama") },
    Operation {
        shared: &[("golden", "golden_llama_from_its_folder")],
        ..op("ch20_transformer", "llama_block")
    },
    op("ch20_transformer", "masked_lm"),
    Operation {
        shared: &[
            ("golden", "golden_masked_lm"),
            ("property", "property_masked_lm_answers_each_place_by_itself"),
            ("fast", "fast_masked_lm_against_plain"),
        ],
        ..op("ch20_transformer", "masked_lm_head")
    },
    Operation { shared: &[("golden", "golden_bert")], ..op("ch20_transformer", "pooler") },
    op("ch20_transformer", "post_norm_block"),
    op("ch20_transformer", "span_finder"),
    Operation {
        shared: &[
            ("golden", "golden_vision_transformer"),
            ("fast", "fast_vision_transformer_and_patch_forecaster_against_plain"),
        ],
        ..op("ch20_transformer", "image_patches")
    },
    Operation {
        shared: &[("fast", "fast_vision_transformer_and_patch_forecaster_against_plain")],
        ..op("ch20_transformer", "patch_forecaster")
    },
    Operation {
        shared: &[
            ("golden", "golden_patch_forecaster"),
            ("property", "property_image_patches_and_series_patches_move_numbers"),
            ("fast", "fast_vision_transformer_and_patch_forecaster_against_plain"),
        ],
        ..op("ch20_transformer", "series_patches")
    },
    op("ch20_transformer", "swi_glu"),
    Operation {
        shared: &[("golden", "golden_gpt_and_tied_logits")],
        ..op("ch20_transformer", "tied_logits")
    },
    op("ch20_transformer", "token_tagger"),
    op("ch20_transformer", "vision_transformer"),
];
