//! From rows of an image to tiles side by side, transformed, and back.
//!
//! A block is a few rows of tiles, each four rows of the image high. Down the image, a transform works on whole rows, sixteen
//! positions at a time: six rows in, six lines out. Then each line is taken apart into every fourth number, so that lanes
//! are tiles, and transformed along the row. What a tile sees of its neighbours is theirs, moved by one lane.

use super::POINTS;
use super::lanes::{Lanes, Work};
use super::transforms;

/// How an image is cut into tiles of 4 by 4; at the far edges tiles may stick out.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    pub height: usize,
    pub width: usize,
    /// Tiles down and across.
    pub down: usize,
    pub across: usize,
}

impl Grid {
    pub fn new([height, width]: [usize; 2]) -> Self {
        Grid { height, width, down: height.div_ceil(4), across: width.div_ceil(4) }
    }

    /// Numbers of a channel.
    pub fn area(&self) -> usize {
        self.height * self.width
    }
}

/// Rows of tiles, in some images that lie one after the other.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub grid: Grid,
    /// The channels of the images.
    pub channels: usize,
    /// The first row of tiles, counted through all images.
    pub first: usize,
    pub rows: usize,
    /// The tiles of the block, up to a whole number of vectors.
    pub tiles: usize,
    /// From one channel's tiles to the next one's, in the matrices.
    pub pitch: usize,
}

impl Block {
    /// The block in parts that are whole vectors, and if possible whole images, each with the number of its first tile:
    /// in a part, channels lie one after the other in memory, which then can be read ahead.
    pub fn parts(self, lanes: usize) -> impl Iterator<Item = (usize, Block)> {
        let Grid { down, across, .. } = self.grid;
        let vectors = (1..=lanes).find(|rows| rows * across % lanes == 0).expect("at the latest all lanes");
        let step = if down % vectors == 0 { down } else { vectors };
        (0..self.rows).step_by(step).map(move |row| {
            let rows = step.min(self.rows - row);
            let tiles = (rows * across).next_multiple_of(lanes);
            (row * across, Block { first: self.first + row, rows, tiles, ..self })
        })
    }

    /// Where row `row` of the block's tiles begins in channel `channel`: the number of the channel's first element, and the
    /// first row of the image.
    fn place(&self, channel: usize, row: usize) -> (usize, usize) {
        let row = self.first + row;
        let (image, down) = (row / self.grid.down, row % self.grid.down);
        ((image * self.channels + channel) * self.grid.area(), 4 * down)
    }

    /// The images that the block reaches into, from the first of all on.
    fn images(&self) -> usize {
        (self.first + self.rows).div_ceil(self.grid.down)
    }

    /// The numbers of a line: the four columns of each tile, and room for a vector in front and behind.
    fn line(&self) -> usize {
        4 * self.tiles + 2 * MARGIN
    }

    /// Numbers that [`Patches`] and [`Outputs`] need for their work.
    pub fn room(&self) -> usize {
        6 * self.line() + self.grid.width.next_multiple_of(MARGIN)
    }

    /// For each vector of tiles a mask of those that have a neighbour on the left in the same row, in the lower 16 bits, and
    /// on the right, in the upper.
    pub fn neighbours(&self, lanes: usize) -> impl Iterator<Item = i32> {
        let (across, tiles) = (self.grid.across, self.rows * self.grid.across);
        (0..self.tiles).step_by(lanes).map(move |first| {
            let bits = (first..first + lanes).take_while(|&tile| tile < tiles).map(|tile| {
                let (left, right) = (tile % across > 0, tile % across < across - 1);
                (i32::from(left) | i32::from(right) << 16) << (tile - first)
            });
            bits.fold(0, |bits, bit| bits | bit)
        })
    }
}

/// At least the longest vector.
const MARGIN: usize = 16;

/// The transform of tiles of an image (`HALO`: with a border of one, six by six) or of the output's gradient (four by four):
/// for each of the 36 points a matrix `[channels, tiles]`, the matrices `plane` apart.
pub(super) struct Patches<'a, const HALO: bool> {
    pub block: Block,
    /// The first of the channels to transform, and how many.
    pub channels: [usize; 2],
    pub images: &'a [f32],
    pub neighbours: &'a [i32],
    pub room: &'a mut [f32],
    pub to: &'a mut [f32],
    pub plane: usize,
}

