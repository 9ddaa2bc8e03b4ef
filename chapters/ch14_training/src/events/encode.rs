//! The bytes of an event: Protocol Buffers in TFRecord frames.
//!
//! A message is a list of fields, each a number `field << 3 | kind` and a value: kind 0 is an integer, seven bits to a
//! byte, lowest first; kind 1 eight bytes; kind 5 four; kind 2 a length and as many bytes (texts, inner messages, lists of
//! numbers). A field that is 0 is left out. Of TensorBoard's messages we need
//!
//! ```text
//! Event      1 wall_time: f64   2 step: int   3 file_version: text | 5 summary: Summary | 7 session_log: SessionLog
//! Summary    1 value: Value, repeated
//! Value      1 tag: text   2 simple_value: f32 | 4 image: Image | 5 histo: Histogram
//! Image      1 height   2 width   3 colorspace (1: grey)   4 encoded image: bytes
//! Histogram  1 min   2 max   3 num   4 sum   5 sum_squares: f64   6 bucket_limit   7 bucket: f64, repeated
//! SessionLog 1 status (1: start)
//! ```
//!
//! A TFRecord frame is the length in eight bytes, its checksum, the message, its checksum.

use super::crc32c::masked;

/// What an event says.
#[derive(Clone, Copy, Debug)]
pub enum Said<'a> {
    /// The first event of each file: how it is to be read.
    Version,
    /// A training begins or goes on at this step; what a killed one has written from here on does not count.
    Start,
    /// A point of a curve.
    Scalar(&'a str, f32),
    /// How numbers are distributed.
    Histogram(&'a str, &'a Histogram),
    /// A grey picture as PNG: name, height, width, bytes.
    Image(&'a str, u64, u64, &'a [u8]),
}

/// Numbers in classes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// The smallest number.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// How many.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_squares: f64,
    /// The right end of each class.
    pub limits: Vec<f64>,
    /// How many numbers are in each.
    pub counts: Vec<f64>,
}

impl Histogram {
    /// Classes of equal width from the smallest number to the largest. What is not finite is not counted.
    pub fn new(values: impl IntoIterator<Item = f64>, classes: usize) -> Self {
        let values: Vec<f64> = values.into_iter().filter(|x| x.is_finite()).collect();
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut of = Histogram::default();
        for &x in &values {
            (min, max) = (min.min(x), max.max(x));
            of.count += 1.0;
            of.sum += x;
            of.sum_squares += x * x;
        }
        if of.count == 0.0 {
            return of;
        }
        let classes = if min == max { 1 } else { classes.max(1) };
        let width = (max - min) / classes as f64;
        of.limits = (1..=classes).map(|i| if i == classes { max } else { min + i as f64 * width }).collect();
        of.counts = vec![0.0; classes];
        for x in values {
            let class = if width > 0.0 { ((x - min) / width) as usize } else { 0 };
            of.counts[class.min(classes - 1)] += 1.0;
        }
        Histogram { min, max, ..of }
    }
}

/// A message that grows field by field; numbers that are 0 are left out.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value > 127 {
            self.0.push(value as u8 | 128);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn integer(mut self, field: u64, value: u64) -> Self {
        if value != 0 {
            self.varint(field << 3);
            self.varint(value);
        }
        self
    }

    fn double(mut self, field: u64, value: f64) -> Self {
        if value.to_bits() != 0 {
            self.varint(field << 3 | 1);
            self.0.extend(value.to_le_bytes());
        }
        self
    }

    /// Written even if it is 0: one of several fields, whose presence says which.
    fn float(mut self, field: u64, value: f32) -> Self {
        self.varint(field << 3 | 5);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    fn doubles(self, field: u64, values: &[f64]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        if bytes.is_empty() { self } else { self.bytes(field, &bytes) }
    }
}

// ANCHOR: event
/// The message of an event at `wall_time` (seconds since 1970) and `step`.
pub fn message(wall_time: f64, step: u64, said: Said<'_>) -> Vec<u8> {
    let event = Message::default().double(1, wall_time).integer(2, step);
    let value = |tag: &str| Message::default().bytes(1, tag.as_bytes());
    let value = match said {
        Said::Version => return event.bytes(3, b"brain.Event:2").0,
        Said::Start => return event.bytes(7, &Message::default().integer(1, 1).0).0,
        Said::Scalar(tag, number) => value(tag).float(2, number),
        Said::Histogram(tag, of) => {
            let numbers = [of.min, of.max, of.count, of.sum, of.sum_squares];
            let fields = numbers.into_iter().zip(1..);
            let message =
                fields.fold(Message::default(), |message, (number, field)| message.double(field, number));
            value(tag).bytes(5, &message.doubles(6, &of.limits).doubles(7, &of.counts).0)
        }
        Said::Image(tag, height, width, png) => {
            let image = Message::default().integer(1, height).integer(2, width).integer(3, 1);
            value(tag).bytes(4, &image.bytes(4, png).0)
        }
    };
    event.bytes(5, &Message::default().bytes(1, &value.0).0).0
}

/// A message in its frame, as it stands in the file.
pub fn record(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u64).to_le_bytes();
    let mut frame = length.to_vec();
    frame.extend(masked(&length).to_le_bytes());
    frame.extend(message);
    frame.extend(masked(message).to_le_bytes());
    frame
}
// ANCHOR_END: event
