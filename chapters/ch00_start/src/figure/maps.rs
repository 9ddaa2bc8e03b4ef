//! Coloured planes: a matrix as a heatmap, and what a classifier says at every place.

use std::ops::Range;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, Chart, chart};
use super::curves::{Series, names};
use super::images::png_palette;
use super::{FINE, FigureError, Picture, SIZE, color, legend, px, save, text};

/// Anchors of the colour map, from low to high: dark blue over green to pale yellow, growing evenly lighter.
const MAP: [[f64; 3]; 6] = [
    [36.0, 30.0, 84.0],
    [49.0, 80.0, 134.0],
    [40.0, 128.0, 142.0],
    [60.0, 174.0, 118.0],
    [160.0, 210.0, 80.0],
    [250.0, 236.0, 130.0],
];

/// Draws a matrix `[rows, columns]` (row 0 at the top) with a colour bar. What is not finite stays white.
///
/// # Errors
/// When there are not `rows * columns` values, or none.
pub fn heatmap(
    path: &Path,
    title: &str,
    x_label: &str,
    y_label: &str,
    (rows, columns): (usize, usize),
    values: &[f64],
) -> Result<(), FigureError> {
    if values.len() != rows * columns || values.is_empty() {
        let message = format!("{title}: {} values for [{rows}, {columns}]", values.len());
        return Err(FigureError::Draw(message));
    }
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (mut low, mut high) =
        finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        (low, high) = (0.0, 1.0);
    } else if low == high {
        (low, high) = (low - 0.5, high + 0.5);
    }
    let level = |v: f64| if v.is_finite() { 1 + ((v - low) / (high - low) * 254.0).round() as u8 } else { 0 };
    let levels: Vec<u8> = values.iter().map(|&v| level(v)).collect();
    let numbered = |label, count| {
        let every = usize::div_ceil(count, 12);
        let name = |i| if i % every == 0 { format!("{i}") } else { String::new() };
        Axis::named(label, (0..count).map(name).collect())
    };
    let (x, y) = (numbered(x_label, columns), numbered(y_label, rows).downwards());
    save(path, title, SIZE, |root| {
        let plane = chart(root, 42.0, 110.0, &x, &y, false)?;
        let (left, right, top, bottom) = frame(&plane);
        let bar = (right + px(22.0), top, px(18.0), bottom - top);
        let scale = Axis::new("", false, low..high);
        for (at, label) in scale.labelled_ticks() {
            let down = bottom - ((at - low) / (high - low) * f64::from(bottom - top)).round() as i32;
            let mark = [(bar.0 + bar.2, down), (bar.0 + bar.2 + px(4.0), down)];
            root.draw(&PathElement::new(mark, super::AXIS.stroke_width(FINE)))?;
            let style = text(13.0, HPos::Left, VPos::Center);
            root.draw(&Text::new(label, (bar.0 + bar.2 + px(8.0), down), style))?;
        }
        let palette = palette();
        let ramp: Vec<u8> = (0..=254).map(|i| 255 - i).collect();
        let cells = png_palette(columns, rows, &palette, &levels);
        Ok(vec![
            Picture { at: (left, top, right - left, bottom - top), png: cells },
            Picture { at: bar, png: png_palette(1, 255, &palette, &ramp) },
        ])
    })
}

/// Draws the class that `classify(x, y)` gives at every place of a rectangle in pale colours, and over it points whose
/// series number is their class.
pub fn decision_regions(
    path: &Path,
    title: &str,
    x_range: Range<f64>,
    y_range: Range<f64>,
    mut classify: impl FnMut(f64, f64) -> usize,
    classes: &[Series],
) -> Result<(), FigureError> {
    const CELLS: (usize, usize) = (300, 180);
    let mut cells = Vec::with_capacity(CELLS.0 * CELLS.1);
    for row in 0..CELLS.1 {
        for column in 0..CELLS.0 {
            let across = (column as f64 + 0.5) / CELLS.0 as f64;
            let up = 1.0 - (row as f64 + 0.5) / CELLS.1 as f64;
            let x = x_range.start + across * (x_range.end - x_range.start);
            let y = y_range.start + up * (y_range.end - y_range.start);
            cells.push((classify(x, y) % super::COLORS.len()) as u8);
        }
    }
    let pale = |c: u8| 255 - ((255 - u32::from(c)) * 3 / 10) as u8;
    let palette: Vec<[u8; 3]> = super::COLORS.iter().map(|c| [pale(c.0), pale(c.1), pale(c.2)]).collect();
    let (x, y) = (Axis::new("", false, x_range), Axis::new("", false, y_range));
    save(path, title, SIZE, |root| {
        let top = legend(root, &names(classes), SIZE.0)?;
        let mut plane = chart(root, top, 26.0, &x, &y, false)?;
        for (i, class) in classes.iter().enumerate() {
            let finite = || class.points.iter().copied().filter(|p| p.0.is_finite() && p.1.is_finite());
            let rim = |at| Circle::new(at, px(4.0), WHITE.filled());
            plane.draw_series(finite().map(rim))?;
            plane.draw_series(finite().map(|at| Circle::new(at, px(3.2), color(i).filled())))?;
        }
        let (left, right, top, bottom) = frame(&plane);
        let png = png_palette(CELLS.0, CELLS.1, &palette, &cells);
        Ok(vec![Picture { at: (left, top, right - left, bottom - top), png }])
    })
}

/// Left, right, top and bottom of the chart's inside.
fn frame(chart: &Chart<'_>) -> (i32, i32, i32, i32) {
    let (across, down) = chart.plotting_area().get_pixel_range();
    (across.start, across.end, down.start, down.end)
}

/// White for "no value", then 255 colours from low to high.
fn palette() -> Vec<[u8; 3]> {
    let mut palette = vec![[255; 3]];
    for i in 0..255 {
        let at = f64::from(i) / 254.0 * (MAP.len() - 1) as f64;
        let (from, part) = (at.floor().min(4.0) as usize, at - at.floor().min(4.0));
        palette
            .push([0, 1, 2].map(|c| (MAP[from][c] + part * (MAP[from + 1][c] - MAP[from][c])).round() as u8));
    }
    palette
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_palette_gets_lighter_all_the_way() {
        let palette = palette();
        let light = |c: &[u8; 3]| 0.299 * f64::from(c[0]) + 0.587 * f64::from(c[1]) + 0.114 * f64::from(c[2]);
        assert_eq!(palette.len(), 256);
        assert!(palette[1..].windows(2).all(|pair| light(&pair[0]) <= light(&pair[1]) + 0.6));
    }

    #[test]
    fn a_matrix_of_the_wrong_size_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = heatmap(&folder.path().join("x.svg"), "T", "", "", (2, 2), &[1.0; 3]).unwrap_err();
        assert_eq!(error.to_string(), "cannot draw the figure: T: 3 values for [2, 2]");
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let draw = |name: &str| {
            let path = folder.path().join(name);
            let points = Series::new("a <b> & c", vec![(0.5, 0.5), (f64::NAN, 0.0)]);
            decision_regions(&path, "T & <T>", 0.0..1.0, 0.0..1.0, |x, y| usize::from(x > y), &[points])
                .unwrap();
            std::fs::read_to_string(path).unwrap()
        };
        let svg = draw("a.svg");
        assert_eq!(svg, draw("b.svg"));
        assert!(svg.contains("<title>T &amp; &lt;T&gt;</title>") && svg.contains("a &lt;b&gt; &amp; c"));
        assert!(svg.trim_end().ends_with("</svg>"));
    }
}
