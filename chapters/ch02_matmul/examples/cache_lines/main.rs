//! How many cache lines does each rung load? The rungs themselves run, on numbers that report every read to a cache in
//! software, and the counts are compared with what the page derives.
//!
//! `cargo run --release -p ch02_matmul --example cache_lines`

mod cache;

use anyhow::Result;
use cache::{LEVELS, LINE, Rung, loads};
use ch00_start::Record;
use ch00_start::figure::{Series, lines_log_y};
use ch02_matmul::{TILE, blocked, loop_order, naive};

/// Rows of `a` and `c`: enough that neither fits the second level.
const ROWS: usize = 256;

fn main() -> Result<()> {
    let mut record = Record::from_args("ch02_cache_lines");
    let rungs: [(&str, Rung); 3] = [("naive", naive), ("loop_order", loop_order), ("blocked", blocked)];
    // Not multiples of 16: rows whose starts lie a power of two apart would fall on few sets of the cache.
    let sizes = [104, 204, 304, 404, 604, 804, 1004];
    let mut curves: Vec<[Vec<f64>; 2]> = Vec::new();
    for (name, rung) in rungs {
        let mut curve = [Vec::new(), Vec::new()];
        for &n in &sizes {
            let counted = loads(rung, [ROWS, n, n]);
            println!("{name} {n}: {:.5} {:.5}", counted[0], counted[1]);
            (0..2).for_each(|level| curve[level].push(counted[level]));
            if n == 1004 {
                record.number(&format!("{name}_first"), counted[0]);
                record.number(&format!("{name}_second"), counted[1]);
            }
        }
        curves.push(curve);
    }
    // A power of two, and a size beside it; every row costs the same, so a few stand for all.
    for n in [504, 512] {
        record.number(&format!("naive_first_{n}"), loads(naive, [16, n, n])[0]);
    }

    // What the page derives, for k = n = 1004.
    let (n, m, line) = (1004.0, ROWS as f64, LINE as f64);
    record.number("naive_first_derived", 1.0 + 1.0 / line);
    record.number("loop_order_second_derived", 1.0 / line);
    let tiles = |size: f64| (size / TILE as f64).ceil();
    record.number("blocked_second_derived", (tiles(n) / n + tiles(n) / n + 1.0 / m) / line);
    record.number("rows", m);
    record.number("first_kib", LEVELS[0].0 as f64).number("second_kib", LEVELS[1].0 as f64);

    let x: Vec<f64> = sizes.iter().map(|&n| n as f64).collect();
    let names = ["naive", "loop order", "blocked"];
    for (level, which) in ["first", "second"].into_iter().enumerate() {
        let series: Vec<Series> =
            (0..3).map(|i| Series::of_pairs(names[i], &x, &curves[i][level]).marked()).collect();
        let id = format!("ch02_cache_lines_{which}");
        let title = format!("Lines loaded into the {which}-level cache ({} KiB)", LEVELS[level].0);
        lines_log_y(&record.figure_path(&id), &title, "n, for k = n", "lines per multiplication", &series)?;
    }
    record.finish()?;
    Ok(())
}
