//! Checks exercise e03_header.

#[allow(unused)]
#[path = "../exercises/e03_header.rs"]
mod header;

use std::collections::BTreeMap;

use ::safetensors::SafeTensors;
use header::{TensorEntry, header};

/// `[2, 3]` and `[4]` of 32-bit floats, and three bytes.
fn entries() -> [TensorEntry<'static>; 3] {
    [
        TensorEntry { name: "weight", dtype: "F32", shape: [2, 3].into(), bytes: 24 },
        TensorEntry { name: "a \"bias\"", dtype: "F32", shape: [4].into(), bytes: 16 },
        TensorEntry { name: "flags", dtype: "U8", shape: [3, 1].into(), bytes: 3 },
    ]
}

/// The header's length and its text.
fn parts() -> (u64, String) {
    let bytes = header(&entries(), &BTreeMap::from([("made by".into(), "you".into())]));
    let (length, text) = bytes.split_first_chunk::<8>().expect("length: there are fewer than 8 bytes");
    (u64::from_le_bytes(*length), String::from_utf8(text.to_vec()).expect("the header is text"))
}

#[test]
fn the_length_comes_first() {
    let (length, text) = parts();
    let real = text.len() as u64;
    assert_ne!(length.swap_bytes(), real, "length: the highest byte came first");
    assert_ne!(length, real + 8, "length: the 8 bytes of the length itself were counted too");
    assert!(length != text.trim_end().len() as u64 || length == real, "length: the spaces were not counted");
    assert_eq!(length, real, "length: it is not that of the text behind it");
    assert_eq!(
        length % 8,
        0,
        "length: the elements would begin at byte {}, not at a multiple of 8",
        8 + length
    );
}

#[test]
fn the_offsets_follow_each_other() {
    let (_, text) = parts();
    let json: serde_json::Value = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("offsets: not valid JSON: {error}\n{text}"));
    let offsets = |name: &str| {
        let pair = json[name]["data_offsets"].as_array();
        let pair = pair.unwrap_or_else(|| panic!("offsets: {name} has no data_offsets"));
        [0, 1].map(|i| pair[i].as_u64().expect("a whole number"))
    };
    let got = ["weight", "a \"bias\"", "flags"].map(offsets);
    let named: [([[u64; 2]; 3], &str); 4] = [
        ([[0, 24], [0, 16], [0, 3]], "each array begins at 0"),
        ([[0, 24], [24, 16], [40, 3]], "the second number is the length; it should be the end"),
        ([[0, 6], [6, 10], [10, 13]], "counted in elements; they are bytes"),
        ([[0, 23], [24, 39], [40, 42]], "the end is the last byte; it should be the one behind it"),
    ];
    for (wrong, message) in named {
        assert_ne!(got, wrong, "offsets: {message}");
    }
    let shift = got[0][0];
    assert!(
        shift == 0,
        "offsets: they begin at {shift}: they count from the first element, not from the file's start"
    );
    assert_eq!(got, [[0, 24], [24, 40], [40, 43]], "offsets");
}

#[test]
fn the_safetensors_crate_reads_it() {
    let metadata = BTreeMap::from([("made by".into(), "you".into())]);
    let file = [header(&entries(), &metadata), (0..43).collect()].concat();
    let read = SafeTensors::deserialize(&file).unwrap_or_else(|error| panic!("the whole file: {error}"));
    for entry in entries() {
        let tensor = read.tensor(entry.name).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        assert_eq!(tensor.shape(), &entry.shape[..], "the shape of {}", entry.name);
        assert_eq!(format!("{:?}", tensor.dtype()), entry.dtype, "the type of {}", entry.name);
    }
    assert_eq!(read.tensor("flags").unwrap().data(), [40, 41, 42]);
    // No array at all, and no text.
    assert!(SafeTensors::deserialize(&header(&[], &BTreeMap::new())).is_ok(), "a file without arrays");
}
