//! Axes: range, ticks and labels, linear or logarithmic.
//!
//! A logarithmic axis is a linear one over log10 of the values, so that plotters needs to know only one kind.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{AXIS, Area, Drawn, FINE, GRID, INK, px, text};

/// The chart that the drawing functions draw on; its coordinates are those of [`Axis::place`].
pub type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<Axis, Axis>>;

/// One axis.
#[derive(Debug, Clone)]
pub struct Axis {
    label: String,
    log: bool,
    range: Range<f64>,
    ticks: Vec<f64>,
    step: f64,
    names: Option<Vec<String>>,
}

impl Axis {
    /// An axis that holds all of `values` with a little room at both ends. What cannot be placed is ignored.
    pub fn around(label: &str, log: bool, values: impl Iterator<Item = f64>) -> Self {
        let transform = |v: f64| if log { v.log10() } else { v };
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.map(transform).filter(|v| v.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let room = if high > low { 0.04 * (high - low) } else { 0.5 * low.abs().max(1.0) };
        Self::new(label, log, low - room..high + room)
    }

    /// An axis over exactly this range (of log10 of the values when `log`).
    pub fn new(label: &str, log: bool, range: Range<f64>) -> Self {
        let (ticks, step) = if log { log_ticks(&range) } else { linear_ticks(&range) };
        Axis { label: label.to_owned(), log, range, ticks, step, names: None }
    }

    /// Names instead of numbers: name `i` stands at `i`.
    pub fn named(label: &str, names: Vec<String>) -> Self {
        let range = -0.5..names.len() as f64 - 0.5;
        let ticks = (0..names.len()).map(|i| i as f64).collect();
        Axis { label: label.to_owned(), log: false, range, ticks, step: 1.0, names: Some(names) }
    }

    /// Where a value stands on this axis; None for what cannot be shown.
    pub fn place(&self, value: f64) -> Option<f64> {
        let at = if self.log { value.log10() } else { value };
        at.is_finite().then_some(at)
    }

    /// The text at the place of a tick.
    fn tick_label(&self, at: f64) -> String {
        match &self.names {
            Some(names) => names.get(at.round() as usize).cloned().unwrap_or_default(),
            None if self.log => power_label(at),
            None => number_label(at, self.step),
        }
    }

    /// The same axis from high to low.
    pub fn downwards(mut self) -> Self {
        self.range = self.range.end..self.range.start;
        self
    }

    /// Every tick with its label.
    pub fn labelled_ticks(&self) -> Vec<(f64, String)> {
        self.ticks.iter().map(|&at| (at, self.tick_label(at))).collect()
    }

    /// Room that the labels need to the left of a y axis, in CSS pixels.
    fn label_width(&self) -> f64 {
        let widest = self.ticks.iter().map(|&at| super::text_width(&self.tick_label(at), 13.0));
        widest.fold(20.0, f64::max) + 14.0
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        limit.0 + (part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, at: &f64) -> String {
        self.tick_label(*at)
    }
}

/// Draws both axes below `top` (CSS pixels) and leaves `right` free; `grid` draws the lines across.
pub fn chart<'a>(root: &Area<'a>, top: f64, right: f64, x: &Axis, y: &Axis, grid: bool) -> Drawn<Chart<'a>> {
    let (width, height) = root.dim_in_pixel();
    let title = if y.label.is_empty() { 0.0 } else { 22.0 };
    let mut chart = ChartBuilder::on(root)
        .margin_top(px(top + 8.0))
        .margin_right(px(right))
        .margin_left(px(12.0 + title))
        .margin_bottom(px(if x.label.is_empty() { 12.0 } else { 34.0 }))
        .x_label_area_size(px(24.0))
        .y_label_area_size(px(y.label_width()))
        .build_cartesian_2d(x.clone(), y.clone())?;
    let grid_style = if grid { GRID.stroke_width(FINE) } else { TRANSPARENT.stroke_width(0) };
    chart
        .configure_mesh()
        .bold_line_style(grid_style)
        .light_line_style(TRANSPARENT)
        .axis_style(AXIS.stroke_width(FINE))
        .set_all_tick_mark_size(px(4.0))
        .label_style(text(13.0, HPos::Center, VPos::Center))
        .x_labels(x.ticks.len().max(1))
        .y_labels(y.ticks.len().max(1))
        .draw()?;
    let (across, down) = chart.plotting_area().get_pixel_range();
    let (middle_x, middle_y) = ((across.start + across.end) / 2, (down.start + down.end) / 2);
    let below = (middle_x, height as i32 - px(20.0));
    debug_assert!(across.end <= width as i32);
    root.draw(&Text::new(x.label.clone(), below, text(14.0, HPos::Center, VPos::Center)))?;
    let turned =
        ("sans-serif", 14.0 * 1.24 * f64::from(FINE)).into_font().transform(FontTransform::Rotate270);
    let style = turned.color(&INK).pos(plotters::style::text_anchor::Pos::new(HPos::Center, VPos::Center));
    root.draw(&Text::new(y.label.clone(), (px(22.0), middle_y), style))?;
    Ok(chart)
}

