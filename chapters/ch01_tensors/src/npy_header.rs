//! The header of a `.npy` file: a magic number, a version, and a Python dictionary in text.
//!
//! ```text
//! \x93NUMPY  1 0  <length, little-endian>  {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n
//! ```
//!
//! The length takes two bytes in version 1 and four in versions 2 and 3. Nothing is allocated from a number that the
//! header claims before it has been checked against the bytes that are there.
//! Format: numpy.lib.format. Left out: structured and object types.

use crate::npy::Problem;
use crate::{MAX_NDIM, Shape};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// numpy refuses headers above 10 kB, because parsing Python literals of any length is not safe there; we are generous.
const MAX_HEADER: usize = 1 << 16;

/// What the elements of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descr {
    /// The kind of number, as numpy writes it: `f` float, `i` integer, `u` unsigned, `b` bool, `U` text.
    pub kind: char,
    /// The size in bytes; for text, in characters of four bytes.
    pub size: usize,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
}

impl Descr {
    /// Bytes per element.
    pub fn bytes(&self) -> Option<usize> {
        if self.kind == 'U' { self.size.checked_mul(4) } else { Some(self.size) }
    }

    fn parse(text: &str) -> Option<Descr> {
        let mut letters = text.chars();
        let order = letters.next().filter(|order| "<>|=".contains(*order))?;
        let kind = letters.next().filter(char::is_ascii_alphabetic)?;
        let size = letters.as_str().parse().ok()?;
        let big_endian = order == '>' || (order == '=' && cfg!(target_endian = "big"));
        let known = matches!((kind, size), ('f', 4 | 8) | ('i', 4 | 8) | ('u' | 'b', 1) | ('U', _));
        known.then_some(Descr { kind, size, big_endian })
    }
}

/// The header, checked, and the bytes of the elements behind it.
pub(crate) struct Parsed<'a> {
    pub descr: Descr,
    pub fortran: bool,
    pub shape: Shape,
    pub data: &'a [u8],
}

/// Splits a file into header and data. The data has exactly the length that the header asks for.
pub(crate) fn parse(file: &[u8]) -> Result<Parsed<'_>, Problem> {
    let bad = |what: &str| Problem::Header(what.to_owned());
    let rest = file.strip_prefix(MAGIC).ok_or(Problem::NotNpy)?;
    let (&[major, minor], rest) = rest.split_first_chunk().ok_or(Problem::TruncatedHeader)?;
    let (length, rest) = match (major, minor) {
        (1, 0) => {
            let (length, rest) = rest.split_first_chunk().ok_or(Problem::TruncatedHeader)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        (2 | 3, 0) => {
            let (length, rest) = rest.split_first_chunk().ok_or(Problem::TruncatedHeader)?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
        _ => return Err(Problem::Version(major, minor)),
    };
    if length > MAX_HEADER {
        return Err(Problem::Header(format!("it claims to be {length} bytes long")));
    }
    let (text, data) = rest.split_at_checked(length).ok_or(Problem::TruncatedHeader)?;
    let text = std::str::from_utf8(text).map_err(|_| bad("it is not text"))?;

    let mut scan = Scan(text);
    let (mut descr, mut fortran, mut shape) = (None, None, None);
    scan.expect('{')?;
    while !scan.take('}') {
        let key = scan.string()?;
        scan.expect(':')?;
        match key {
            "descr" if scan.peek('[') => return Err(Problem::Type("a structured type".to_owned())),
            "descr" => {
                let text = scan.string()?;
                descr = Some(Descr::parse(text).ok_or_else(|| Problem::Type(format!("`{text}`")))?);
            }
            "fortran_order" => fortran = Some(scan.truth()?),
            "shape" => shape = Some(scan.tuple()?),
            _ => return Err(Problem::Header(format!("it has the unknown key `{key}`"))),
        }
        if !scan.take(',') {
            scan.expect('}')?;
            break;
        }
    }
    let descr = descr.ok_or_else(|| bad("it lacks `descr`"))?;
    let fortran = fortran.ok_or_else(|| bad("it lacks `fortran_order`"))?;
    let shape = shape.ok_or_else(|| bad("it lacks `shape`"))?;

    let size = shape.checked_size().zip(descr.bytes()).and_then(|(count, bytes)| count.checked_mul(bytes));
    match size {
        Some(size) if size == data.len() => Ok(Parsed { descr, fortran, shape, data }),
        Some(size) if size < isize::MAX as usize => {
            Err(Problem::Length { shape: format!("{shape:?}"), expected: size, found: data.len() })
        }
        _ => Err(Problem::Header(format!("the shape {shape:?} does not fit in memory"))),
    }
}

/// The header for an array, padded with spaces so that the data begins at a multiple of 64, as numpy writes it.
pub(crate) fn format(descr: &str, shape: &[usize]) -> Vec<u8> {
    let lengths: Vec<String> = shape.iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let shape = format!("({}{comma})", lengths.join(", "));
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let before = MAGIC.len() + 4;
    let total = (before + text.len() + 1).next_multiple_of(64);
    text.extend(std::iter::repeat_n(' ', total - before - text.len() - 1));
    text.push('\n');
    let length = u16::try_from(text.len()).expect("a header of at most eight axes is short");
    [&MAGIC[..], &[1, 0], &length.to_le_bytes(), text.as_bytes()].concat()
}

/// A reader of the few Python literals that a header is made of.
struct Scan<'a>(&'a str);

impl<'a> Scan<'a> {
    fn peek(&mut self, letter: char) -> bool {
        self.0 = self.0.trim_start();
        self.0.starts_with(letter)
    }

    fn take(&mut self, letter: char) -> bool {
        let found = self.peek(letter);
        if found {
            self.0 = &self.0[letter.len_utf8()..];
        }
        found
    }

    fn expect(&mut self, letter: char) -> Result<(), Problem> {
        if self.take(letter) { Ok(()) } else { Err(self.error(&format!("`{letter}`"))) }
    }

    fn error(&self, wanted: &str) -> Problem {
        let here: String = self.0.trim_start().chars().take(20).collect();
        Problem::Header(format!("{wanted} expected at `{here}`"))
    }

    fn string(&mut self) -> Result<&'a str, Problem> {
        let quote = if self.peek('"') { '"' } else { '\'' };
        self.expect(quote)?;
        let (text, rest) = self.0.split_once(quote).ok_or_else(|| self.error("the end of a string"))?;
        self.0 = rest;
        Ok(text)
    }

    fn truth(&mut self) -> Result<bool, Problem> {
        self.0 = self.0.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.0.strip_prefix(word) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err(self.error("True or False"))
    }

    fn tuple(&mut self) -> Result<Shape, Problem> {
        let mut shape = Shape::new(&[]);
        self.expect('(')?;
        while !self.take(')') {
            self.0 = self.0.trim_start();
            let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
            let length = self.0[..end].parse().map_err(|_| self.error("an axis length"))?;
            if shape.len() == MAX_NDIM {
                return Err(Problem::Header(format!("arrays here have at most {MAX_NDIM} axes")));
            }
            shape = shape.with(shape.len(), length);
            self.0 = &self.0[end..];
            self.take('L'); // Python 2 wrote long integers so.
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(shape)
    }
}