impl<const HALO: bool> Work for Patches<'_, HALO> {
    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let Patches { block, channels: [first, channels], images, neighbours, room, to, plane } = self;
        let Block { grid, tiles, pitch, .. } = block;
        assert!(images.len() >= block.images() * block.channels * grid.area() && room.len() >= block.room());
        assert!(tiles % V::LANES == 0 && tiles <= pitch && plane >= channels * pitch);
        assert!(to.len() >= (POINTS - 1) * plane + (channels - 1) * pitch + tiles);
        assert!(first + channels <= block.channels);
        assert!(neighbours.len() >= tiles / V::LANES && block.rows * grid.across <= tiles);
        let (border, count) = if HALO { (1, 6) } else { (0, 4) };
        let line = block.line();
        // Columns beyond the last tile, and the margins, are never written again.
        room.fill(0.0);
        let (lines, zeros) = room.split_at_mut(6 * line);
        let (lines, zeros) = (lines[..6 * line].as_mut_ptr().wrapping_add(MARGIN), zeros.as_ptr());
        for channel in 0..channels {
            for row in 0..block.rows {
                let (start, top) = block.place(first + channel, row);
                let mut rows = [zeros; 6];
                for i in 0..count {
                    let y = (top + i).wrapping_sub(border);
                    if y < grid.height {
                        rows[i] = images[start + y * grid.width..].as_ptr();
                        if i < 4 {
                            ahead(rows[i].wrapping_add(AHEAD * grid.area()), grid.width, V::prefetch);
                        }
                    }
                }
                // SAFETY: each row has `width` numbers, in the images or in the zeros. Lines have room for four numbers of
                // each tile; what is beyond the row's tiles is stored as zero, or not at all.
                unsafe {
                    let to = lines.add(row * 4 * grid.across);
                    down::<V, HALO>(&rows, grid.width, 4 * grid.across, to, line);
                }
            }
            for i in 0..6 {
                for (vector, &neighbours) in neighbours[..tiles / V::LANES].iter().enumerate() {
                    // SAFETY: a line holds `4 tiles` numbers, with margins. The last number written, of the last channel and
                    // the last point, is inside `to`.
                    unsafe {
                        let at = lines.add(i * line + 4 * V::LANES * vector);
                        let points = across::<V, HALO>(at, neighbours);
                        let to = to.as_mut_ptr().add(6 * i * plane + channel * pitch + vector * V::LANES);
                        for j in 0..6 {
                            points[j].store(to.add(j * plane));
                        }
                    }
                }
            }
        }
    }
}

/// How many channels ahead of the one in use memory is asked for: it needs some hundred cycles, and the processor by itself
/// reads ahead within a page only, which a channel hardly fills.
const AHEAD: usize = 2;

/// Asks for the lines of a row.
#[inline(always)]
fn ahead(row: *const f32, width: usize, prefetch: impl Fn(*const f32)) {
    for column in (0..width).step_by(16) {
        prefetch(row.wrapping_add(column));
    }
}

/// Transforms rows of the image down to six lines, `line` apart, of `length` numbers, the width up to whole tiles.
///
/// # Safety
/// `width` numbers of each row are valid for reading, `length` of each line for writing.
#[inline(always)]
unsafe fn down<V: Lanes, const HALO: bool>(
    rows: &[*const f32; 6],
    width: usize,
    length: usize,
    to: *mut f32,
    line: usize,
) {
    for column in (0..length).step_by(V::LANES) {
        let (from, into) = (V::LANES.min(width - column), V::LANES.min(length - column));
        // SAFETY: the caller's promise.
        unsafe {
            let mut x = [V::splat(0.0); 6];
            for i in 0..6 {
                x[i] = if from == V::LANES {
                    V::load(rows[i].add(column))
                } else {
                    V::load_part(rows[i].add(column), from)
                };
            }
            let points =
                if HALO { transforms::image(x) } else { transforms::gradient([x[0], x[1], x[2], x[3]]) };
            for i in 0..6 {
                let to = to.add(i * line + column);
                if into == V::LANES { points[i].store(to) } else { points[i].store_part(to, into) }
            }
        }
    }
}

