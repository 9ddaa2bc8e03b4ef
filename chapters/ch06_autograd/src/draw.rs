//! A graph as a picture: in Graphviz' language, and as SVG, drawn here.

use std::collections::HashSet;
use std::fmt::Write;

use ch01_tensors::Float;

use crate::layout::{BOX, Drawn, Kind, Picture, place};
use crate::program::Source;
use crate::{Program, Var};

/// The graph behind `output` in Graphviz' language: `dot -Tpng graph.dot`. `names` are shown on leaves.
pub fn dot<T: Float>(output: &Var<T>, names: &[(&str, &Var<T>)]) -> String {
    of_variable(output, names).dot()
}

/// The graph behind `output` as an SVG picture, inputs above. `names` are shown on leaves.
pub fn svg<T: Float>(output: &Var<T>, names: &[(&str, &Var<T>)]) -> String {
    of_variable(output, names).svg()
}

impl<T: Float> Program<T> {
    /// The program in Graphviz' language. `names` are those of the inputs.
    pub fn dot(&self, names: &[&str]) -> String {
        self.picture(names).dot()
    }

    /// The program as an SVG picture, inputs above. `names` are those of the inputs.
    pub fn svg(&self, names: &[&str]) -> String {
        self.picture(names).svg()
    }

    fn picture(&self, names: &[&str]) -> Picture {
        let drawn = |(i, node): (usize, &crate::program::Node<T>)| {
            let shape = format!("{:?}", node.shape);
            match &node.source {
                Source::Input => {
                    let name = names.get(i).copied().unwrap_or("input");
                    Drawn { lines: vec![name.into(), shape], kind: Kind::Variable, from: Vec::new() }
                }
                Source::Constant(value) => constant(value.size(), value.iter().next(), shape),
                Source::Operation(operation, from) => {
                    let (name, kind) = match operation.parts() {
                        1 => (operation.name().to_string(), Kind::Operation),
                        parts => (format!("{parts} fused"), Kind::Fused),
                    };
                    Drawn { lines: vec![name, shape], kind, from: from.clone() }
                }
            }
        };
        Picture { boxes: self.nodes.iter().enumerate().map(drawn).collect() }
    }
}

fn constant<T: Float>(size: usize, first: Option<T>, shape: String) -> Drawn {
    let value = first.filter(|_| size == 1).map_or("constant".into(), |x| format!("{:.4}", x.to_f64()));
    Drawn { lines: vec![value, shape], kind: Kind::Constant, from: Vec::new() }
}

fn of_variable<T: Float>(output: &Var<T>, names: &[(&str, &Var<T>)]) -> Picture {
    let (mut all, mut waiting, mut seen) = (Vec::new(), vec![output.clone()], HashSet::new());
    while let Some(x) = waiting.pop() {
        if seen.insert(x.id()) {
            waiting.extend(x.inputs());
            all.push(x);
        }
    }
    // Inputs have smaller numbers than what was made from them.
    all.sort_by_key(Var::id);
    let place = |x: &Var<T>| all.binary_search_by_key(&x.id(), Var::id).expect("all inputs were visited");
    let drawn = |x: &Var<T>| {
        let shape = format!("{:?}", x.shape());
        let name = names.iter().find(|(_, named)| named.id() == x.id()).map(|(name, _)| (*name).to_string());
        let from = x.inputs().iter().map(place).collect();
        match (x.operation(), name) {
            (Some(operation), _) => {
                Drawn { lines: vec![operation.into(), shape], kind: Kind::Operation, from }
            }
            (None, Some(name)) => {
                let kind = if x.requires_grad() { Kind::Variable } else { Kind::Constant };
                Drawn { lines: vec![name, shape], kind, from }
            }
            (None, None) if x.requires_grad() => {
                Drawn { lines: vec!["variable".into(), shape], kind: Kind::Variable, from }
            }
            (None, None) => constant(x.shape().size(), x.value().iter().next(), shape),
        }
    };
    Picture { boxes: all.iter().map(drawn).collect() }
}

impl Kind {
    /// The colour of a box and of its frame.
    fn colours(self) -> [&'static str; 2] {
        match self {
            Kind::Variable => ["#dbe9f6", "#2f6ea5"],
            Kind::Constant => ["#eeeeee", "#888888"],
            Kind::Operation => ["#ffffff", "#444444"],
            Kind::Fused => ["#fde8cf", "#c26a00"],
        }
    }
}

impl Picture {
    // ANCHOR: dot
    fn dot(&self) -> String {
        let mut text = String::from("digraph {\n  node [shape=box, style=filled, fontname=\"sans-serif\"]\n");
        for (i, drawn) in self.boxes.iter().enumerate() {
            let [fill, frame] = drawn.kind.colours();
            let label = drawn.lines.join("\\n");
            _ = writeln!(text, "  n{i} [label=\"{label}\", fillcolor=\"{fill}\", color=\"{frame}\"]");
            for from in &drawn.from {
                _ = writeln!(text, "  n{from} -> n{i}");
            }
        }
        text + "}\n"
    }
    // ANCHOR_END: dot

    fn svg(&self) -> String {
        let (centres, [width, height]) = place(self);
        let [w, h] = BOX;
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"12\" \
             text-anchor=\"middle\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        );
        for (i, drawn) in self.boxes.iter().enumerate() {
            let [x, y] = centres[i];
            for &from in &drawn.from {
                let ([x0, y0], y1) = ([centres[from][0], centres[from][1] + h / 2.0], y - h / 2.0);
                let half = (y1 - y0) / 2.0;
                _ = writeln!(
                    text,
                    "<path d=\"M{x0} {y0} C{x0} {} {x} {} {x} {y1}\" fill=\"none\" stroke=\"#999999\"/>\
                     <path d=\"M{} {} L{x} {y1} L{} {}\" fill=\"none\" stroke=\"#999999\"/>",
                    y0 + half,
                    y1 - half,
                    x - 4.0,
                    y1 - 6.0,
                    x + 4.0,
                    y1 - 6.0,
                );
            }
        }
        for (drawn, [x, y]) in self.boxes.iter().zip(centres) {
            let [fill, frame] = drawn.kind.colours();
            let (left, top) = (x - w / 2.0, y - h / 2.0);
            let round = if drawn.kind == Kind::Operation { 4.0 } else { 14.0 };
            _ = writeln!(
                text,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{w}\" height=\"{h}\" rx=\"{round}\" fill=\"{fill}\" \
                 stroke=\"{frame}\"/>"
            );
            for (line, words) in drawn.lines.iter().enumerate() {
                let y = y - 3.0 + 15.0 * line as f64;
                let weight = if line == 0 { "bold" } else { "normal" };
                _ = writeln!(text, "<text x=\"{x}\" y=\"{y}\" font-weight=\"{weight}\">{words}</text>");
            }
        }
        text + "</svg>\n"
    }
}
