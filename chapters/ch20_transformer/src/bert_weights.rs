//! Published weights: a folder with `config.json` and `model.safetensors`, as the transformers library writes it
//! (`save_pretrained`), of a BERT or DistilBERT with or without its masked-LM head.
//!
//! Names are theirs; each of our parameters knows what it is called there. Queries, keys and values are three layers
//! there and one here, `[3 * size, size]`. Nothing is left unsaid: a name that is missing, too much or of another shape is an error
//! that lists them all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::for_each_param;
use ch07_modules::{AnyTensor, StateError, safetensors};

use crate::{Bert, BertConfig, LoadError, MaskedLm, MaskedLmHead, Pooler};

/// What a folder holds.
pub struct PublishedBert {
    /// Its sizes.
    pub config: BertConfig,
    /// The encoder.
    pub bert: Bert,
    /// The pooler, if the file has one.
    pub pooler: Option<Pooler>,
    /// The masked-LM head, if the file has one.
    pub head: Option<MaskedLmHead>,
}

impl PublishedBert {
    /// Encoder and head together, if there is a head.
    pub fn into_masked_lm(self) -> Option<MaskedLm> {
        self.head.map(|head| MaskedLm::from_parts(self.bert, head))
    }
}

/// Loads `config.json` and `model.safetensors` from a folder (`AutoModel.from_pretrained`). Dropout is as the configuration
/// says; its random stream begins with `seed`.
///
/// # Errors
/// When a file cannot be read or is damaged, the configuration is not of a BERT or DistilBERT, or the weights do not fit it.
pub fn load_bert(folder: impl AsRef<Path>, seed: u64) -> Result<PublishedBert, LoadError> {
    let folder = folder.as_ref();
    let config = BertConfig::read(folder.join("config.json"))?;
    let path = folder.join("model.safetensors");
    let (tensors, _) = safetensors::read_any(&path)?;
    let mut file = NamesInFile::new(tensors, config.segments == 0);
    let mut rng = Rng::new(seed, "published");
    let mut bert = Bert::new(&config, &mut rng);
    file.fill("", &mut bert);
    let pooler = file.has("pooler.dense.weight").then(|| {
        let mut pooler = Pooler::new(config.size, &mut rng);
        file.fill("pooler.", &mut pooler);
        pooler
    });
    let head =
        file.has(if file.distil { "vocab_transform.weight" } else { "cls.predictions.bias" }).then(|| {
            let mut head = MaskedLmHead::new(&config, &mut rng);
            file.fill("head.", &mut head);
            head
        });
    file.finish().map_err(|names| LoadError::Names { path, names })?;
    Ok(PublishedBert { config, bert, pooler, head })
}

/// The arrays of a file by their names without `bert.` or `distilbert.`, and what is found out about them.
struct NamesInFile {
    tensors: BTreeMap<String, AnyTensor>,
    distil: bool,
    used: BTreeSet<String>,
    error: StateError,
}

impl NamesInFile {
    fn new(tensors: BTreeMap<String, AnyTensor>, distil: bool) -> Self {
        let bare = |name: String| {
            let name = name.strip_prefix("bert.").or(name.strip_prefix("distilbert.")).unwrap_or(&name);
            // What norms were called at first.
            name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
        };
        let tensors = tensors.into_iter().map(|(name, tensor)| (bare(name), tensor)).collect();
        NamesInFile { tensors, distil, used: BTreeSet::new(), error: StateError::default() }
    }

    fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Gives every parameter of a module, whose names begin with `prefix`, its value; notes what does not fit.
    fn fill(&mut self, prefix: &str, module: &mut dyn ch05_backprop::Module) {
        for_each_param(module, |path, param| {
            let names = published_names(&format!("{prefix}{path}"), self.distil);
            let shape = *param.value.shape();
            let part = shape.without(0).with(0, shape[0] / names.len());
            let mut values: Vec<Tensor> = Vec::new();
            for name in names {
                match self.tensors.get(&name) {
                    None => self.error.missing.push(name.clone()),
                    Some(AnyTensor::F32(tensor)) if *tensor.shape() == part => values.push(tensor.clone()),
                    Some(other) => {
                        self.error.shapes.push((name.clone(), other.shape().to_vec(), part.to_vec()));
                    }
                }
                self.used.insert(name);
            }
            let values: Vec<&Tensor> = values.iter().collect();
            match values.as_slice() {
                [] => {}
                [value] => param.value = (*value).clone(),
                values => param.value = Tensor::concat(values, 0),
            }
        });
    }

    /// What does not fit, if anything.
    fn finish(mut self) -> Result<(), StateError> {
        let known = |name: &str| {
            // Numbers from 0 on; the tied table and bias once more; BERT's second task, next sentences.
            const KNOWN: [&str; 4] = [
                "embeddings.position_ids",
                "cls.predictions.decoder.weight",
                "cls.predictions.decoder.bias",
                "vocab_projector.weight",
            ];
            KNOWN.contains(&name) || name.starts_with("cls.seq_relationship.")
        };
        let unexpected = self.tensors.keys().filter(|name| !self.used.contains(*name) && !known(name));
        self.error.unexpected.extend(unexpected.cloned());
        if self.error == StateError::default() { Ok(()) } else { Err(self.error) }
    }
}

// ANCHOR: names
/// What a parameter of ours is called in a file: three names where one of ours holds three of theirs.
fn published_names(ours: &str, distil: bool) -> Vec<String> {
    // Ours, BERT's and DistilBERT's.
    const NAMES: [[&str; 3]; 14] = [
        ["tokens", "embeddings.word_embeddings", "embeddings.word_embeddings"],
        ["positions", "embeddings.position_embeddings", "embeddings.position_embeddings"],
        ["segments", "embeddings.token_type_embeddings", ""],
        ["norm", "embeddings.LayerNorm", "embeddings.LayerNorm"],
        ["attention.qkv", "attention.self.query", "attention.q_lin"],
        ["attention.qkv", "attention.self.key", "attention.k_lin"],
        ["attention.qkv", "attention.self.value", "attention.v_lin"],
        ["attention.output", "attention.output.dense", "attention.out_lin"],
        ["norm1", "attention.output.LayerNorm", "sa_layer_norm"],
        ["mlp.fc1", "intermediate.dense", "ffn.lin1"],
        ["mlp.fc2", "output.dense", "ffn.lin2"],
        ["norm2", "output.LayerNorm", "output_layer_norm"],
        ["head.dense", "cls.predictions.transform.dense", "vocab_transform"],
        ["head.norm", "cls.predictions.transform.LayerNorm", "vocab_layer_norm"],
    ];
    let (layer, kind) = ours.rsplit_once('.').unwrap_or(("", ours));
    if layer == "head" {
        return vec![if distil { "vocab_projector.bias" } else { "cls.predictions.bias" }.into()];
    }
    let (stack, part) = match layer.strip_prefix("blocks.").and_then(|rest| rest.split_once('.')) {
        Some((number, part)) if distil => (format!("transformer.layer.{number}."), part),
        Some((number, part)) => (format!("encoder.layer.{number}."), part),
        None => (String::new(), layer),
    };
    let theirs = NAMES.iter().filter(|names| names[0] == part).map(|names| names[1 + usize::from(distil)]);
    let names: Vec<String> = theirs.map(|name| format!("{stack}{name}.{kind}")).collect();
    // The pooler has the same names on both sides.
    if names.is_empty() { vec![ours.to_owned()] } else { names }
}
// ANCHOR_END: names
