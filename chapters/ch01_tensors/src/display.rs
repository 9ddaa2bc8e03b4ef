//! Printing, as numpy prints: nested brackets, columns aligned, long arrays shortened.
//!
//! `{a}` shows up to 4 decimals, `{a:.8}` up to 8. All elements get as many decimals as the longest of them needs;
//! if the largest is 10^8 or more, the smallest below 10^-4, or they lie more than a factor of 1000 apart, all are
//! written with exponents. Above 1000 elements only the first and last three of each axis are shown; `{a:#}` shows
//! all. Lines are broken at 75 characters. `{a:?}` puts type and shape in front.
//!
//! Follows numpy.core.arrayprint with `precision=4`, but writes Rust's `true` and `false`.

use std::any::Any;
use std::fmt;

use crate::{Array, DType, Element};

/// Arrays with more elements are shortened.
const THRESHOLD: usize = 1000;
/// How many elements stay at either end of a shortened axis.
const EDGE: usize = 3;
const LINE_WIDTH: usize = 75;
const PRECISION: usize = 4;

/// How one number is written, decided by all that are shown.
enum Style {
    /// Right-aligned in a column: integers and truth values.
    Plain { width: usize },
    /// With a decimal point in a fixed column.
    Fixed { before: usize, after: usize, precision: usize },
    /// `-1.25e-05`.
    Exponent { before: usize, after: usize },
}

/// The value of a float; `None` for other types.
fn float<T: Element>(x: T) -> Option<f64> {
    let x: &dyn Any = &x;
    x.downcast_ref::<f64>().copied().or_else(|| x.downcast_ref::<f32>().map(|&x| f64::from(x)))
}

fn special(x: f64) -> &'static str {
    match x {
        f64::INFINITY => "inf",
        f64::NEG_INFINITY => "-inf",
        _ => "nan",
    }
}

/// What stands before and after the point: the shortest decimals that name the number, rounded if there are too many.
fn decimals<T: Element>(x: T, precision: usize) -> (String, String) {
    let mut text = x.to_string();
    if text.split_once('.').is_some_and(|(_, after)| after.len() > precision) {
        text = format!("{x:.precision$}");
    }
    let (before, after) = text.split_once('.').unwrap_or((&text, ""));
    (before.to_owned(), after.trim_end_matches('0').to_owned())
}

/// The digits before and after the point, and the exponent.
fn exponent(x: f64, precision: usize) -> (String, String, String) {
    let text = format!("{x:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').expect("written with an exponent");
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    (before.to_owned(), after.to_owned(), format!("e{sign}{digits:0>2}"))
}

impl Style {
    fn new<T: Element>(shown: &[T], precision: usize) -> Style {
        if !matches!(T::DTYPE, DType::F32 | DType::F64) {
            // A bool takes the place of `false` even if there is none, as in numpy.
            let least = if T::DTYPE == DType::Bool { 5 } else { 0 };
            return Style::Plain { width: shown.iter().map(|x| x.to_string().len()).fold(least, usize::max) };
        }
        let values: Vec<f64> = shown.iter().filter_map(|&x| float(x)).collect();
        let widest_special = values.iter().filter(|x| !x.is_finite()).map(|&x| special(x).len()).max();
        let finite = || values.iter().copied().filter(|x| x.is_finite());
        let sizes = || finite().map(f64::abs).filter(|&x| x > 0.0);
        let (largest, smallest) = (sizes().fold(0.0, f64::max), sizes().fold(f64::INFINITY, f64::min));
        let (mut before, mut after) = (0, 0);
        if largest >= 1e8 || (largest > 0.0 && (smallest < 1e-4 || largest / smallest > 1000.0)) {
            for (b, a, _) in finite().map(|x| exponent(x, precision)) {
                before = before.max(b.len());
                after = after.max(a.trim_end_matches('0').len());
            }
            // An exponent takes at least four places.
            let before = before.max(widest_special.unwrap_or(0).saturating_sub(after + 5));
            return Style::Exponent { before, after };
        }
        for (b, a) in
            shown.iter().filter(|&&x| float(x).is_some_and(f64::is_finite)).map(|&x| decimals(x, precision))
        {
            before = before.max(b.len());
            after = after.max(a.len());
        }
        let before = before.max(widest_special.unwrap_or(0).saturating_sub(after + 1));
        Style::Fixed { before, after, precision }
    }

    fn word<T: Element>(&self, x: T) -> String {
        let value = float(x).unwrap_or(0.0);
        match *self {
            Style::Plain { width } => format!("{:>width$}", x.to_string()),
            Style::Fixed { before, after, .. } if !value.is_finite() => {
                format!("{:>width$}", special(value), width = before + 1 + after)
            }
            Style::Exponent { before, after } if !value.is_finite() => {
                format!("{:>width$}", special(value), width = before + 1 + after + 4)
            }
            Style::Fixed { before, after, precision } => {
                let (b, a) = decimals(x, precision);
                format!("{b:>before$}.{a:<after$}")
            }
            Style::Exponent { before, after } => {
                let (b, a, e) = exponent(value, after);
                format!("{b:>before$}.{a}{e}")
            }
        }
    }
}

/// The indices of an axis that are shown.
fn picked(length: usize, short: bool) -> impl Iterator<Item = usize> {
    let (head, tail) = if short && length > 2 * EDGE { (EDGE, length - EDGE) } else { (length, length) };
    (0..head).chain(tail..length)
}

struct Printer<'a, T: Element> {
    array: &'a Array<T>,
    short: bool,
    style: Style,
}

