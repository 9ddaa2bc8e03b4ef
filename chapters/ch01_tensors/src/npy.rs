//! `.npy` files: one array on disk, as numpy writes it.
//!
//! A short header says the type, the order and the shape; the elements follow as they lie in memory. Read here: format
//! versions 1 to 3, either byte order, C and Fortran order, f32, f64, i32, i64, u8, bool and text (`<U`).
//! Written: version 1, little-endian, C order.
//!
//! Follows `np.load` and `np.save` with `allow_pickle=False`. Left out: memory mapping, structured types, pickles.

use std::io;
use std::path::Path;

use crate::npy_header::{self, Descr, Parsed};
use crate::save::write_atomic;
use crate::{Array, Element, Shape, Tensor};

/// Why an array could not be read or written, and where.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct NpyError {
    /// The file, and the entry if it has several: `values.npz: weight`.
    pub place: String,
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
    /// The magic number is missing.
    #[error("this is not a .npy file (its first bytes are not \\x93NUMPY)")]
    NotNpy,
    /// A format version that numpy has never written.
    #[error("version {0}.{1} of the .npy format is not known")]
    Version(u8, u8),
    /// The file ends inside the header.
    #[error("the file ends inside the header")]
    TruncatedHeader,
    /// The header makes no sense.
    #[error("bad header: {0}")]
    Header(String),
    /// Elements of a type that this library does not have.
    #[error("elements of type {0} are not supported (f32, f64, i32, i64, u8, bool and text are)")]
    Type(String),
    /// More or fewer bytes than the shape needs.
    #[error("shape {shape} needs {expected} bytes of data, the file has {found}")]
    Length {
        /// The shape in the header.
        shape: String,
        /// Bytes that it needs.
        expected: usize,
        /// Bytes that are there.
        found: usize,
    },
    /// Text that is not valid.
    #[error("element {0} is not valid text")]
    Text(usize),
    /// The array is of another type than was asked for.
    #[error("holds {found}, not {wanted}")]
    WrongType {
        /// The type that was asked for.
        wanted: &'static str,
        /// The type that is there.
        found: &'static str,
    },
    /// The archive around the arrays is broken.
    #[error("bad archive: {0}")]
    Archive(String),
}

impl Problem {
    pub(crate) fn at(self, place: impl Into<String>) -> NpyError {
        NpyError { place: place.into(), problem: self }
    }
}

/// The arrays that a file can hold.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Values {
    F32(Tensor),
    F64(Array<f64>),
    I32(Array<i32>),
    I64(Array<i64>),
    U8(Array<u8>),
    Bool(Array<bool>),
    Text {
        /// The shape; `[]` for a single string.
        shape: Shape,
        /// The strings in row-major order.
        items: Vec<String>,
    },
}

/// An array from a file, of whatever type it was, with the place it came from for error messages.
#[derive(Clone, Debug, PartialEq)]
pub struct NpyArray {
    place: String,
    values: Values,
}

macro_rules! accessors {
    ($($name:ident $variant:ident $type:ty),*) => {
        impl NpyArray {
            $(#[doc = concat!("The array, if it holds `", stringify!($type), "`.")]
            ///
            /// # Errors
            /// [`Problem::WrongType`], naming the entry.
            pub fn $name(&self) -> Result<Array<$type>, NpyError> {
                match &self.values {
                    Values::$variant(array) => Ok(array.clone()),
                    _ => Err(self.wrong(stringify!($type))),
                }
            })*
        }

        $(impl From<Array<$type>> for NpyArray {
            fn from(array: Array<$type>) -> Self {
                NpyArray { place: String::new(), values: Values::$variant(array) }
            }
        }

        impl NpyElement for $type {
            fn take(array: &NpyArray) -> Result<Array<$type>, NpyError> {
                array.$name()
            }
        })*
    };
}

