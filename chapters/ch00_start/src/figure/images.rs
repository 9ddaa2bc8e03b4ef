//! Grids of small images, and the few lines that it takes to put pixels into an SVG file: PNG and base64.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{FigureError, Picture, px, save, text, text_width};

/// One small image with a caption.
#[derive(Debug, Clone)]
pub struct Image {
    caption: String,
    width: usize,
    height: usize,
    /// Red, green, blue of every pixel, row by row.
    pixels: Vec<[u8; 3]>,
}

impl Image {
    /// A grey image, `[height, width]` row by row, from 0 (black) to 1 (white); what lies outside is clamped.
    ///
    /// # Panics
    /// When there are not `height * width` values.
    #[track_caller]
    pub fn gray(caption: &str, height: usize, width: usize, values: &[f32]) -> Self {
        let want = height * width;
        assert_eq!(values.len(), want, "Image::gray: {} values for [{height}, {width}]", values.len());
        let pixels = values.iter().map(|&v| [byte(v); 3]).collect();
        Image { caption: caption.to_owned(), width, height, pixels }
    }

    /// A coloured image, `[3, height, width]`: all of red, then green, then blue, from 0 to 1.
    ///
    /// # Panics
    /// When there are not `3 * height * width` values.
    #[track_caller]
    pub fn rgb(caption: &str, height: usize, width: usize, values: &[f32]) -> Self {
        let plane = height * width;
        assert_eq!(values.len(), 3 * plane, "Image::rgb: {} values for [3, {height}, {width}]", values.len());
        let pixels = (0..plane).map(|i| [0, 1, 2].map(|c| byte(values[c * plane + i]))).collect();
        Image { caption: caption.to_owned(), width, height, pixels }
    }
}

fn byte(value: f32) -> u8 {
    (value * 255.0).round().clamp(0.0, 255.0) as u8 // NaN gives 0
}

/// Draws images in rows of `columns`, each with its caption below.
///
/// # Errors
/// When there is no image or no column.
pub fn image_grid(path: &Path, title: &str, columns: usize, images: &[Image]) -> Result<(), FigureError> {
    if images.is_empty() || columns == 0 || images.iter().any(|i| i.pixels.is_empty()) {
        return Err(FigureError::Draw(format!("{title}: no images")));
    }
    let columns = columns.min(images.len());
    let rows = images.len().div_ceil(columns);
    let captioned = images.iter().any(|image| !image.caption.is_empty());
    let cell = (700.0 / columns as f64).min(120.0);
    let below = if captioned { 20.0 } else { 6.0 };
    let room = (cell * columns as f64 + 40.0).max(text_width(title, 17.0) + 40.0).max(260.0);
    let left = (room - cell * columns as f64) / 2.0;
    let size = (room as u32, (46.0 + rows as f64 * (cell + below) + 14.0) as u32);
    save(path, title, size, |root| {
        let mut pictures = Vec::new();
        for (i, image) in images.iter().enumerate() {
            let (row, column) = (i / columns, i % columns);
            let x = left + column as f64 * cell;
            let y = 46.0 + row as f64 * (cell + below);
            let side = cell - 8.0;
            let longer = image.width.max(image.height) as f64;
            let (w, h) = (side * image.width as f64 / longer, side * image.height as f64 / longer);
            let at = (px(x + (cell - w) / 2.0), px(y + (cell - h) / 2.0), px(w), px(h));
            pictures.push(Picture { at, png: png_rgb(image.width, image.height, &image.pixels) });
            let style = text(12.0, HPos::Center, VPos::Center);
            root.draw(&Text::new(image.caption.clone(), (px(x + cell / 2.0), px(y + cell + 7.0)), style))?;
        }
        Ok(pictures)
    })
}

/// A PNG of true colours.
fn png_rgb(width: usize, height: usize, pixels: &[[u8; 3]]) -> Vec<u8> {
    png(width, height, 2, &[], &pixels.concat())
}

/// A PNG whose pixels are numbers into a palette of at most 256 colours.
pub fn png_palette(width: usize, height: usize, palette: &[[u8; 3]], indices: &[u8]) -> Vec<u8> {
    png(width, height, 3, &palette.concat(), indices)
}

/// The PNG file format: a signature and chunks; the pixels are stored without compression.
fn png(width: usize, height: usize, color_type: u8, palette: &[u8], pixels: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend((width as u32).to_be_bytes());
    header.extend((height as u32).to_be_bytes());
    header.extend([8, color_type, 0, 0, 0]); // 8 bits, colour type, deflate, no filter kinds, not interlaced
    chunk(&mut out, b"IHDR", &header);
    if !palette.is_empty() {
        chunk(&mut out, b"PLTE", palette);
    }
    let row = pixels.len() / height;
    let raw: Vec<u8> =
        pixels.chunks(row).flat_map(|line| std::iter::once(0).chain(line.iter().copied())).collect();
    chunk(&mut out, b"IDAT", &zlib_stored(&raw));
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let start = out.len();
    out.extend(kind);
    out.extend(data);
    let sum = crc32(&out[start..]);
    out.extend(sum.to_be_bytes());
}

/// Deflate's "stored" blocks of at most 65535 bytes in a zlib frame.
fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = data.chunks(65_535);
    let last = blocks.len().saturating_sub(1);
    for (i, block) in blocks.enumerate() {
        let length = block.len() as u16;
        out.push(u8::from(i == last));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let (mut a, mut b) = (1u32, 0u32);
    for &byte in data {
        a = (a + u32::from(byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend(((b << 16) | a).to_be_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |s, _| if s & 1 == 1 { (s >> 1) ^ 0xedb8_8320 } else { s >> 1 })
    })
}

/// Bytes as text, six bits per letter.
pub fn base64(data: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(data.len().div_ceil(3) * 4);
    for group in data.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, i| bits << 8 | u32::from(*group.get(i).unwrap_or(&0)));
        for i in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sums_and_letters() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926); // the check value of CRC-32
        assert_eq!(zlib_stored(b"Wikipedia")[16..], [0x11, 0xe6, 0x03, 0x98]); // Adler-32's known example
        let encoded = [&b""[..], b"f", b"fo", b"foo", b"foob"].map(base64); // RFC 4648, section 10
        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }

    #[test]
    fn channels_come_first() {
        let image = Image::rgb("", 1, 2, &[1.0, 0.0, 0.0, 0.5, 2.0, -1.0]);
        assert_eq!(image.pixels, [[255, 0, 255], [0, 128, 0]]);
    }

    #[test]
    #[should_panic(expected = "Image::gray: 3 values for [2, 2]")]
    fn a_wrong_size_is_refused() {
        Image::gray("", 2, 2, &[0.0; 3]);
    }
}
