//! Where the time of a step goes, and its memory: layer by layer, forward and backward.
//!
//! A layer is wrapped in one that looks at the clock and at the pool of memory (chapter 1) before and after each call,
//! and is otherwise the same: same paths, same weights, same results. What was seen can be read as a table, opened in a
//! browser as a trace (`chrome://tracing`, Perfetto), or looked at as an icicle picture.
//!
//! A profile disturbs what it measures by two looks at a clock per call, below a millionth of a second. The memory is the
//! process's: while other threads make batches, theirs is counted too. Left out: what happens inside a layer (wrap the
//! parts of a nested chain before they are pushed), and other threads.

mod picture;
mod table;
mod trace;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use ch01_tensors::{Tensor, pool};
use ch05_backprop::{Layer, Module, Visitor};
use ch07_modules::Sequential;

pub use table::LayerProfile;

/// What a call was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// A layer's forward pass.
    Forward,
    /// Its backward pass.
    Backward,
    /// A forward pass for use.
    Infer,
    /// Anything else: a whole step, the loss, the optimizer.
    Other,
}

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The layer's name, or what was given to [`Profiler::span`].
    pub name: String,
    /// What it was for.
    pub phase: Phase,
    /// How many calls it was inside of.
    pub depth: usize,
    /// When it began, in seconds since the profiler was made.
    pub start: f64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How many bytes of arrays there were when it began …
    pub bytes_before: usize,
    /// … and when it ended.
    pub bytes_after: usize,
}

/// Collects what happens. Clones share what they collect.
#[derive(Clone)]
pub struct Profiler {
    seen: Arc<Mutex<Seen>>,
    began: Instant,
}

#[derive(Default)]
struct Seen {
    spans: Vec<Span>,
    depth: usize,
}

impl Profiler {
    /// One that has seen nothing yet.
    pub fn new() -> Self {
        Profiler { seen: Arc::default(), began: Instant::now() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // A call that panicked leaves whole spans behind.
        self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    // ANCHOR: span
    /// Does some work and writes down when, how long, and how many bytes of arrays were there before and after.
    pub fn span<R>(&self, name: &str, phase: Phase, work: impl FnOnce() -> R) -> R {
        let place = {
            let mut seen = self.seen();
            let depth = seen.depth;
            seen.depth += 1;
            let name = name.to_owned();
            seen.spans.push(Span {
                name,
                phase,
                depth,
                start: 0.0,
                seconds: 0.0,
                bytes_before: 0,
                bytes_after: 0,
            });
            seen.spans.len() - 1
        };
        let bytes_before = pool::stats().live_bytes;
        let start = self.began.elapsed().as_secs_f64();
        let result = work();
        let end = self.began.elapsed().as_secs_f64();
        let mut seen = self.seen();
        seen.depth -= 1;
        let span = &mut seen.spans[place];
        (span.start, span.seconds) = (start, end - start);
        (span.bytes_before, span.bytes_after) = (bytes_before, pool::stats().live_bytes);
        result
    }
    // ANCHOR_END: span

    /// The same layer, watched.
    pub fn watch(&self, name: &str, layer: impl Layer + 'static) -> Watched {
        Watched { name: name.to_owned(), layer: Box::new(layer), profiler: self.clone() }
    }

    /// Watches each layer of a chain, under its number and `names[number]`, if there is one.
    pub fn watch_all(&self, model: &mut Sequential, names: &[&str]) {
        for (i, place) in model.layers_mut().iter_mut().enumerate() {
            let name = names.get(i).map_or(i.to_string(), |name| format!("{i} {name}"));
            let layer = std::mem::replace(place, Box::new(Sequential::<f32>::new()));
            *place = Box::new(Watched { name, layer, profiler: self.clone() });
        }
    }

    /// Everything that was seen, in the order in which it began. Calls that have not ended have no length yet.
    pub fn spans(&self) -> Vec<Span> {
        self.seen().spans.clone()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.seen().spans.clear();
    }
}

impl Default for Profiler {
    fn default() -> Self {
        Self::new()
    }
}

// ANCHOR: watched
/// A layer that reports its calls to a profiler.
pub struct Watched {
    name: String,
    layer: Box<dyn Layer>,
    profiler: Profiler,
}

impl Module for Watched {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        self.layer.visit(visitor);
    }
}

impl Layer for Watched {
    fn forward(&mut self, x: Tensor) -> Tensor {
        self.profiler.span(&self.name, Phase::Forward, || self.layer.forward(x))
    }

    fn backward(&mut self, grad: Tensor) -> Tensor {
        self.profiler.span(&self.name, Phase::Backward, || self.layer.backward(grad))
    }

    fn infer(&self, x: Tensor) -> Tensor {
        self.profiler.span(&self.name, Phase::Infer, || self.layer.infer(x))
    }
}
// ANCHOR_END: watched
