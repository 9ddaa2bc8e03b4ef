//! The book's pictures: thin helpers over plotters that write SVG files in one style.
//!
//! Every picture is a white card with rounded corners, so that it reads on a light page and on a dark one. The same
//! input gives the same bytes. Functions take the path first (see [`Record::figure_path`](crate::Record::figure_path)),
//! then a title and labels, then data.
//!
//! | function | draws |
//! | --- | --- |
//! | [`lines`], [`lines_log_x`], [`lines_log_y`], [`lines_log_log`] | curves |
//! | [`scatter`] | points in classes |
//! | [`bars`] | one or more bars per label |
//! | [`heatmap`] | a matrix with a colour bar |
//! | [`confusion`] | what was taken for what |
//! | [`decision_regions`] | what a classifier says at every place, with the data on top |
//! | [`image_grid`] | small grey or coloured images |
//!
//! Left out: everything interactive, 3-D, and any second style.

mod axis;
mod bars;
mod confusion;
mod curves;
mod images;
mod maps;

use std::path::{Path, PathBuf};

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use thiserror::Error;

pub use bars::bars;
pub use confusion::confusion;
pub use curves::{Series, lines, lines_log_log, lines_log_x, lines_log_y, scatter};
pub use images::{Image, image_grid};
pub use maps::{decision_regions, heatmap};

use crate::file::write_atomic;

/// Why a figure could not be made.
#[derive(Debug, Error)]
pub enum FigureError {
    /// The file could not be written.
    #[error("cannot write the figure {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The data cannot be drawn, such as bars without values.
    #[error("cannot draw the figure: {0}")]
    Draw(String),
}

/// Coordinates are drawn this much larger and shown smaller, because plotters rounds them to whole pixels.
const FINE: u32 = 8;

/// Width and height of a figure with axes, in CSS pixels.
const SIZE: (u32, u32) = (760, 460);

const INK: RGBColor = RGBColor(0x33, 0x37, 0x3d);
const AXIS: RGBColor = RGBColor(0x9a, 0xa0, 0xa8);
const GRID: RGBColor = RGBColor(0xe7, 0xe9, 0xec);

/// Ten colours that stay apart for colour-blind readers in the order in which they are used.
const COLORS: [RGBColor; 10] = [
    RGBColor(0x2b, 0x6c, 0xb8),
    RGBColor(0xe0, 0x78, 0x2f),
    RGBColor(0x2f, 0x9e, 0x6b),
    RGBColor(0x8c, 0x5b, 0xb5),
    RGBColor(0xcc, 0x3d, 0x4a),
    RGBColor(0x1f, 0xa3, 0xb5),
    RGBColor(0x8a, 0x6a, 0x42),
    RGBColor(0xd4, 0x66, 0xa3),
    RGBColor(0x6f, 0x76, 0x80),
    RGBColor(0xa3, 0x9b, 0x1c),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn<T> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// The colour of the series or class with this number; they repeat after ten.
fn color(index: usize) -> RGBColor {
    COLORS[index % COLORS.len()]
}

/// CSS pixels in fine coordinates.
fn px(pixels: f64) -> i32 {
    (pixels * f64::from(FINE)).round() as i32
}

/// A text style of `size` CSS pixels, anchored at `h`, `v`. (The SVG backend divides sizes by 1.24.)
fn text(size: f64, h: HPos, v: VPos) -> TextStyle<'static> {
    ("sans-serif", size * 1.24 * f64::from(FINE)).into_font().color(&INK).pos(Pos::new(h, v))
}

/// About how wide a text is, in CSS pixels. The reader's font decides; this is no less than DejaVu Sans takes, which is
/// a wide one, so that names in a legend do not touch.
fn text_width(text: &str, size: f64) -> f64 {
    let width = |c: char| match c {
        'f' | 'i' | 'j' | 'l' | 'r' | 't' | 'I' | 'J' | ' ' => 0.39,
        '.' | ',' | ':' | ';' | '!' | '|' | '\'' | '(' | ')' | '[' | ']' | '/' | '-' | '·' => 0.39,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '&' | '+' | '=' | '<' | '>' | '—' | '…' => 1.0,
        // Chinese, Japanese and Korean signs, and what comes behind them.
        '\u{2e80}'.. => 1.0,
        _ if c.is_uppercase() => 0.79,
        _ => 0.64,
    };
    size * text.chars().map(width).sum::<f64>()
}

/// A pixel image placed under or beside what plotters draws: x, y, width, height in fine coordinates and the PNG.
struct Picture {
    at: (i32, i32, i32, i32),
    png: Vec<u8>,
}

