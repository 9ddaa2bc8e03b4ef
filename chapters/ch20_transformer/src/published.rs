//! Weights of published decoders: a folder with `config.json` and `model.safetensors`, as the transformers library writes it
//! (`save_pretrained`). Here is what GPT-2 and LLaMA have in common; each knows its own names.
//!
//! Each of our parameters is exactly one array of the file, perhaps transposed. So one rule for names reads files and
//! writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ch01_tensors::{Tensor, write_atomic};
use ch05_backprop::{Module, for_each_param};
use ch07_modules::{AnyTensor, StateError, safetensors};
use serde_json::Value;

use crate::LoadError;

/// What a parameter is called in a file, and whether its matrix lies there as `[in, out]`.
pub(crate) type Named = (String, bool);

/// Reads `config.json` and checks its `model_type`.
pub(crate) fn read_config<C>(
    folder: &Path,
    kind: &str,
    read: impl Fn(&Sizes) -> Result<C, String>,
) -> Result<C, LoadError> {
    let path = folder.join("config.json");
    let wrong = |problem: String| LoadError::Config { path: path.clone(), problem };
    let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    let json: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    match json["model_type"].as_str() {
        Some(found) if found == kind => read(&Sizes(json)).map_err(wrong),
        found => Err(wrong(format!("its model_type is {found:?}, not {kind:?}"))),
    }
}

/// The content of a `config.json`.
pub(crate) struct Sizes(pub Value);

impl Sizes {
    /// A whole number above 0.
    pub fn whole(&self, key: &str) -> Result<usize, String> {
        self.optional(key)?.ok_or_else(|| format!("it has no {key}"))
    }

    /// The same, or nothing where it is missing or null.
    pub fn optional(&self, key: &str) -> Result<Option<usize>, String> {
        match &self.0[key] {
            Value::Null => Ok(None),
            value => match value.as_u64().filter(|&size| size > 0) {
                Some(size) => Ok(Some(size as usize)),
                None => Err(format!("its {key} is {value}, not a whole number above 0")),
            },
        }
    }

    /// A number, or this one where there is none.
    pub fn number(&self, key: &str, default: f64) -> f64 {
        self.0[key].as_f64().unwrap_or(default)
    }

    /// Refuses a value other than this one; a missing one is taken to be it.
    pub fn only(&self, key: &str, built: impl Into<Value>) -> Result<(), String> {
        let (built, found) = (built.into(), &self.0[key]);
        if found.is_null() || *found == built {
            return Ok(());
        }
        Err(format!("its {key} is {found}, and only {built} is built here"))
    }
}

// ANCHOR: fill
/// Gives every parameter of a module its value from the arrays of a file. `named` says what a parameter is called there,
/// `known` which names of the file need no parameter.
pub(crate) fn fill(
    module: &mut dyn Module,
    mut tensors: BTreeMap<String, AnyTensor>,
    named: impl Fn(&str) -> Named,
    known: impl Fn(&str) -> bool,
) -> Result<(), StateError> {
    let mut error = StateError::default();
    for_each_param(module, |path, param| {
        let (name, transposed) = named(&path.to_string());
        let theirs = |array: Tensor| if transposed { array.t().contiguous() } else { array };
        let shape = *theirs(param.value.clone()).shape();
        match tensors.remove(&name) {
            None => error.missing.push(name),
            Some(AnyTensor::F32(array)) if *array.shape() == shape => param.value = theirs(array),
            Some(other) => error.shapes.push((name, other.shape().to_vec(), shape.to_vec())),
        }
    });
    error.unexpected.extend(tensors.into_keys().filter(|name| !known(name)));
    if error == StateError::default() { Ok(()) } else { Err(error) }
}
// ANCHOR_END: fill

/// Writes `config.json` and `model.safetensors` into a folder, which is made if it is not there.
pub(crate) fn save(
    folder: &Path,
    config: &Value,
    module: &mut dyn Module,
    named: impl Fn(&str) -> Named,
) -> Result<(), LoadError> {
    let path = folder.join("config.json");
    let wrong = |error: std::io::Error| LoadError::Config { path: path.clone(), problem: error.to_string() };
    fs::create_dir_all(folder).map_err(wrong)?;
    let mut tensors = BTreeMap::new();
    for_each_param(module, |path, param| {
        let (name, transposed) = named(&path.to_string());
        let value = param.value.clone();
        tensors.insert(name, if transposed { value.t().contiguous() } else { value });
    });
    // The library refuses files that do not say so.
    let about = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::write(folder.join("model.safetensors"), &tensors, &about)?;
    write_atomic(&path, format!("{config:#}\n").as_bytes()).map_err(wrong)
}
