//! Curves and clouds of points.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, chart};
use super::{Area, Drawn, FINE, FigureError, SIZE, color, legend, px, save, text, text_width};

/// A named row of points. An empty name leaves the series out of the legend.
#[derive(Debug, Clone)]
pub struct Series {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
    dashed: bool,
    marked: bool,
    labels: Vec<String>,
}

impl Series {
    /// Points (x, y). In a curve, a point that cannot be drawn (NaN, or not positive on a log axis) is a gap.
    pub fn new(name: &str, points: Vec<(f64, f64)>) -> Self {
        Series { name: name.to_owned(), points, dashed: false, marked: false, labels: Vec::new() }
    }

    /// Values at x = 0, 1, 2, ...
    pub fn of_values(name: &str, values: &[f64]) -> Self {
        Self::new(name, values.iter().enumerate().map(|(i, &y)| (i as f64, y)).collect())
    }

    /// Values `ys` at `xs`.
    ///
    /// # Panics
    /// When the lengths differ.
    #[track_caller]
    pub fn of_pairs(name: &str, xs: &[f64], ys: &[f64]) -> Self {
        assert_eq!(xs.len(), ys.len(), "Series::of_pairs: {} x values but {} y values", xs.len(), ys.len());
        Self::new(name, xs.iter().copied().zip(ys.iter().copied()).collect())
    }

    /// Drawn dashed.
    pub fn dashed(mut self) -> Self {
        self.dashed = true;
        self
    }

    /// In a cloud of points: each with its name beside it.
    pub fn labelled(mut self, labels: &[&str]) -> Self {
        self.labels = labels.iter().map(|&label| label.to_owned()).collect();
        self
    }

    /// Drawn with a dot at every point.
    pub fn marked(mut self) -> Self {
        self.marked = true;
        self
    }
}

/// Draws curves over linear axes.
pub fn lines(
    path: &Path,
    title: &str,
    x_label: &str,
    y_label: &str,
    series: &[Series],
) -> Result<(), FigureError> {
    curves(path, title, (x_label, false), (y_label, false), series)
}

/// Draws curves over a logarithmic x axis.
pub fn lines_log_x(
    path: &Path,
    title: &str,
    x_label: &str,
    y_label: &str,
    series: &[Series],
) -> Result<(), FigureError> {
    curves(path, title, (x_label, true), (y_label, false), series)
}

/// Draws curves over a logarithmic y axis.
pub fn lines_log_y(
    path: &Path,
    title: &str,
    x_label: &str,
    y_label: &str,
    series: &[Series],
) -> Result<(), FigureError> {
    curves(path, title, (x_label, false), (y_label, true), series)
}

/// Draws curves with both axes logarithmic.
pub fn lines_log_log(
    path: &Path,
    title: &str,
    x_label: &str,
    y_label: &str,
    series: &[Series],
) -> Result<(), FigureError> {
    curves(path, title, (x_label, true), (y_label, true), series)
}

fn curves(
    path: &Path,
    title: &str,
    x: (&str, bool),
    y: (&str, bool),
    all: &[Series],
) -> Result<(), FigureError> {
    let points = || all.iter().flat_map(|s| s.points.iter());
    let x = Axis::around(x.0, x.1, points().map(|p| p.0));
    let y = Axis::around(y.0, y.1, points().map(|p| p.1));
    save(path, title, SIZE, |root| {
        let top = legend(root, &names(all), SIZE.0)?;
        let mut chart = chart(root, top, px_free(), &x, &y, true)?;
        for (i, series) in all.iter().enumerate() {
            let place = |&(a, b): &(f64, f64)| Some((x.place(a)?, y.place(b)?));
            let placed: Vec<Option<(f64, f64)>> = series.points.iter().map(place).collect();
            let style = color(i).stroke_width(2 * FINE);
            for piece in placed.split(Option::is_none).filter(|piece| !piece.is_empty()) {
                let piece = piece.iter().copied().flatten();
                if series.dashed {
                    chart.draw_series(DashedLineSeries::new(piece, px(7.0), px(6.0), style))?;
                } else {
                    chart.draw_series(LineSeries::new(piece, style))?;
                }
            }
            if series.marked {
                let dot = |at| Circle::new(at, px(3.5), color(i).filled());
                chart.draw_series(placed.iter().copied().flatten().map(dot))?;
            }
        }
        Ok(vec![])
    })
}

/// Draws points; every series is a class with its own colour.
pub fn scatter(
    path: &Path,
    title: &str,
    x_label: &str,
    y_label: &str,
    series: &[Series],
) -> Result<(), FigureError> {
    let points = || series.iter().flat_map(|s| s.points.iter());
    // Room for names around the points, if there are any.
    let room = if series.iter().any(|s| !s.labels.is_empty()) { 0.1 } else { 0.0 };
    let x = Axis::around(x_label, false, widened(points().map(|p| p.0), room));
    let y = Axis::around(y_label, false, widened(points().map(|p| p.1), room));
    save(path, title, SIZE, |root| {
        let top = legend(root, &names(series), SIZE.0)?;
        let mut chart = chart(root, top, px_free(), &x, &y, true)?;
        let mut names = Vec::new();
        for (i, class) in series.iter().enumerate() {
            let finite = class.points.iter().copied().filter(|p| p.0.is_finite() && p.1.is_finite());
            chart.draw_series(finite.map(|at| Circle::new(at, px(3.2), color(i).mix(0.75).filled())))?;
            for (&at, label) in class.points.iter().zip(&class.labels) {
                let (x, y) = chart.backend_coord(&at);
                names.push((x + px(6.0), y, label.clone(), color(i)));
            }
        }
        write_names(root, names)?;
        Ok(vec![])
    })
}

/// The finite values, and two more: one below and one above them by a share of their range.
fn widened(values: impl Iterator<Item = f64> + Clone, share: f64) -> impl Iterator<Item = f64> {
    let finite = values.filter(|x| x.is_finite());
    let low = finite.clone().fold(f64::INFINITY, f64::min);
    let high = finite.clone().fold(f64::NEG_INFINITY, f64::max);
    let ends = [low - share * (high - low), high + share * (high - low)];
    finite.chain(ends.into_iter().filter(|x| x.is_finite()))
}

/// Writes names at places in fine coordinates, top to bottom, each moved down as far as the ones above it need.
fn write_names(root: &Area<'_>, mut names: Vec<(i32, i32, String, RGBColor)>) -> Drawn<()> {
    const TEXT: f64 = 12.0;
    names.sort_by_key(|&(x, y, ..)| (y, x));
    let mut written: Vec<(i32, i32, i32)> = Vec::new();
    for (x, mut y, name, color) in names {
        let end = x + px(text_width(&name, TEXT));
        let hides = |y: i32| {
            move |&&(a, b, other): &&(i32, i32, i32)| x < b && a < end && (other - y).abs() < px(TEXT)
        };
        while let Some(&(_, _, other)) = written.iter().find(hides(y)) {
            y = other + px(TEXT);
        }
        written.push((x, end, y));
        let style = text(TEXT, HPos::Left, VPos::Center).color(&color);
        root.draw(&Text::new(name, (x, y), style))?;
    }
    Ok(())
}

/// The names and colours of series, for the legend.
pub(super) fn names(series: &[Series]) -> Vec<(&str, RGBColor)> {
    series.iter().enumerate().map(|(i, s)| (s.name.as_str(), color(i))).collect()
}

/// The free margin to the right of a chart, in CSS pixels.
fn px_free() -> f64 {
    26.0
}
