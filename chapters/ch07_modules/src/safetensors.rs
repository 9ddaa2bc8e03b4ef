//! Weights in files that other programs read too: the safetensors format (`safetensors.torch.save_file`, `load_file`).
//!
//! A short header says what is where (see [`header`]), the elements follow as they are. Nothing in such
//! a file can run, unlike a pickle; and whatever is damaged or untrue in the header is an error before anything is
//! allocated for it.
//!
//! Files are read and written in pieces, so there is never a second copy of the weights in memory. Written files appear
//! whole or not at all. Left out: half precision (chapter 21), memory mapping, writing only a part.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use ::safetensors::tensor::Metadata;
use ch01_tensors::{MAX_NDIM, Shape, Tensor, write_atomic_with};
use ch07_modules::{AnyTensor, TensorEntry, header};

/// The longest header that is read, as in the safetensors crate.
const MAX_HEADER: u64 = 100_000_000;

/// Texts by name: what a file says about itself.
pub type Texts = BTreeMap<String, String>;

/// Why a file could not be read or written, and which.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

/// What can be wrong with a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Fewer bytes than a header needs.
    #[error("cut short: {length} bytes, but the header alone takes {needed}")]
    Short {
        /// The length of the file.
        length: u64,
        /// Where the header ends.
        needed: u64,
    },
    /// A length that no header has.
    #[error("not a safetensors file: it begins with a header length of {0} bytes")]
    HeaderLength(u64),
    /// The header cannot be understood, or contradicts itself.
    #[error("damaged header: {0}")]
    Header(String),
    /// More or fewer elements than the header says.
    #[error("{found} bytes of elements, but the header describes {expected}: cut short or damaged")]
    Length {
        /// Bytes that the header describes.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// An array that has more axes or a larger size than ours can have.
    #[error("{name} has shape {shape:?}: arrays have at most {MAX_NDIM} axes, and fewer than 2^63 elements")]
    Shape {
        /// The array's name.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// Another type of element than was asked for, or one that is not supported.
    #[error("{name} holds {found}, and {wanted} is wanted")]
    Type {
        /// The array's name.
        name: String,
        /// The type in the file.
        found: String,
        /// The type that would do.
        wanted: &'static str,
    },
    /// An array may not have this name.
    #[error("no array can be called `{0}`: the format uses that name itself")]
    Name(String),
}

/// Writes arrays and texts (`save_file(tensors, path, metadata)`). The file appears whole or not at all.
///
/// # Errors
/// When the system refuses, or an array is called `__metadata__`. What stood in the file before is untouched then.
///
/// ```no_run
/// # use ch01_tensors::Rng;
/// # use ch05_backprop::Linear;
/// # use ch07_modules::{load_state_dict, safetensors, state_dict};
/// # let mut model = Linear::new(4, 3, &mut Rng::new(0, "init"));
/// safetensors::write("model.safetensors", &state_dict(&mut model), &Default::default())?;
/// let (state, _) = safetensors::read("model.safetensors")?;
/// load_state_dict(&mut model, &state)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write(
    path: impl AsRef<Path>,
    tensors: &BTreeMap<String, Tensor>,
    metadata: &Texts,
) -> Result<(), FileError> {
    let any = tensors.iter().map(|(name, tensor)| (name.clone(), tensor.clone().into())).collect();
    write_any(path, &any, metadata)
}

/// Writes arrays of any types, and texts; see [`write()`].
///
/// # Errors
/// As [`write()`].
pub fn write_any(
    path: impl AsRef<Path>,
    tensors: &BTreeMap<String, AnyTensor>,
    metadata: &Texts,
) -> Result<(), FileError> {
    let path = path.as_ref();
    let at = |problem| FileError { path: path.to_owned(), problem };
    if tensors.contains_key("__metadata__") {
        return Err(at(Problem::Name("__metadata__".into())));
    }
    write_atomic_with(path, |file| write_to(file, tensors, metadata)).map_err(|error| at(error.into()))
}

