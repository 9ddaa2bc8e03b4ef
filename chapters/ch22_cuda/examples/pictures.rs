//! The drawings of the page: `cargo run -p ch22_cuda --example pictures`. With `--record` they go to the book.

use std::fmt::Write as _;
use std::path::Path;

use ch00_start::Record;
use ch00_start::file::write_atomic;

const BLUE: &str = "#2b6cb8";
const ORANGE: &str = "#e0782f";
const GREEN: &str = "#2f9e6b";
const PALE: &str = "#e7e9ec";
const INK: &str = "#33373d";

/// A card of 760 pixels' width that shapes and words are put on.
struct Card {
    body: String,
    height: u32,
}

impl Card {
    fn new(height: u32, title: &str) -> Self {
        let mut card = Self { body: String::new(), height };
        card.words(380.0, 30.0, 17.0, "middle", title);
        card
    }

    fn rect(&mut self, [x, y, w, h]: [f64; 4], fill: &str, line: &str) {
        let rest = "rx=\"2\" stroke-width=\"1\"";
        writeln!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill=\"{fill}\" stroke=\"{line}\" {rest}/>"
        )
        .expect("writing to a string");
    }

    fn line(&mut self, [x1, y1, x2, y2]: [f64; 4], color: &str) {
        writeln!(
            self.body,
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{color}\" stroke-width=\"1.5\"/>"
        )
        .expect("writing to a string");
    }

    fn words(&mut self, x: f64, y: f64, size: f64, anchor: &str, text: &str) {
        writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{INK}\" \
             font-family=\"sans-serif\">{text}</text>"
        )
        .expect("writing to a string");
    }

    fn save(self, path: &Path) -> std::io::Result<()> {
        let Self { body, height } = self;
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"{height}\" viewBox=\"0 0 760 {height}\">\n\
             <rect width=\"760\" height=\"{height}\" rx=\"10\" fill=\"#ffffff\"/>\n{body}</svg>\n"
        );
        println!("Figure: {}", path.display());
        write_atomic(path, svg.as_bytes())
    }
}

/// Grid, block, warp and thread on the left; the memory that each of them has on the right.
fn execution() -> Card {
    let mut card = Card::new(400, "Who computes, and what memory they share");
    card.words(95.0, 66.0, 13.0, "middle", "the grid: blocks");
    for i in 0..12 {
        let (x, y) = (30.0 + f64::from(i % 3) * 44.0, 80.0 + f64::from(i / 3) * 44.0);
        card.rect([x, y, 38.0, 38.0], if i == 4 { BLUE } else { PALE }, "#9aa0a8");
    }
    card.words(290.0, 66.0, 13.0, "middle", "a block: warps of 32 threads");
    card.rect([200.0, 78.0, 180.0, 182.0], "#ffffff", BLUE);
    card.line([156.0, 124.0, 200.0, 78.0], BLUE);
    card.line([156.0, 162.0, 200.0, 260.0], BLUE);
    for warp in 0..8 {
        for lane in 0..32 {
            let (x, y) = (210.0 + f64::from(lane) * 5.0, 88.0 + f64::from(warp) * 21.0);
            card.rect([x, y, 4.0, 14.0], if warp == 2 { ORANGE } else { PALE }, "none");
        }
    }
    card.words(290.0, 284.0, 12.0, "middle", "the threads of a warp (orange)");
    card.words(290.0, 300.0, 12.0, "middle", "go through the kernel together");
    card.words(95.0, 284.0, 12.0, "middle", "blocks run in any order,");
    card.words(95.0, 300.0, 12.0, "middle", "many at a time, or not");
    let boxes = [
        ("registers", "each thread its own", GREEN, 150.0),
        ("shared memory", "one block; 32 banks; up to 164 or 228 KB", GREEN, 200.0),
        ("L1 and L2 caches", "whole sectors of 32 bytes", BLUE, 260.0),
        ("global memory", "all threads; stays from launch to launch", BLUE, 320.0),
    ];
    card.words(580.0, 66.0, 13.0, "middle", "memory: fast and small above, slow and large below");
    for (i, (name, who, color, width)) in boxes.into_iter().enumerate() {
        let y = 84.0 + i as f64 * 54.0;
        card.rect([580.0 - width / 2.0, y, width, 42.0], "#ffffff", color);
        card.words(580.0, y + 18.0, 13.0, "middle", name);
        card.words(580.0, y + 34.0, 10.0, "middle", who);
    }
    card.rect([420.0, 320.0, 320.0, 42.0], "#ffffff", ORANGE);
    card.words(580.0, 338.0, 13.0, "middle", "memory of the host");
    card.words(
        580.0,
        354.0,
        10.0,
        "middle",
        "copies go through a bus; from pinned memory, beside the computing",
    );
    card
}

