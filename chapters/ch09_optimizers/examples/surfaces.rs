//! All optimizers on two surfaces: `cargo run --release -p ch09_optimizers --example surfaces`.
//!
//! A long valley, `(x² + 40 y²) / 2`, and Rosenbrock's banana, `(1 - x)² + 20 (y - x²)²`, whose valley is bent. Each optimizer
//! has the rate of a grid, 10^(1/8) apart, with which it ends lowest. None decays, so Adam and AdamW are one. The point is a
//! matrix of one row: Muon's step has then always the same length, Adafactor knows every number exactly, and LARS and LAMB go
//! by the distance from 0.

use std::path::Path;

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch01_tensors::Array;
use ch05_backprop::{Module, Param, Role, Visitor};
use ch09_optimizers::{AdaGrad, Adafactor, AdamW, Lamb, Lars, Lion, Muon, Optimizer, RmsProp, Sgd};

type Point = [f64; 2];
type Make = fn() -> Box<dyn Optimizer<f64>>;

/// A point that is trained.
struct Walker(Param<f64>);

impl Module<f64> for Walker {
    fn visit(&mut self, visitor: &mut Visitor<'_, f64>) {
        visitor.param("point", &mut self.0);
    }
}

struct Surface {
    key: &'static str,
    title: &'static str,
    height: fn(Point) -> f64,
    gradient: fn(Point) -> Point,
    start: Point,
    steps: usize,
    /// What the figure shows: left, right, bottom, top.
    window: [f64; 4],
    levels: [f64; 5],
}

const SURFACES: [Surface; 2] = [
    Surface {
        key: "valley",
        title: "A long valley",
        height: |[x, y]| (x * x + 40.0 * y * y) / 2.0,
        gradient: |[x, y]| [x, 40.0 * y],
        start: [-4.0, 1.0],
        steps: 40,
        window: [-4.5, 2.0, -1.3, 1.3],
        levels: [0.5, 2.0, 5.0, 10.0, 18.0],
    },
    Surface {
        key: "banana",
        title: "A bent valley",
        height: |[x, y]| (1.0 - x) * (1.0 - x) + 20.0 * (y - x * x) * (y - x * x),
        gradient: |[x, y]| {
            let off = y - x * x;
            [-2.0 * (1.0 - x) - 80.0 * off * x, 40.0 * off]
        },
        start: [-1.2, 1.0],
        steps: 200,
        window: [-1.7, 1.7, -0.7, 1.7],
        levels: [0.1, 0.5, 2.0, 5.0, 15.0],
    },
];

const OPTIMIZERS: [(&str, &str, Make); 11] = [
    ("plain descent", "plain", || Box::new(Sgd::new())),
    ("momentum", "momentum", || Box::new(Sgd::new().momentum(0.8))),
    ("Nesterov", "nesterov", || Box::new(Sgd::new().momentum(0.8).nesterov(true))),
    ("AdaGrad", "adagrad", || Box::new(AdaGrad::new())),
    ("RMSprop", "rmsprop", || Box::new(RmsProp::new().alpha(0.9))),
    ("Adam", "adam", || Box::new(AdamW::new().betas(0.8, 0.99).weight_decay(0.0))),
    ("Lion", "lion", || Box::new(Lion::new())),
    ("Muon", "muon", || Box::new(Muon::new().momentum(0.8).weight_decay(0.0))),
    ("Adafactor", "adafactor", || Box::new(Adafactor::new())),
    ("LARS", "lars", || Box::new(Lars::new().momentum(0.8).trust(1.0).weight_decay(0.0))),
    ("LAMB", "lamb", || Box::new(Lamb::new().betas(0.8, 0.99).weight_decay(0.0))),
];

fn path(surface: &Surface, make: Make, rate: f64) -> Vec<Point> {
    let (mut walker, mut optimizer) =
        (Walker(Param::new(Array::from([surface.start]), Role::Weight)), make());
    let mut path = vec![surface.start];
    for _ in 0..surface.steps {
        let at = path[path.len() - 1];
        walker.0.grad = Array::from([(surface.gradient)(at)]);
        if !walker.0.grad.iter().all(f64::is_finite) {
            break;
        }
        optimizer.step(&mut walker, rate);
        path.push([walker.0.value[[0, 0]], walker.0.value[[0, 1]]]);
    }
    path
}