/// The types that files hold: every [`Element`].
pub trait NpyElement: Element {
    /// The array, if it holds elements of this type.
    ///
    /// # Errors
    /// [`Problem::WrongType`], naming the entry.
    fn take(array: &NpyArray) -> Result<Array<Self>, NpyError>;
}

accessors!(f32 F32 f32, f64 F64 f64, i32 I32 i32, i64 I64 i64, u8 U8 u8, bool Bool bool);

impl From<Vec<String>> for NpyArray {
    fn from(items: Vec<String>) -> Self {
        NpyArray { place: String::new(), values: Values::Text { shape: [items.len()].into(), items } }
    }
}

impl NpyArray {
    /// The values with their type, to match on.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The strings in row-major order, if it holds text.
    ///
    /// # Errors
    /// [`Problem::WrongType`], naming the entry.
    pub fn text(&self) -> Result<Vec<String>, NpyError> {
        match &self.values {
            Values::Text { items, .. } => Ok(items.clone()),
            _ => Err(self.wrong("text")),
        }
    }

    /// The length of each axis.
    pub fn shape(&self) -> &Shape {
        match &self.values {
            Values::F32(a) => a.shape(),
            Values::F64(a) => a.shape(),
            Values::I32(a) => a.shape(),
            Values::I64(a) => a.shape(),
            Values::U8(a) => a.shape(),
            Values::Bool(a) => a.shape(),
            Values::Text { shape, .. } => shape,
        }
    }

    /// The same array, said to come from `place` in error messages.
    pub fn at(self, place: impl Into<String>) -> Self {
        NpyArray { place: place.into(), ..self }
    }

    fn wrong(&self, wanted: &'static str) -> NpyError {
        let found = match self.values {
            Values::F32(_) => "f32",
            Values::F64(_) => "f64",
            Values::I32(_) => "i32",
            Values::I64(_) => "i64",
            Values::U8(_) => "u8",
            Values::Bool(_) => "bool",
            Values::Text { .. } => "text",
        };
        Problem::WrongType { wanted, found }.at(&self.place)
    }

    /// Reads the content of a `.npy` file; `place` names it in errors.
    pub(crate) fn decode(place: String, file: &[u8]) -> Result<Self, NpyError> {
        match npy_header::parse(file).and_then(|parsed| decode_values(&parsed)) {
            Ok(values) => Ok(NpyArray { place, values }),
            Err(problem) => Err(problem.at(place)),
        }
    }

    /// The content of a `.npy` file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match &self.values {
            Values::F32(a) => encode_numbers("<f4", a, f32::to_le_bytes),
            Values::F64(a) => encode_numbers("<f8", a, f64::to_le_bytes),
            Values::I32(a) => encode_numbers("<i4", a, i32::to_le_bytes),
            Values::I64(a) => encode_numbers("<i8", a, i64::to_le_bytes),
            Values::U8(a) => encode_numbers("|u1", a, u8::to_le_bytes),
            Values::Bool(a) => encode_numbers("|b1", a, |x| [u8::from(x)]),
            Values::Text { shape, items } => {
                let width = items.iter().map(|item| item.chars().count()).max().unwrap_or(0).max(1);
                let mut file = npy_header::format(&format!("<U{width}"), shape);
                for item in items {
                    let codes = item.chars().map(u32::from).chain(std::iter::repeat(0)).take(width);
                    file.extend(codes.flat_map(u32::to_le_bytes));
                }
                file
            }
        }
    }
}

fn encode_numbers<T: Element, const N: usize>(
    descr: &str,
    array: &Array<T>,
    to_bytes: impl Fn(T) -> [u8; N],
) -> Vec<u8> {
    let array = array.clone().contiguous();
    let mut file = npy_header::format(descr, array.shape());
    file.reserve(N * array.size());
    file.extend(array.data().iter().flat_map(|&x| to_bytes(x)));
    file
}

