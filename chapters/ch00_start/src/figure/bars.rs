//! Bars: one or more per label.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, chart};
use super::{FigureError, SIZE, color, legend, px, save, text};

/// Draws `groups` of bars over `labels`: group `(name, values)` has one value per label. Bars start at zero and carry
/// their value. One group with an empty name is a plain bar chart.
///
/// # Errors
/// When a group has another number of values than there are labels, or there is no label.
pub fn bars(
    path: &Path,
    title: &str,
    y_label: &str,
    labels: &[&str],
    groups: &[(&str, &[f64])],
) -> Result<(), FigureError> {
    if labels.is_empty() || groups.is_empty() {
        return Err(FigureError::Draw(format!("{title}: no bars")));
    }
    if let Some((name, values)) = groups.iter().find(|(_, values)| values.len() != labels.len()) {
        let (have, want) = (values.len(), labels.len());
        return Err(FigureError::Draw(format!(
            "{title}: group '{name}' has {have} values for {want} labels"
        )));
    }
    let values = || groups.iter().flat_map(|(_, values)| values.iter().copied()).filter(|v| v.is_finite());
    let (low, high) = values().fold((0.0f64, 0.0f64), |(low, high), v| (low.min(v), high.max(v)));
    let room = 0.08 * if high > low { high - low } else { 1.0 };
    let x = Axis::named("", labels.iter().map(|&l| l.to_owned()).collect());
    let y = Axis::new(y_label, false, if low < 0.0 { low - room } else { 0.0 }..high + room);
    let width = 0.8 / groups.len() as f64;
    save(path, title, SIZE, |root| {
        let names: Vec<_> = groups.iter().enumerate().map(|(g, (name, _))| (*name, color(g))).collect();
        let top = legend(root, &names, SIZE.0)?;
        let mut chart = chart(root, top, 26.0, &x, &y, true)?;
        for (g, (_, values)) in groups.iter().enumerate() {
            let left = |i: usize| i as f64 - 0.4 + g as f64 * width;
            let shown = || values.iter().copied().enumerate().filter(|(_, v)| v.is_finite());
            chart.draw_series(shown().map(|(i, v)| {
                let inner = 0.03 * width;
                Rectangle::new([(left(i) + inner, 0.0), (left(i) + width - inner, v)], color(g).filled())
            }))?;
            let small = if labels.len() * groups.len() > 12 { 10.0 } else { 12.0 };
            chart.draw_series(shown().map(|(i, v)| {
                let (edge, away) = if v < 0.0 { (VPos::Top, 3.0) } else { (VPos::Bottom, -3.0) };
                let label = Text::new(short(v), (0, px(away)), text(small, HPos::Center, edge));
                EmptyElement::at((left(i) + width / 2.0, v)) + label
            }))?;
        }
        Ok(vec![])
    })
}

/// Three significant digits, without trailing zeros behind the point.
fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (2.0 - value.abs().log10().floor()).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_short() {
        assert_eq!(
            [short(0.0), short(98.25), short(0.012345), short(1234.6)],
            ["0", "98.2", "0.0123", "1235"]
        );
        assert_eq!(short(-2.5), "-2.5");
    }

    #[test]
    fn bars_that_do_not_fit_their_labels_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.svg");
        let error = bars(&path, "T", "y", &["a", "b"], &[("g", &[1.0])]).unwrap_err();
        assert_eq!(error.to_string(), "cannot draw the figure: T: group 'g' has 1 values for 2 labels");
        assert!(bars(&path, "T", "y", &[], &[("g", &[])]).is_err());
        assert!(!path.exists());
    }
}
