//! The header of a safetensors file: its first bytes, which say what lies where in the rest.
//!
//! - 8 bytes: the length `n` of the text that follows, as an unsigned number, lowest byte first.
//! - `n` bytes: JSON, `{"NAME":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},…}`, filled up with spaces. A key
//!   `__metadata__` may hold texts by name.
//! - then the elements of all arrays, row-major, lowest byte first, without gaps. The offsets count from here.
//!
//! Format: <https://huggingface.co/docs/safetensors>.

use std::collections::BTreeMap;

use ch01_tensors::Shape;

/// One array, as the header describes it.
pub struct TensorEntry<'a> {
    /// Its name.
    pub name: &'a str,
    /// The format's name for its type: `F32`, `F64`, `I64`, …
    pub dtype: &'a str,
    /// The length of each axis.
    pub shape: Shape,
    /// How many bytes its elements take.
    pub bytes: usize,
}

/// A text as JSON: in quotes, with `"`, `\` and control characters escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The bytes before the first element, for arrays whose elements will be written in this order.
pub fn header(entries: &[TensorEntry<'_>], metadata: &BTreeMap<String, String>) -> Vec<u8> {
    let mut fields = Vec::new();
    if !metadata.is_empty() {
        let texts: Vec<String> =
            metadata.iter().map(|(key, text)| format!("{}:{}", quoted(key), quoted(text))).collect();
        fields.push(format!("\"__metadata__\":{{{}}}", texts.join(",")));
    }
    // Yours: Push one field for each entry: `"NAME":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}`.
    // The first array begins at offset 0, each of the others where the one before it ends. `quoted(name)` puts the
    // name in quotes; `format!("{:?}", &shape[..])` writes a shape, and spaces do not matter.
    todo!();
    let json = format!("{{{}}}", fields.join(","));
    // Yours: Fill the text up with spaces to a multiple of 8 bytes, so that the elements begin where a
    // 64-bit number may; put its length before it, as a u64, lowest byte first (`to_le_bytes`).
    todo!()
}