// ANCHOR: write_to
/// Writes the bytes of a file anywhere: header, then the elements of each array.
///
/// # Errors
/// When the writer fails.
pub fn write_to(
    file: &mut dyn Write,
    tensors: &BTreeMap<String, AnyTensor>,
    metadata: &Texts,
) -> io::Result<()> {
    let mut tensors: Vec<(&String, &AnyTensor)> = tensors.iter().collect();
    tensors.sort_by_key(|(_, tensor)| tensor.order()); // stable: among equals the order of the names stays
    let entry = |&(name, tensor): &(&'_ String, &AnyTensor)| {
        (name.clone(), tensor.dtype(), *tensor.shape(), tensor.bytes())
    };
    let described: Vec<_> = tensors.iter().map(entry).collect();
    let entries: Vec<TensorEntry<'_>> = described
        .iter()
        .map(|(name, dtype, shape, bytes)| TensorEntry { name, dtype, shape: *shape, bytes: *bytes })
        .collect();
    file.write_all(&header(&entries, metadata))?;
    tensors.iter().try_for_each(|(_, tensor)| tensor.write_to(file))
}
// ANCHOR_END: write_to

/// Reads a file that holds nothing but 32-bit floats (`load_file(path)`), and its texts.
///
/// # Errors
/// When the system refuses, the file is damaged, or an array is of another type.
pub fn read(path: impl AsRef<Path>) -> Result<(BTreeMap<String, Tensor>, Texts), FileError> {
    let path = path.as_ref();
    let (any, metadata) = read_any(path)?;
    let mut tensors = BTreeMap::new();
    for (name, tensor) in any {
        match tensor {
            AnyTensor::F32(tensor) => tensors.insert(name, tensor),
            other => {
                let problem = Problem::Type { name, found: other.dtype().into(), wanted: "F32" };
                return Err(FileError { path: path.to_owned(), problem });
            }
        };
    }
    Ok((tensors, metadata))
}

/// Reads a file with arrays of any of our types, and its texts.
///
/// # Errors
/// When the system refuses, the file is damaged, or an array is of a type that we do not have.
pub fn read_any(path: impl AsRef<Path>) -> Result<(BTreeMap<String, AnyTensor>, Texts), FileError> {
    let path = path.as_ref();
    let read = || {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        read_from(&mut BufReader::new(file), length)
    };
    read().map_err(|problem| FileError { path: path.to_owned(), problem })
}

// ANCHOR: read_from
/// Reads the bytes of a file from anywhere; `length` says how many there are.
///
/// # Errors
/// As [`read_any`].
pub fn read_from(file: &mut dyn Read, length: u64) -> Result<(BTreeMap<String, AnyTensor>, Texts), Problem> {
    let found = length.checked_sub(8).ok_or(Problem::Short { length, needed: 8 })?;
    let mut number = [0; 8];
    file.read_exact(&mut number)?;
    let header_length = u64::from_le_bytes(number);
    if header_length > MAX_HEADER {
        return Err(Problem::HeaderLength(header_length));
    }
    let needed = 8 + header_length;
    let found = found.checked_sub(header_length).ok_or(Problem::Short { length, needed })?;
    let mut text = vec![0; header_length as usize];
    file.read_exact(&mut text)?;

    // The safetensors crate checks that the arrays lie one behind the other and that each has as many bytes as its
    // shape and type need; the sum is compared with the file here.
    let header: Metadata =
        serde_json::from_slice(&text).map_err(|error| Problem::Header(error.to_string()))?;
    let expected = header.data_len() as u64;
    if expected != found {
        return Err(Problem::Length { expected, found });
    }
    let mut tensors = BTreeMap::new();
    for name in header.offset_keys() {
        let Some(info) = header.info(&name) else { continue };
        let shape = shape_of(&info.shape)
            .ok_or_else(|| Problem::Shape { name: name.clone(), shape: info.shape.clone() })?;
        let dtype = format!("{:?}", info.dtype);
        let tensor = match AnyTensor::read_from(file, &dtype, shape) {
            Some(tensor) => tensor?,
            None => return Err(Problem::Type { name, found: dtype, wanted: "I64, F64, F32, I32 or U8" }),
        };
        tensors.insert(name, tensor);
    }
    let metadata =
        header.metadata().iter().flatten().map(|(key, text)| (key.clone(), text.clone())).collect();
    Ok((tensors, metadata))
}
// ANCHOR_END: read_from

/// A shape that our arrays can have: few axes, and a size that fits even if lengths of 0 are left out.
fn shape_of(lengths: &[usize]) -> Option<Shape> {
    let mut positive = lengths.iter().filter(|&&length| length > 0);
    positive.try_fold(1isize, |size, &length| size.checked_mul(length.try_into().ok()?))?;
    (lengths.len() <= MAX_NDIM).then(|| Shape::new(lengths))
}