/// c = a b: the tile of a block, and what it needs of a and b.
fn tiles() -> Card {
    let mut card = Card::new(380, "c = a b: what a block, and one thread of it, needs");
    let cell = 14.0;
    let matrix = |card: &mut Card, x: f64, y: f64, name: &str, color: &dyn Fn(i32, i32) -> &'static str| {
        for row in 0..10 {
            for column in 0..10 {
                let at = [x + f64::from(column) * cell, y + f64::from(row) * cell, cell - 1.0, cell - 1.0];
                card.rect(at, color(row, column), "none");
            }
        }
        card.words(x + 5.0 * cell, y + 10.0 * cell + 18.0, 13.0, "middle", name);
    };
    let in_tile = |i: i32| (4..8).contains(&i);
    matrix(
        &mut card,
        110.0,
        205.0,
        "a [m, k]",
        &|row, column| match (in_tile(row), (2..4).contains(&column)) {
            (true, true) => ORANGE,
            (true, false) => "#f6d3bb",
            _ => PALE,
        },
    );
    matrix(&mut card, 290.0, 48.0, "", &|row, column| match (in_tile(column), (2..4).contains(&row)) {
        (true, true) => ORANGE,
        (true, false) => "#f6d3bb",
        _ => PALE,
    });
    card.words(280.0, 60.0, 13.0, "end", "b [k, n]");
    matrix(&mut card, 290.0, 205.0, "c [m, n]", &|row, column| match (in_tile(row), in_tile(column)) {
        (true, true) if (4..6).contains(&row) && (6..8).contains(&column) => GREEN,
        (true, true) => BLUE,
        _ => PALE,
    });
    let notes = [
        (BLUE, "the tile of c that a block computes"),
        ("#f6d3bb", "the rows and columns it needs: read once by the block"),
        (ORANGE, "the part that is in shared memory in this round"),
        (GREEN, "what one thread keeps in registers (v3 and later)"),
    ];
    for (i, (color, text)) in notes.into_iter().enumerate() {
        let y = 200.0 + 30.0 * i as f64;
        card.rect([452.0, y, 14.0, 14.0], color, "none");
        card.words(472.0, y + 12.0, 11.0, "start", text);
    }
    card
}

/// The banks of a tile with 8 banks in place of 32: rows of 8 words, and of 9.
fn banks() -> Card {
    let mut card = Card::new(330, "Which bank holds which element (8 banks in place of 32)");
    for (x, width, name) in [
        (110.0, 8, "rows of 8: a column lies in one bank"),
        (440.0, 9, "rows of 9: a column meets every bank once"),
    ] {
        for row in 0..8 {
            for column in 0..width {
                let at = [x + f64::from(column) * 24.0, 60.0 + f64::from(row) * 26.0, 22.0, 24.0];
                let fill = match column {
                    2 => ORANGE,
                    8 => "#f5f6f7",
                    _ => PALE,
                };
                card.rect(at, fill, "none");
                let bank = (row * width + column) % 8;
                card.words(at[0] + 11.0, at[1] + 17.0, 12.0, "middle", &bank.to_string());
            }
        }
        card.words(x + 12.0 * f64::from(width), 292.0, 13.0, "middle", name);
    }
    card
}

/// Which lane has which of the 16 x 8 sums of mma.sync, and that two such pieces are the left factor of the next one.
fn lanes() -> Card {
    let mut card = Card::new(430, "The lanes of a warp: sums of one product, left factor of the next");
    let mut piece = |x: f64, columns: i32| {
        for row in 0..16 {
            for column in 0..columns {
                let lane = row % 8 * 4 + column % 8 / 2;
                let fill = match lane {
                    5 => ORANGE,
                    _ if row < 8 => PALE,
                    _ => "#f5f6f7",
                };
                let at = [x + f64::from(column) * 22.0, 62.0 + f64::from(row) * 20.0, 21.0, 19.0];
                card.rect(at, fill, "none");
                card.words(at[0] + 10.5, at[1] + 13.5, 10.0, "middle", &lane.to_string());
            }
        }
    };
    piece(70.0, 8);
    piece(330.0, 16);
    card.rect([330.0, 61.0, 8.0 * 22.0 - 1.0, 321.0], "none", BLUE);
    card.rect([330.0 + 8.0 * 22.0, 61.0, 8.0 * 22.0 - 1.0, 321.0], "none", BLUE);
    card.words(158.0, 404.0, 13.0, "middle", "the sums of a piece, 16 x 8");
    card.words(506.0, 404.0, 13.0, "middle", "a left factor of 16 x 16: two pieces (blue)");
    card.words(380.0, 422.0, 11.0, "middle", "orange: what lane 5 holds; here g = 1 and t = 1");
    card
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let record = Record::from_args("ch22_pictures");
    execution().save(&record.figure_path("ch22_execution"))?;
    tiles().save(&record.figure_path("ch22_tiles"))?;
    banks().save(&record.figure_path("ch22_banks"))?;
    lanes().save(&record.figure_path("ch22_lanes"))?;
    Ok(())
}
