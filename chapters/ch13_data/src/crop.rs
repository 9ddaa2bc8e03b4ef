//! A plane of an image seen through a shifted window, perhaps mirrored: the padded random crop and the flip.
//!
//! Shifting and mirroring change which pixel goes where, and nothing else; so both are done in one pass, together with the
//! normalisation of the pixel's value, which is read from a table.

/// Which part of an image is seen: the window has the image's size and begins at row `top` and column `left`, which may lie
/// outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The row of the image that becomes the first.
    pub top: isize,
    /// The column of the image that becomes the first.
    pub left: isize,
    /// Whether the window is mirrored left to right afterwards.
    pub flip: bool,
}

// ANCHOR: crop_flip
/// Writes to `out` what the window shows of one plane (`[height, width]`, row by row), every pixel as `table[pixel]`.
/// Outside the image every pixel is 0, black.
///
/// # Panics
/// When `plane` and `out` differ in length, or `width` does not divide it.
pub fn crop_flip(plane: &[u8], width: usize, view: View, table: &[f32; 256], out: &mut [f32]) {
    assert_eq!(plane.len(), out.len(), "crop_flip: the window has the size of the plane");
    if plane.is_empty() {
        return;
    }
    assert_eq!(plane.len() % width, 0, "crop_flip: rows of {width} in {} pixels", plane.len());
    let height = plane.len() / width;
    // exercise: crop_flip - Row y of the window is row y + top of the plane, and column x is column x + left, if they
    // exist; 0 otherwise. Flipping mirrors the window: what would be in column x comes to column width - 1 - x.
    // Columns [from, to) of the window lie inside the plane.
    let from = (-view.left).clamp(0, width as isize) as usize;
    let to = (width as isize - view.left).clamp(0, width as isize) as usize;
    for (y, out) in out.chunks_mut(width).enumerate() {
        let row = y as isize + view.top;
        if row < 0 || row >= height as isize || from >= to {
            out.fill(table[0]);
            continue;
        }
        let start = row as usize * width + (from as isize + view.left) as usize;
        let source = &plane[start..start + to - from];
        out[..from].fill(table[0]);
        out[to..].fill(table[0]);
        for (out, &pixel) in out[from..to].iter_mut().zip(source) {
            *out = table[usize::from(pixel)];
        }
        if view.flip {
            out.reverse();
        }
    }
    // exercise: end
}
// ANCHOR_END: crop_flip