/// Transforms a vector of tiles, whose four columns lie one tile after the other, along the row.
///
/// # Safety
/// Four vectors are valid for reading, and a number before and behind.
#[inline(always)]
unsafe fn across<V: Lanes, const HALO: bool>(at: *const f32, neighbours: i32) -> [V; 6] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut x = [V::splat(0.0); 4];
        for k in 0..4 {
            x[k] = V::load(at.add(k * V::LANES));
        }
        let x = V::apart(x);
        if HALO {
            let before = x[3].up(*at.sub(1), neighbours as u16);
            let behind = x[0].down(*at.add(4 * V::LANES), (neighbours >> 16) as u16);
            transforms::image([before, x[0], x[1], x[2], x[3], behind])
        } else {
            transforms::gradient(x)
        }
    }
}

/// The products at the 36 points, matrices of `[some channels, tiles]` that lie `plane` apart, transformed to rows of the
/// output.
pub(super) struct Outputs<'a> {
    /// Of the output.
    pub block: Block,
    pub products: &'a [f32],
    pub plane: usize,
    /// The first of those channels, and how many there are.
    pub channels: [usize; 2],
    /// One number for each of them.
    pub bias: Option<&'a [f32]>,
    pub room: &'a mut [f32],
    pub to: &'a mut [f32],
}

impl Work for Outputs<'_> {
    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let Outputs { block, products, plane, channels: [first, count], bias, room, to } = self;
        let Block { grid, tiles, pitch, .. } = block;
        assert!(tiles % V::LANES == 0 && tiles <= pitch && plane >= count * pitch);
        assert!(products.len() >= (POINTS - 1) * plane + (count - 1) * pitch + tiles);
        assert!(to.len() >= block.images() * block.channels * grid.area() && room.len() >= block.room());
        assert!(first + count <= block.channels && block.rows * grid.across <= tiles);
        let line = block.line();
        for channel in 0..count {
            let bias = bias.map_or(0.0, |bias| bias[channel]);
            for vector in 0..tiles / V::LANES {
                // SAFETY: the last number read, of the last channel and point, is inside `products`; lines have room for
                // four numbers of each tile.
                unsafe {
                    let from = products.as_ptr().add(channel * pitch + vector * V::LANES);
                    tile::<V>(from, plane, bias, room.as_mut_ptr().add(4 * V::LANES * vector), line);
                }
            }
            for row in 0..block.rows {
                let (start, top) = block.place(first + channel, row);
                for r in 0..4.min(grid.height - top) {
                    let from = &room[r * line + row * 4 * grid.across..][..grid.width];
                    let to = &mut to[start + (top + r) * grid.width..][..grid.width];
                    let next = to.as_ptr().wrapping_add(AHEAD * grid.area());
                    ahead(next, grid.width, V::prefetch_to_write);
                    // SAFETY: two slices of one length.
                    unsafe { copy::<V>(from, to) }
                }
            }
        }
    }
}

/// A vector of tiles: the products become four lines of the output, `line` apart, four columns of each tile.
///
/// # Safety
/// A vector of each of the 36 matrices is valid for reading, four of each line for writing.
#[inline(always)]
unsafe fn tile<V: Lanes>(from: *const f32, plane: usize, bias: f32, to: *mut f32, line: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut rows = [[V::splat(0.0); 6]; 4];
        for j in 0..6 {
            let mut m = [V::splat(0.0); 6];
            for i in 0..6 {
                m[i] = V::load(from.add((6 * i + j) * plane));
            }
            let column = transforms::output(m);
            for r in 0..4 {
                rows[r][j] = column[r];
            }
        }
        let bias = V::splat(bias);
        for r in 0..4 {
            let row = transforms::output(rows[r]);
            let row =
                V::together([row[0].plus(bias), row[1].plus(bias), row[2].plus(bias), row[3].plus(bias)]);
            for k in 0..4 {
                row[k].store(to.add(r * line + k * V::LANES));
            }
        }
    }
}

/// Copies a row. Rows are short, and a call of the library's function for any length takes longer than the copy.
///
/// # Safety
/// The processor has the instructions; the slices have one length.
#[inline(always)]
unsafe fn copy<V: Lanes>(from: &[f32], to: &mut [f32]) {
    let length = from.len();
    for start in (0..length).step_by(V::LANES) {
        let count = V::LANES.min(length - start);
        // SAFETY: inside the slices.
        unsafe {
            let (from, to) = (from.as_ptr().add(start), to.as_mut_ptr().add(start));
            if count == V::LANES {
                V::load(from).store(to);
            } else {
                V::load_part(from, count).store_part(to, count);
            }
        }
    }
}
