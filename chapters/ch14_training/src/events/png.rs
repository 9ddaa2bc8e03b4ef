//! The smallest PNG file that there is: eight grey bits per pixel, no filter.

use std::io::{self, Write};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// A picture, row by row, from 0 (black) to 1 (white); what lies outside is cut off.
pub fn png(height: usize, width: usize, pixels: &[f32]) -> io::Result<Vec<u8>> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in pixels.chunks(width.max(1)).take(height) {
        let gray: Vec<u8> = row.iter().map(|x| (x.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
        // Each row begins with the number of its filter.
        packed.write_all(&[0])?;
        packed.write_all(&gray)?;
    }
    let mut header = [width as u32, height as u32].map(u32::to_be_bytes).concat();
    // Eight bits, grey, and the only methods of compression, filtering and order that are defined.
    header.extend([8, 0, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", header), (b"IDAT", packed.finish()?), (b"IEND", Vec::new())] {
        let mut sum = Crc::new();
        sum.update(name);
        sum.update(&data);
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(name);
        file.extend(&data);
        file.extend(sum.sum().to_be_bytes());
    }
    Ok(file)
}
