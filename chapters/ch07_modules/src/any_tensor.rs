//! An array of any type that can be stored in a safetensors file.

use std::io::{self, Read, Write};

use ch01_tensors::{Array, Element, Shape};

/// Elements per read or write: files go through a buffer of this many, not through a second copy of everything.
const CHUNK: usize = 8192;

/// An array of one of the types that files can hold.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyTensor {
    /// 64-bit integers.
    I64(Array<i64>),
    /// 64-bit floats.
    F64(Array<f64>),
    /// 32-bit floats.
    F32(Array<f32>),
    /// 32-bit integers.
    I32(Array<i32>),
    /// Bytes.
    U8(Array<u8>),
}

macro_rules! each {
    ($any:expr, $array:ident => $result:expr) => {
        match $any {
            AnyTensor::I64($array) => $result,
            AnyTensor::F64($array) => $result,
            AnyTensor::F32($array) => $result,
            AnyTensor::I32($array) => $result,
            AnyTensor::U8($array) => $result,
        }
    };
}

impl AnyTensor {
    /// The format's name for the type: `F32`.
    pub fn dtype(&self) -> &'static str {
        match self {
            AnyTensor::I64(_) => "I64",
            AnyTensor::F64(_) => "F64",
            AnyTensor::F32(_) => "F32",
            AnyTensor::I32(_) => "I32",
            AnyTensor::U8(_) => "U8",
        }
    }

    /// The length of each axis.
    pub fn shape(&self) -> &Shape {
        each!(self, array => array.shape())
    }

    /// How many bytes the elements take in a file.
    pub fn bytes(&self) -> usize {
        each!(self, array => bytes_of(array))
    }

    /// Where the type stands in a file: the widest come first, so that every array begins at a multiple of its
    /// element's size. Among equals, the order of the safetensors crate.
    pub(crate) fn order(&self) -> usize {
        ["I64", "F64", "F32", "I32", "U8"]
            .iter()
            .position(|&dtype| dtype == self.dtype())
            .unwrap_or(usize::MAX)
    }

    pub(crate) fn write_to(&self, file: &mut dyn Write) -> io::Result<()> {
        match self {
            AnyTensor::I64(array) => write(array, file, i64::to_le_bytes),
            AnyTensor::F64(array) => write(array, file, f64::to_le_bytes),
            AnyTensor::F32(array) => write(array, file, f32::to_le_bytes),
            AnyTensor::I32(array) => write(array, file, i32::to_le_bytes),
            AnyTensor::U8(array) => write(array, file, u8::to_le_bytes),
        }
    }

    /// Reads the elements of an array; `None` for a type that we do not have.
    pub(crate) fn read_from(file: &mut dyn Read, dtype: &str, shape: Shape) -> Option<io::Result<Self>> {
        Some(match dtype {
            "I64" => read(file, shape, i64::from_le_bytes).map(AnyTensor::I64),
            "F64" => read(file, shape, f64::from_le_bytes).map(AnyTensor::F64),
            "F32" => read(file, shape, f32::from_le_bytes).map(AnyTensor::F32),
            "I32" => read(file, shape, i32::from_le_bytes).map(AnyTensor::I32),
            "U8" => read(file, shape, u8::from_le_bytes).map(AnyTensor::U8),
            _ => return None,
        })
    }
}

macro_rules! from {
    ($type:ty, $variant:ident) => {
        impl From<Array<$type>> for AnyTensor {
            fn from(array: Array<$type>) -> Self {
                AnyTensor::$variant(array)
            }
        }
    };
}

from!(i64, I64);
from!(f64, F64);
from!(f32, F32);
from!(i32, I32);
from!(u8, U8);

fn bytes_of<T: Element>(array: &Array<T>) -> usize {
    array.size() * size_of::<T>()
}

fn write<T: Element, const N: usize>(
    array: &Array<T>,
    file: &mut dyn Write,
    to_bytes: fn(T) -> [u8; N],
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(CHUNK * N);
    for chunk in array.clone().contiguous().data().chunks(CHUNK) {
        buffer.clear();
        buffer.extend(chunk.iter().flat_map(|&element| to_bytes(element)));
        file.write_all(&buffer)?;
    }
    Ok(())
}

fn read<T: Element, const N: usize>(
    file: &mut dyn Read,
    shape: Shape,
    from_bytes: fn([u8; N]) -> T,
) -> io::Result<Array<T>> {
    let mut array = Array::scratch(shape);
    let mut buffer = vec![0; CHUNK * N];
    for chunk in array.data_mut().chunks_mut(CHUNK) {
        let bytes = &mut buffer[..chunk.len() * N];
        file.read_exact(bytes)?;
        for (element, bytes) in chunk.iter_mut().zip(bytes.as_chunks().0) {
            *element = from_bytes(*bytes);
        }
    }
    Ok(array)
}