/// Everything that is shown, in order.
fn shown<T: Element>(array: &Array<T>, short: bool, axis: usize, place: isize, out: &mut Vec<T>) {
    if axis == array.ndim() {
        return out.push(array.storage()[place as usize]);
    }
    for i in picked(array.shape()[axis], short) {
        shown(array, short, axis + 1, place + i as isize * array.strides()[axis], out);
    }
}

impl<T: Element> Printer<'_, T> {
    /// One bracket with all in it; lines after the first begin with `indent` spaces.
    fn nested(&self, axis: usize, place: isize, indent: usize, width: usize) -> String {
        let array = self.array;
        if axis == array.ndim() {
            return self.style.word(array.storage()[place as usize]);
        }
        let (length, left) = (array.shape()[axis], array.ndim() - axis);
        let cut = self.short && length > 2 * EDGE;
        let words = picked(length, self.short)
            .map(|i| self.nested(axis + 1, place + i as isize * array.strides()[axis], indent + 1, width - 1))
            .collect::<Vec<_>>();
        let (head, tail) = words.split_at(if cut { EDGE } else { 0 });
        let dots = cut.then(|| "...".to_owned());
        let words: Vec<&String> = head.iter().chain(&dots).chain(tail).collect();

        let prefix = " ".repeat(indent);
        let mut text = String::new();
        if left > 1 {
            let separator = format!("{}{prefix}", "\n".repeat(left - 1));
            let words: Vec<&str> = words.into_iter().map(String::as_str).collect();
            text.push_str(&words.join(&separator));
        } else {
            let mut used = indent;
            for (n, word) in words.into_iter().enumerate() {
                if n > 0 && used + 1 + word.len() > width - 1 {
                    text.push('\n');
                    text.push_str(&prefix);
                    used = indent;
                } else if n > 0 {
                    text.push(' ');
                    used += 1;
                }
                text.push_str(word);
                used += word.len();
            }
        }
        format!("[{text}]")
    }
}

impl<T: Element> fmt::Display for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("[]");
        }
        if self.ndim() == 0 {
            return write!(f, "{}", self.item());
        }
        let short = self.size() > THRESHOLD && !f.alternate();
        let mut elements = Vec::new();
        shown(self, short, 0, self.offset() as isize, &mut elements);
        let style = Style::new(&elements, f.precision().unwrap_or(PRECISION));
        f.write_str(&Printer { array: self, short, style }.nested(0, self.offset() as isize, 1, LINE_WIDTH))
    }
}

impl<T: Element> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.ndim() > 1 { '\n' } else { ' ' };
        write!(f, "{} {:?}{gap}", std::any::type_name::<T>(), self.shape)?;
        fmt::Display::fmt(self, f)
    }
}
