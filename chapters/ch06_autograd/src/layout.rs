//! Where the boxes of a picture stand: in layers, inputs above, with few crossings.

/// A graph to be drawn.
pub(crate) struct Picture {
    pub boxes: Vec<Drawn>,
}

/// A box.
pub(crate) struct Drawn {
    /// One or two lines of text.
    pub lines: Vec<String>,
    pub kind: Kind,
    /// The boxes that arrows come from.
    pub from: Vec<usize>,
}

/// What a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A leaf that gets a gradient, or a program's input.
    Variable,
    Constant,
    Operation,
    /// Several operations in one.
    Fused,
}

/// Widths and heights, in CSS pixels.
pub(crate) const BOX: [f64; 2] = [124.0, 38.0];
const GAP: [f64; 2] = [16.0, 30.0];

/// The centre of every box, and the size of the picture. Boxes come after those that their arrows come from.
pub(crate) fn place(picture: &Picture) -> (Vec<[f64; 2]>, [f64; 2]) {
    // An operation stands one layer below the lowest of its inputs; a leaf directly above its first reader.
    let boxes = &picture.boxes;
    let mut layer = vec![0; boxes.len()];
    for (i, drawn) in boxes.iter().enumerate() {
        layer[i] = drawn.from.iter().map(|&input| layer[input] + 1).max().unwrap_or(0);
    }
    for i in (0..boxes.len()).filter(|&i| boxes[i].from.is_empty()) {
        let readers = (0..boxes.len()).filter(|&j| boxes[j].from.contains(&i));
        layer[i] = readers.map(|j| layer[j] - 1).min().unwrap_or(0);
    }
    let layers = layer.iter().max().map_or(0, |last| last + 1);
    let mut rows: Vec<Vec<usize>> =
        (0..layers).map(|row| (0..boxes.len()).filter(|&i| layer[i] == row).collect()).collect();

    // Order each row by the mean place of the neighbours, down and up a few times (Sugiyama, Tagawa and Toda 1981).
    let mut x: Vec<f64> = vec![0.0; boxes.len()];
    let spread = |row: &[usize], x: &mut [f64]| {
        for (place, &i) in row.iter().enumerate() {
            x[i] = place as f64 - (row.len() - 1) as f64 / 2.0;
        }
    };
    rows.iter().for_each(|row| spread(row, &mut x));
    let readers: Vec<Vec<usize>> = (0..boxes.len())
        .map(|i| (0..boxes.len()).filter(|&j| boxes[j].from.contains(&i)).collect())
        .collect();
    for sweep in 0..8 {
        let order: Vec<usize> =
            if sweep % 2 == 0 { (0..layers).collect() } else { (0..layers).rev().collect() };
        for row in order {
            let neighbours = |i: usize| if sweep % 2 == 0 { &boxes[i].from } else { &readers[i] };
            let mean = |i: usize| match neighbours(i) {
                none if none.is_empty() => x[i],
                some => some.iter().map(|&j| x[j]).sum::<f64>() / some.len() as f64,
            };
            let mut keyed: Vec<(f64, usize)> = rows[row].iter().map(|&i| (mean(i), i)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            rows[row] = keyed.into_iter().map(|(_, i)| i).collect();
            spread(&rows[row], &mut x);
        }
    }
    let widest = rows.iter().map(Vec::len).max().unwrap_or(1) as f64;
    let size = [widest * (BOX[0] + GAP[0]) + GAP[0], layers as f64 * (BOX[1] + GAP[1]) + GAP[1]];
    let centre = |i: usize| {
        let y = GAP[1] + BOX[1] / 2.0 + layer[i] as f64 * (BOX[1] + GAP[1]);
        [size[0] / 2.0 + x[i] * (BOX[0] + GAP[0]), y]
    };
    ((0..boxes.len()).map(centre).collect(), size)
}