fn end(surface: &Surface, path: &[Point]) -> f64 {
    let height = (surface.height)(path[path.len() - 1]);
    if height.is_finite() { height } else { f64::MAX }
}

/// Lines of equal height: where they cross the edges of a fine grid, as short pieces.
fn contours(surface: &Surface) -> Series {
    let [left, right, bottom, top] = surface.window;
    const CELLS: usize = 160;
    let at = |i: usize, j: usize| {
        [left + (right - left) * i as f64 / CELLS as f64, bottom + (top - bottom) * j as f64 / CELLS as f64]
    };
    let mut points = Vec::new();
    for (i, j, level) in (0..CELLS).flat_map(|i| (0..CELLS).flat_map(move |j| (0..5).map(move |l| (i, j, l))))
    {
        let level = surface.levels[level];
        let corners = [at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)];
        let heights = corners.map(|corner| (surface.height)(corner) - level);
        let mut piece = Vec::new();
        for k in 0..4 {
            let (a, b) = (heights[k], heights[(k + 1) % 4]);
            if (a < 0.0) != (b < 0.0) {
                let (p, q, share) = (corners[k], corners[(k + 1) % 4], a / (a - b));
                piece.push((p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share));
            }
        }
        if piece.len() == 2 {
            points.extend(piece);
            points.push((f64::NAN, f64::NAN));
        }
    }
    Series::new("", points)
}

fn draw(to: &Path, surface: &Surface, paths: &[(&str, Vec<Point>)]) -> Result<(), figure::FigureError> {
    let [left, right, bottom, top] = surface.window;
    let inside = |at: &Point| {
        let shown = (left..=right).contains(&at[0]) && (bottom..=top).contains(&at[1]);
        if shown { (at[0], at[1]) } else { (f64::NAN, f64::NAN) }
    };
    let curve =
        |(name, path): &(&str, Vec<Point>)| Series::new(name, path.iter().map(inside).collect()).marked();
    let mut curves: Vec<Series> = paths.iter().map(curve).collect();
    // Colours go by number, and the ninth is grey.
    curves.extend((curves.len()..8).map(|_| Series::new("", vec![])));
    curves.push(contours(surface));
    figure::lines(to, surface.title, "x", "y", &curves)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !ch09_optimizers::YOURS.is_empty() {
        println!("Running on your own code for: {}", ch09_optimizers::YOURS);
    }
    let mut record = Record::from_args("ch09_surfaces");
    for surface in &SURFACES {
        record.number(&format!("{}_steps", surface.key), surface.steps as f64);
        record.number(&format!("{}_start", surface.key), (surface.height)(surface.start));
        let mut paths = Vec::new();
        for (name, key, make) in OPTIMIZERS {
            let rates = (-32..=8).map(|i| 10f64.powf(f64::from(i) / 8.0));
            let tried = rates.map(|rate| (rate, path(surface, make, rate)));
            let better = |a: &(f64, Vec<Point>), b: &(f64, Vec<Point>)| {
                end(surface, &a.1).total_cmp(&end(surface, &b.1))
            };
            let (rate, path) = tried.min_by(better).expect("there are rates");
            println!("{:8} {name:14} rate {rate:8.5}: height {:9.2e}", surface.key, end(surface, &path));
            record.number(&format!("{}_{key}_rate", surface.key), rate);
            record.number(&format!("{}_{key}_height", surface.key), end(surface, &path));
            paths.push((name, path));
        }
        for (part, paths) in [("first", &paths[..6]), ("second", &paths[6..])] {
            let to = record.figure_path(&format!("ch09_{}_{part}", surface.key));
            draw(&to, surface, paths)?;
        }
    }
    record.finish()?;
    Ok(())
}
