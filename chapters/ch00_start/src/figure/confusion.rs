//! A confusion matrix: what was taken for what.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::{FigureError, INK, px, save, text, text_width};

/// What is right and what is wrong, at their strongest.
const RIGHT: RGBColor = RGBColor(0x2b, 0x6c, 0xb8);
const WRONG: RGBColor = RGBColor(0xe0, 0x78, 0x2f);

/// Room above the cells, and below and around them, in CSS pixels.
const TOP: f64 = 78.0;
const MARGIN: f64 = 26.0;

/// Draws `counts`, `[classes, classes]` row by row: the row is the true class, the column the predicted one. Every
/// cell shows its count, and its share of the row as its colour: blue on the diagonal, orange beside it.
///
/// # Errors
/// When there are not `classes * classes` counts, or no class.
pub fn confusion(path: &Path, title: &str, classes: &[&str], counts: &[usize]) -> Result<(), FigureError> {
    let n = classes.len();
    if n == 0 || counts.len() != n * n {
        let message = format!("{title}: {} counts for {n} classes", counts.len());
        return Err(FigureError::Draw(message));
    }
    let widest = classes.iter().map(|name| text_width(name, 13.0)).fold(0.0, f64::max);
    let (cell_width, cell_height) = (f64::max(62.0, widest + 8.0), 40.0);
    let matrix = 24.0 + widest + 10.0 + cell_width * n as f64;
    // A title can be wider than a small matrix, which then stands in the middle.
    let width = f64::max(matrix, text_width(title, 17.0)) + 2.0 * MARGIN;
    let right = (width + matrix) / 2.0;
    let left = right - cell_width * n as f64;
    let height = TOP + cell_height * n as f64 + MARGIN;
    save(path, title, (width.ceil() as u32, height.ceil() as u32), |root| {
        let middle = left + cell_width * n as f64 / 2.0;
        let centred = |size| text(size, HPos::Center, VPos::Center);
        root.draw(&Text::new("predicted", (px(middle), px(46.0)), centred(13.0)))?;
        let upright = centred(13.0).transform(FontTransform::Rotate270);
        let down = TOP + cell_height * n as f64 / 2.0;
        root.draw(&Text::new("true class", (px(right - matrix), px(down)), upright))?;
        for (i, name) in classes.iter().enumerate() {
            let (x, y) = (left + cell_width * (i as f64 + 0.5), TOP + cell_height * (i as f64 + 0.5));
            root.draw(&Text::new(*name, (px(x), px(TOP - 13.0)), centred(13.0)))?;
            let style = text(13.0, HPos::Right, VPos::Center);
            root.draw(&Text::new(*name, (px(left - 8.0), px(y)), style))?;
        }
        for (row, counts) in counts.chunks(n).enumerate() {
            let total = counts.iter().sum::<usize>().max(1) as f64;
            for (column, &count) in counts.iter().enumerate() {
                let share = count as f64 / total;
                let (x, y) = (left + cell_width * column as f64, TOP + cell_height * row as f64);
                let corners =
                    [(px(x + 1.0), px(y + 1.0)), (px(x + cell_width - 1.0), px(y + cell_height - 1.0))];
                let strong = if row == column { RIGHT } else { WRONG };
                // Mistakes are few: the root makes a share of one percent visible.
                let strength = if row == column { share } else { share.sqrt() };
                root.draw(&Rectangle::new(corners, mix(strong, strength).filled()))?;
                let ink = if strength > 0.55 { WHITE } else { INK };
                let at = (px(x + cell_width / 2.0), px(y + cell_height / 2.0));
                root.draw(&Text::new(count.to_string(), at, centred(13.0).color(&ink)))?;
            }
        }
        Ok(Vec::new())
    })
}

/// From nearly white at 0 to the colour itself at 1.
fn mix(color: RGBColor, strength: f64) -> RGBColor {
    let part = |c: u8| (246.0 + (f64::from(c) - 246.0) * strength.clamp(0.0, 1.0)).round() as u8;
    RGBColor(part(color.0), part(color.1), part(color.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_and_every_name_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("confusion.svg");
        confusion(&path, "T", &["cat", "dog"], &[71, 72, 73, 74]).unwrap();
        let svg = std::fs::read_to_string(&path).unwrap();
        for (text, times) in [("71", 1), ("72", 1), ("73", 1), ("74", 1), ("cat", 2), ("dog", 2)] {
            assert_eq!(svg.lines().filter(|line| line.trim() == text).count(), times, "{text}");
        }
    }

    #[test]
    fn counts_of_the_wrong_size_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("confusion.svg");
        assert!(confusion(&path, "T", &["cat", "dog"], &[1, 2, 3]).is_err());
        assert!(confusion(&path, "T", &[], &[]).is_err() && !path.exists());
    }
}