/// Paints on a card of `size` CSS pixels and writes it. The title is written at the top; `paint` gets all the area.
fn save(
    path: &Path,
    title: &str,
    size: (u32, u32),
    paint: impl FnOnce(&Area<'_>) -> Drawn<Vec<Picture>>,
) -> Result<(), FigureError> {
    let mut svg = String::new();
    let pictures = {
        let root = SVGBackend::with_string(&mut svg, (size.0 * FINE, size.1 * FINE)).into_drawing_area();
        let drawn = title_line(&root, title, size.0).and_then(|()| paint(&root));
        let pictures = drawn.map_err(|e| FigureError::Draw(e.to_string()))?;
        root.present().map_err(|e| FigureError::Draw(e.to_string()))?;
        pictures
    };
    let svg = finish(&svg, title, size, &pictures);
    write_atomic(path, svg.as_bytes())
        .map_err(|source| FigureError::Write { path: path.to_owned(), source })?;
    println!("figure: {}", path.display());
    Ok(())
}

fn title_line(root: &Area<'_>, title: &str, width: u32) -> Drawn<()> {
    let style = text(17.0, HPos::Center, VPos::Center).into_font_bold();
    root.draw(&Text::new(title.to_owned(), (px(f64::from(width) / 2.0), px(24.0)), style))
}

/// A bold variant of a text style.
trait Bold {
    fn into_font_bold(self) -> Self;
}

impl Bold for TextStyle<'static> {
    fn into_font_bold(mut self) -> Self {
        self.font = self.font.style(FontStyle::Bold);
        self
    }
}

/// Puts the card, the fonts, a description for screen readers and the pixel images around plotters' drawing.
fn finish(svg: &str, title: &str, (width, height): (u32, u32), pictures: &[Picture]) -> String {
    let body = svg.split_once(">\n").map_or("", |(_, body)| body);
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" stroke-linejoin=\"round\" stroke-linecap=\"round\">\n<title>{title}</title>\n\
         <rect x=\"{e}\" y=\"{e}\" width=\"{}\" height=\"{}\" rx=\"{}\" fill=\"#ffffff\" stroke=\"#dfe2e6\" \
         stroke-width=\"{FINE}\"/>\n",
        width * FINE,
        height * FINE,
        (width - 1) * FINE,
        (height - 1) * FINE,
        12 * FINE,
        e = FINE / 2,
    );
    for Picture { at: (x, y, w, h), png } in pictures {
        let data = images::base64(png);
        out += &format!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>\n"
        );
    }
    let fonts = "font-family=\"system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif\"";
    out += &body.replace("font-family=\"sans-serif\"", fonts);
    out
}

/// A row (or more) of names with their colours, below the title. Gives the y below it, in CSS pixels.
fn legend(root: &Area<'_>, names: &[(&str, RGBColor)], width: u32) -> Drawn<f64> {
    const TEXT: f64 = 13.0;
    let named: Vec<_> = names.iter().filter(|(name, _)| !name.is_empty()).collect();
    let mut rows: Vec<Vec<(&str, RGBColor, f64)>> = vec![vec![]];
    let mut used = 0.0;
    for (name, color) in named {
        let entry = text_width(name, TEXT) + 38.0;
        if used + entry > f64::from(width) - 60.0 && !rows[rows.len() - 1].is_empty() {
            rows.push(vec![]);
            used = 0.0;
        }
        let last = rows.len() - 1;
        rows[last].push((name, *color, entry));
        used += entry;
    }
    let mut y = 42.0;
    for row in rows.iter().filter(|row| !row.is_empty()) {
        y += 10.0;
        let mut x = (f64::from(width) - row.iter().map(|(_, _, w)| w).sum::<f64>() + 14.0) / 2.0;
        for (name, color, entry) in row {
            root.draw(&Rectangle::new([(px(x), px(y - 2.0)), (px(x + 16.0), px(y + 2.0))], color.filled()))?;
            let style = text(TEXT, HPos::Left, VPos::Center);
            root.draw(&Text::new((*name).to_owned(), (px(x + 22.0), px(y)), style))?;
            x += entry;
        }
        y += 10.0;
    }
    Ok(y)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Widths in DejaVu Sans, in units of the size, measured with Pillow's `ImageFont.getlength`.
    #[test]
    fn a_text_gets_the_room_that_it_takes() {
        let measured = [
            ("momentum", 5.81),
            ("WWWW", 3.96),
            ("BatchNorm", 5.60),
            ("encoder", 4.07),
            ("encoder, first weights of 0.02", 14.70),
            ("as it is, on the training digits", 14.33),
            ("MSE / 2", 3.74),
        ];
        for (text, width) in measured {
            let about = text_width(text, 13.0) / 13.0;
            assert!((width..1.25 * width).contains(&about), "{text}: {about} instead of {width}");
        }
    }
}
