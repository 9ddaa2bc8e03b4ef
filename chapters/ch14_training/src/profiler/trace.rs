//! A profile as a trace file: the Trace Event Format, which browsers open at `chrome://tracing` and ui.perfetto.dev.
//!
//! A call is a "complete" event (`"ph": "X"`) with its start and length in millionths of a second; the viewer nests
//! events of a thread by their times. The bytes of all arrays are a counter (`"ph": "C"`), drawn as a curve below.

use std::fmt::Write as _;
use std::path::Path;

use ch00_start::file::write_atomic;

use super::{Phase, Profiler, Span};

impl Profiler {
    // ANCHOR: trace
    /// The trace as JSON.
    pub fn to_trace(&self) -> String {
        let mut events = Vec::new();
        for Span { name, phase, start, seconds, bytes_before, bytes_after, .. } in &self.spans() {
            let name = escaped(&match phase {
                Phase::Other => name.clone(),
                _ => format!("{name} {}", verb(*phase)),
            });
            let (from, to) = (1e6 * start, 1e6 * (start + seconds));
            events.push(format!(
                "{{\"name\":\"{name}\",\"cat\":\"{}\",\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":{from:.3},\
                 \"dur\":{:.3},\"args\":{{\"bytes before\":{bytes_before},\"bytes after\":{bytes_after}}}}}",
                verb(*phase),
                to - from
            ));
            for (time, bytes) in [(from, bytes_before), (to, bytes_after)] {
                events.push(format!(
                    "{{\"name\":\"arrays\",\"ph\":\"C\",\"pid\":1,\"ts\":{time:.3},\"args\":{{\"bytes\":{bytes}}}}}"
                ));
            }
        }
        format!("{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{}\n]}}\n", events.join(",\n"))
    }
    // ANCHOR_END: trace

    /// Writes the trace file, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_trace(&self, path: &Path) -> std::io::Result<()> {
        write_atomic(path, self.to_trace().as_bytes())
    }
}

/// The phase in a word.
pub fn verb(phase: Phase) -> &'static str {
    match phase {
        Phase::Forward => "forward",
        Phase::Backward => "backward",
        Phase::Infer => "infer",
        Phase::Other => "other",
    }
}

/// A text inside a JSON string.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => write!(out, "\\u{:04x}", c as u32).expect("a string grows"),
            c => out.push(c),
        }
    }
    out
}
