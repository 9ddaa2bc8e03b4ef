//! A profile as a table: one line for each layer.

use super::{Phase, Profiler};

/// What was seen of a layer, or of a named piece of work.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerProfile {
    /// Its name.
    pub name: String,
    /// How many calls of each kind: forward, backward, infer, other.
    pub calls: [usize; 4],
    /// The seconds of all of them.
    pub seconds: [f64; 4],
    /// How many bytes there were more after a forward call than before it, on average: what it made and kept.
    pub kept: f64,
}

fn column(phase: Phase) -> usize {
    match phase {
        Phase::Forward => 0,
        Phase::Backward => 1,
        Phase::Infer => 2,
        Phase::Other => 3,
    }
}

impl Profiler {
    /// One entry per name, in the order in which they were first called.
    pub fn layers(&self) -> Vec<LayerProfile> {
        let mut layers: Vec<LayerProfile> = Vec::new();
        for span in self.spans() {
            let known = layers.iter().position(|layer| layer.name == span.name);
            let place = known.unwrap_or_else(|| {
                layers.push(LayerProfile { name: span.name.clone(), ..LayerProfile::default() });
                layers.len() - 1
            });
            let (layer, column) = (&mut layers[place], column(span.phase));
            layer.calls[column] += 1;
            layer.seconds[column] += span.seconds;
            if span.phase == Phase::Forward {
                layer.kept += span.bytes_after as f64 - span.bytes_before as f64;
            }
        }
        layers.iter_mut().for_each(|layer| layer.kept /= layer.calls[0].max(1) as f64);
        layers
    }

    /// The layers with their times per call, shares of the whole, and bytes, as text.
    pub fn table(&self) -> String {
        let layers: Vec<LayerProfile> = self.layers();
        let watched = layers.iter().filter(|layer| layer.calls[3] == 0);
        let all: f64 = watched.flat_map(|layer| layer.seconds).sum();
        let width = layers.iter().map(|layer| layer.name.chars().count()).max().unwrap_or(0).max(5);
        let mut text = format!(
            "{:width$}  calls  forward ms  backward ms  share of layers  KB kept by forward\n",
            "layer"
        );
        for LayerProfile { name, calls, seconds, kept } in &layers {
            let each = |column: usize| 1e3 * seconds[column] / calls[column].max(1) as f64;
            if calls[3] > 0 {
                text += &format!("{name:width$}  {:5}  {:10.3}\n", calls[3], each(3));
                continue;
            }
            let (forward, backward) = (each(0).max(each(2)), each(1));
            let share = 100.0 * seconds.iter().sum::<f64>() / all;
            let count = calls[0].max(calls[2]);
            let kilobytes = kept / 1e3;
            text += &format!(
                "{name:width$}  {count:5}  {forward:10.3}  {backward:11.3}  {share:13.1} %  {kilobytes:18.1}\n"
            );
        }
        text
    }
}