/// About six round numbers: multiples of 1, 2 or 5 times a power of ten. Gives them and their step.
fn linear_ticks(range: &Range<f64>) -> (Vec<f64>, f64) {
    let span = range.end - range.start;
    let raw = span / 6.0;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw).unwrap_or(raw);
    let first = (range.start / step).ceil() as i64;
    let last = (range.end / step).floor() as i64;
    ((first..=last).map(|i| i as f64 * step).collect(), step)
}

/// Powers of ten, thinned when there are many, with 2 and 5 between them when there are few.
fn log_ticks(range: &Range<f64>) -> (Vec<f64>, f64) {
    let (low, high) = (range.start.floor() as i64, range.end.ceil() as i64);
    let every = ((range.end - range.start) / 7.0).ceil().max(1.0) as i64;
    let between: &[f64] = if range.end - range.start < 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let powers = (low..=high).filter(|p| p.rem_euclid(every) == 0);
    let ticks = powers.flat_map(|p| between.iter().map(move |m| p as f64 + m.log10()));
    (ticks.filter(|at| range.contains(at)).collect(), every as f64)
}

/// As many decimals as the step needs; powers of ten for what would be long.
fn number_label(value: f64, step: f64) -> String {
    let value = if value.abs() < step * 1e-6 { 0.0 } else { value };
    if value.abs() >= 1e5 || (value != 0.0 && step < 1e-4) {
        let exponent = value.abs().log10().floor();
        let mantissa = value / 10f64.powf(exponent);
        let digits = if (mantissa - mantissa.round()).abs() < 1e-6 { 0 } else { 1 };
        return format!("{mantissa:.digits$}·10{}", superscript(exponent as i64));
    }
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.decimals$}").replace('-', "\u{2212}")
}

/// The label at log10 = `at` on a logarithmic axis.
fn power_label(at: f64) -> String {
    let exponent = (at + 1e-9).floor();
    let mantissa = 10f64.powf(at - exponent).round() as i64;
    if (-3.0..=4.0).contains(&exponent) {
        let decimals = (-exponent).max(0.0) as usize;
        return format!("{:.decimals$}", 10f64.powf(at));
    }
    let power = format!("10{}", superscript(exponent as i64));
    if mantissa == 1 { power } else { format!("{mantissa}·{power}") }
}

fn superscript(number: i64) -> String {
    let digit = |c: char| {
        c.to_digit(10).map_or('⁻', |d| ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][d as usize])
    };
    number.to_string().chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers() {
        let labels = |low, high| {
            let axis = Axis::new("", false, low..high);
            axis.ticks.iter().map(|&at| axis.tick_label(at)).collect::<Vec<_>>()
        };
        assert_eq!(labels(0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(-3.0, 7.0), ["\u{2212}2", "0", "2", "4", "6"]);
        assert_eq!(labels(0.0, 6e5)[3], "3·10⁵");
    }

    #[test]
    fn logarithmic_ticks() {
        let labels = |low: f64, high: f64| {
            let axis = Axis::around("", true, [low, high].into_iter());
            axis.ticks.iter().map(|&at| axis.tick_label(at)).collect::<Vec<_>>()
        };
        assert_eq!(labels(1.0, 1000.0), ["1", "10", "100", "1000"]);
        assert_eq!(labels(0.1, 2.0), ["0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(labels(1e-9, 1e9).last().map(String::as_str), Some("10⁹"));
    }

    #[test]
    fn nothing_and_nan_still_give_an_axis() {
        for values in [vec![], vec![f64::NAN], vec![3.0], vec![0.0, 0.0]] {
            let axis = Axis::around("x", false, values.into_iter());
            assert!(axis.range.start < axis.range.end && axis.ticks.len() > 1);
        }
        assert_eq!(Axis::around("x", true, [-1.0, 0.0].into_iter()).place(0.0), None);
    }
}
