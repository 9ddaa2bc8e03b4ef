//! A profile as an icicle picture: time from left to right, what a call is inside of above it.
//!
//! A flame graph upside down, and in the order of time instead of the alphabet's: a step is a story with a beginning. The
//! SVG is written by hand; the title of each box shows its numbers where the box is too narrow for a name.

use std::fmt::Write as _;
use std::path::Path;

use ch00_start::file::write_atomic;

use super::trace::verb;
use super::{Phase, Profiler, Span};

const WIDTH: f64 = 760.0;
const MARGIN: f64 = 16.0;
const TOP: f64 = 52.0;
const ROW: f64 = 26.0;

impl Profiler {
    /// The first call of this name, with all that happened inside of it, as SVG.
    pub fn to_icicle(&self, title: &str, name: &str) -> Option<String> {
        let spans = self.spans();
        let root = spans.iter().find(|span| span.name == name)?;
        let end = root.start + root.seconds;
        let inside = |span: &&Span| {
            span.depth >= root.depth && span.start >= root.start && span.start + span.seconds <= end
        };
        let inside: Vec<&Span> = spans.iter().filter(inside).collect();
        let rows = inside.iter().map(|span| span.depth - root.depth + 1).max()?;
        let height = TOP + rows as f64 * ROW + 40.0;
        let scale = (WIDTH - 2.0 * MARGIN) / root.seconds.max(1e-12);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
             height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"10\" fill=\"#ffffff\"/>\n\
             <text x=\"{MARGIN}\" y=\"26\" font-size=\"16\" fill=\"#33373d\">{}</text>\n",
            escaped(title)
        );
        for span in inside {
            let (x, y) =
                (MARGIN + scale * (span.start - root.start), TOP + ROW * (span.depth - root.depth) as f64);
            let width = (scale * span.seconds).max(0.4);
            let label = match span.phase {
                Phase::Other => span.name.clone(),
                phase => format!("{} {}", span.name, verb(phase)),
            };
            let milliseconds = 1e3 * span.seconds;
            let _ = write!(
                svg,
                "<g><title>{}: {milliseconds:.3} ms</title><rect x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\" \
                 height=\"{}\" fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"0.6\"/>",
                escaped(&label),
                ROW - 2.0,
                color(span.phase)
            );
            // About 6.4 pixels to a letter of this size: as many as fit.
            let room = ((width - 8.0) / 6.4).max(0.0) as usize;
            if room >= 4 {
                let mut text: String = label.chars().take(room).collect();
                if text.len() < label.len() {
                    text.pop();
                    text.push('…');
                }
                let _ = write!(
                    svg,
                    "<text x=\"{:.2}\" y=\"{}\" fill=\"#ffffff\">{}</text>",
                    x + 4.0,
                    y + 16.0,
                    escaped(&text)
                );
            }
            svg.push_str("</g>\n");
        }
        let y = height - 16.0;
        let mut x = MARGIN;
        for (phase, text) in
            [(Phase::Forward, "forward"), (Phase::Backward, "backward"), (Phase::Other, "the rest")]
        {
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{}\"/>\
                 <text x=\"{}\" y=\"{y}\" fill=\"#33373d\">{text}</text>",
                y - 10.0,
                color(phase),
                x + 17.0
            );
            x += 100.0;
        }
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{y}\" text-anchor=\"end\" fill=\"#33373d\">{:.2} ms from left to right</text>\n</svg>",
            WIDTH - MARGIN,
            1e3 * root.seconds
        );
        Some(svg)
    }

    /// Writes the picture, whole or not at all; nothing if there was no such call.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn draw_icicle(&self, path: &Path, title: &str, name: &str) -> std::io::Result<()> {
        self.to_icicle(title, name).map_or(Ok(()), |svg| write_atomic(path, svg.as_bytes()))
    }
}

fn color(phase: Phase) -> &'static str {
    match phase {
        Phase::Forward => "#2b6cb8",
        Phase::Backward => "#c25f1c",
        Phase::Infer => "#23804f",
        Phase::Other => "#6f7680",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