fn decode_values(parsed: &Parsed<'_>) -> Result<Values, Problem> {
    let Descr { kind, size, .. } = parsed.descr;
    Ok(match (kind, size) {
        ('f', 4) => Values::F32(decode_numbers(parsed, f32::from_le_bytes)),
        ('f', 8) => Values::F64(decode_numbers(parsed, f64::from_le_bytes)),
        ('i', 4) => Values::I32(decode_numbers(parsed, i32::from_le_bytes)),
        ('i', 8) => Values::I64(decode_numbers(parsed, i64::from_le_bytes)),
        ('u', 1) => Values::U8(decode_numbers(parsed, u8::from_le_bytes)),
        ('b', 1) => Values::Bool(decode_numbers(parsed, |[byte]| byte != 0)),
        ('U', width) => Values::Text { shape: parsed.shape, items: decode_text(parsed, width)? },
        _ => return Err(Problem::Type(format!("`{kind}{size}`"))),
    })
}

fn decode_numbers<T: Element, const N: usize>(
    parsed: &Parsed<'_>,
    from_bytes: impl Fn([u8; N]) -> T,
) -> Array<T> {
    // A Fortran-order array is the transpose of a C-order one of reversed shape.
    let mut shape = parsed.shape;
    if parsed.fortran {
        shape.reverse();
    }
    let mut array = Array::scratch(shape);
    for (element, &bytes) in array.data_mut().iter_mut().zip(parsed.data.as_chunks::<N>().0) {
        let mut bytes = bytes;
        if parsed.descr.big_endian {
            bytes.reverse();
        }
        *element = from_bytes(bytes);
    }
    if parsed.fortran { reversed(array) } else { array }
}

fn reversed<T: Element>(array: Array<T>) -> Array<T> {
    let order: crate::Strides = (0..array.ndim() as isize).rev().collect();
    array.permute(order).contiguous()
}

fn decode_text(parsed: &Parsed<'_>, width: usize) -> Result<Vec<String>, Problem> {
    let codes = parsed.data.as_chunks::<4>().0.iter().map(|&bytes| {
        if parsed.descr.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    });
    let codes: Vec<u32> = codes.collect();
    let item = |index: usize| -> Result<String, Problem> {
        let codes = &codes[index * width..][..width];
        let end = codes.iter().rposition(|&code| code != 0).map_or(0, |last| last + 1);
        let letters = codes[..end].iter().map(|&code| char::from_u32(code));
        letters.collect::<Option<String>>().ok_or(Problem::Text(index))
    };
    // Width 0 needs no bytes for any number of strings; numpy writes that only for empty arrays.
    if width == 0 && parsed.shape.size() > 1 {
        return Err(Problem::Header("strings of no letters".to_owned()));
    }
    let size = parsed.shape.size();
    if !parsed.fortran {
        return (0..size).map(item).collect();
    }
    let mut shape = parsed.shape;
    shape.reverse();
    let places = reversed(Array::<i64>::arange(0, size as i64, 1).reshape(shape));
    places.iter().map(|place| item(place as usize)).collect()
}

/// Reads a `.npy` file of elements of type `T` (`np.load`).
///
/// # Errors
/// When the file cannot be read, is damaged, or holds another type.
pub fn read<T: NpyElement>(path: impl AsRef<Path>) -> Result<Array<T>, NpyError> {
    T::take(&read_any(path)?)
}

/// Reads a `.npy` file of any type (`np.load`).
///
/// # Errors
/// When the file cannot be read or is damaged.
pub fn read_any(path: impl AsRef<Path>) -> Result<NpyArray, NpyError> {
    let place = path.as_ref().display().to_string();
    match std::fs::read(path) {
        Ok(file) => NpyArray::decode(place, &file),
        Err(error) => Err(Problem::Io(error).at(place)),
    }
}

/// Writes an array as a `.npy` file (`np.save`). The file appears whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: impl AsRef<Path>, array: impl Into<NpyArray>) -> Result<(), NpyError> {
    let path = path.as_ref();
    write_atomic(path, &array.into().encode()).map_err(|e| Problem::Io(e).at(path.display().to_string()))
}
