//! Every operation of the tape as a case: which inputs it takes, and what is done with them, in both precisions.

#![allow(dead_code)]

use ch01_tensors::{Array, Rng, Slice};
use ch06_autograd::{Tape, Var, grad};

type Function<T> = Box<dyn Fn(&[Var<T>]) -> Var<T>>;

/// Where inputs may lie, so that no finite difference crosses a kink.
#[derive(Clone, Copy, PartialEq)]
pub enum Domain {
    Any,
    /// From 0.5 to 1.5.
    Positive,
    /// From 0.2 to 1.2 in size, of either sign.
    AwayFromZero,
    /// No two elements nearer to each other than 0.05.
    Distinct,
}

pub struct Case {
    /// `map`, `arithmetic`: the operations that are tested together.
    pub family: &'static str,
    /// The name in the golden file.
    pub name: &'static str,
    pub domain: Domain,
    /// The shapes of the inputs for three sizes.
    pub shapes: fn([usize; 3]) -> Vec<Vec<usize>>,
    pub f64: Function<f64>,
    pub f32: Function<f32>,
}

/// The sizes of gradient checks and golden values.
pub const SIZES: [usize; 3] = [2, 3, 4];

macro_rules! case {
    ($family:literal, $name:literal, $domain:ident, $shapes:expr, $f:expr) => {
        Case {
            family: $family,
            name: $name,
            domain: Domain::$domain,
            shapes: $shapes,
            f64: {
                fn typed(f: impl Fn(&[Var<f64>]) -> Var<f64> + 'static) -> Function<f64> {
                    Box::new(f)
                }
                typed($f)
            },
            f32: {
                fn typed(f: impl Fn(&[Var<f32>]) -> Var<f32> + 'static) -> Function<f32> {
                    Box::new(f)
                }
                typed($f)
            },
        }
    };
}

fn one([m, n, k]: [usize; 3]) -> Vec<Vec<usize>> {
    vec![vec![m, n, k]]
}

fn matrix([m, n, _]: [usize; 3]) -> Vec<Vec<usize>> {
    vec![vec![m, n]]
}

fn two([m, n, k]: [usize; 3]) -> Vec<Vec<usize>> {
    vec![vec![m, n, k], vec![m, n, k]]
}

/// An axis in the middle and one in front are broadcast.
fn broadcast([m, n, k]: [usize; 3]) -> Vec<Vec<usize>> {
    vec![vec![m, n, k], vec![n, 1]]
}

/// Indices that repeat: `i * 5 % count`.
pub fn indices(shape: &[usize], count: usize) -> Array<i64> {
    let mut i = 0;
    Array::from_fn(shape, |_| {
        i += 1;
        ((i - 1) * 5 % count) as i64
    })
}

pub fn cases() -> Vec<Case> {
    vec![
        case!("map", "exp", Any, one, |x| x[0].exp()),
        case!("map", "ln", Positive, one, |x| x[0].ln()),
        case!("map", "sqrt", Positive, one, |x| x[0].sqrt()),
        case!("map", "pow", Positive, one, |x| x[0].pow(2.5)),
        case!("map", "cube", Any, one, |x| x[0].pow(3.0)),
        case!("map", "tanh", Any, one, |x| x[0].tanh()),
        case!("map", "sigmoid", Any, one, |x| x[0].sigmoid()),
        case!("map", "erf", Any, one, |x| x[0].erf()),
        case!("map", "gelu", Any, one, |x| x[0].gelu()),
        case!("map", "sin", Any, one, |x| x[0].sin()),
        case!("map", "cos", Any, one, |x| x[0].cos()),
        case!("map", "relu", AwayFromZero, one, |x| x[0].relu()),
        case!("map", "abs", AwayFromZero, one, |x| x[0].abs()),
        case!("arithmetic", "add", Any, two, |x| &x[0] + &x[1]),
        case!("arithmetic", "subtract", Any, two, |x| &x[0] - &x[1]),
        case!("arithmetic", "multiply", Any, two, |x| &x[0] * &x[1]),
        case!("arithmetic", "divide", Positive, two, |x| &x[0] / &x[1]),
        case!("arithmetic", "negate", Any, one, |x| -&x[0]),
        case!("arithmetic", "numbers", Positive, one, |x| 2.0 / (1.0 - &x[0] * 0.25) + (&x[0] / 3.0 - 1.0)),
        case!("arithmetic", "same_twice", Any, one, |x| &x[0] * &x[0] + &x[0]),
        case!("broadcast", "add_broadcast", Any, broadcast, |x| &x[0] + &x[1]),
        case!("broadcast", "subtract_broadcast", Any, broadcast, |x| &x[1] - &x[0]),
        case!("broadcast", "multiply_broadcast", Any, broadcast, |x| &x[0] * &x[1]),
        case!("broadcast", "divide_broadcast", Positive, broadcast, |x| &x[0] / &x[1]),
        case!("broadcast", "scalar_broadcast", Any, |[m, n, _]| vec![vec![m, n], vec![]], |x| &x[0] * &x[1]),
        case!("broadcast", "broadcast_to", Any, |[m, _, k]| vec![vec![m, 1, k]], |x| {
            let shape = [2, x[0].dim(0), 3, x[0].dim(2)];
            x[0].broadcast_to(shape)
        }),
        case!("matmul", "matmul", Any, |[m, n, k]| vec![vec![m, k], vec![k, n]], |x| x[0].matmul(&x[1])),
        case!("matmul", "matmul_batch", Any, |[m, n, k]| vec![vec![2, m, k], vec![2, k, n]], |x| {
            x[0].matmul(&x[1])
        }),
        case!("matmul", "matmul_rows", Any, |[m, n, k]| vec![vec![2, m, k], vec![k, n]], |x| {
            x[0].matmul(&x[1])
        }),
        case!("matmul", "matmul_broadcast", Any, |[m, n, k]| vec![vec![3, 1, m, k], vec![2, k, n]], |x| {
            x[0].matmul(&x[1])
        }),
        case!("matmul", "matmul_vectors", Any, |[m, _, k]| vec![vec![m, k], vec![k]], |x| x[0].matmul(&x[1])),
        case!("matmul", "matmul_transposed", Any, |[m, n, k]| vec![vec![m, k], vec![n, k]], |x| {
            x[0].matmul(&x[1].t())
        }),
        case!("reduce", "sum", Any, one, |x| x[0].sum([0, 2], false)),
        case!("reduce", "sum_keepdim", Any, one, |x| x[0].sum(1, true)),
        case!("reduce", "sum_all", Any, one, |x| x[0].sum(.., false)),
        case!("reduce", "mean", Any, one, |x| x[0].mean(-1, true)),
        case!("reduce", "max", Distinct, one, |x| x[0].max([1], false)),
        case!("reduce", "max_all", Distinct, one, |x| x[0].max(.., false)),
        case!("shape", "reshape", Any, one, |x| x[0].reshape([x[0].dim(2), usize::MAX])),
        case!("shape", "permute", Any, one, |x| x[0].permute([2, 0, 1])),
        case!("shape", "transpose", Any, one, |x| x[0].transpose(0, -1)),
        case!("shape", "alias", Any, one, |x| x[0].alias()),
        case!("shape", "slice", Any, one, |x| x[0].slice((0, Slice::new(None, None, -2), 1..))),
        case!("shape", "narrow", Any, one, |x| x[0].narrow(-1, 1, x[0].dim(2) - 1)),
        case!("shape", "concat", Any, |[m, n, k]| vec![vec![m, n, k], vec![m, 1, k]], |x| {
            Var::concat(&[&x[0], &x[1], &x[0]], -2)
        }),
        case!("index", "gather", Any, matrix, |x| x[0].gather(1, &indices(&[x[0].dim(0), 5], x[0].dim(1)))),
        case!("index", "index_select", Any, one, |x| x[0].index_select(1, &indices(&[2, 2], x[0].dim(1)))),
        case!("index", "embedding", Any, matrix, |x| x[0].index_select(0, &indices(&[5], x[0].dim(0)))),
        case!("softmax", "softmax", Any, one, |x| x[0].softmax(1)),
        case!("softmax", "softmax_last", Any, one, |x| x[0].softmax(-1)),
        case!("softmax", "log_softmax", Any, one, |x| x[0].log_softmax(-1)),
        case!("softmax", "cross_entropy", Any, matrix, |x| {
            x[0].cross_entropy(&indices(&[x[0].dim(0)], x[0].dim(1)))
        }),
    ]
}

/// The cases of a family.
pub fn family(name: &str) -> Vec<Case> {
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.family == name).collect();
    assert!(!cases.is_empty(), "no case in family {name}");
    cases
}

/// An input of the domain, seeded.
pub fn draw(shape: &[usize], domain: Domain, rng: &mut Rng) -> Array<f64> {
    let mut order: Vec<usize> = (0..shape.iter().product()).collect();
    rng.shuffle(&mut order);
    let mut order = order.into_iter();
    Array::from_fn(shape, |_| match domain {
        Domain::Any => rng.normal(),
        Domain::Positive => 0.5 + rng.uniform(),
        Domain::AwayFromZero => (0.2 + rng.uniform()) * if rng.below(2) == 0 { 1.0 } else { -1.0 },
        Domain::Distinct => 0.1 * order.next().expect("one per element") as f64 - 1.0 + 0.05 * rng.uniform(),
    })
}

impl Case {
    /// Inputs for the sizes.
    pub fn inputs(&self, sizes: [usize; 3], seed: u64) -> Vec<Array<f64>> {
        let mut rng = Rng::new(seed, self.name);
        (self.shapes)(sizes).iter().map(|shape| draw(shape, self.domain, &mut rng)).collect()
    }

    /// The output, as an array.
    pub fn value(&self, x: &[Array<f64>]) -> Array<f64> {
        let x: Vec<Var<f64>> = x.iter().cloned().map(Var::variable).collect();
        (self.f64)(&x).value()
    }

    /// The gradients of `Σ weight · output`.
    pub fn gradients(&self, x: &[Array<f64>], weight: &Array<f64>) -> Vec<Array<f64>> {
        let x: Vec<Var<f64>> = x.iter().cloned().map(Var::variable).collect();
        let loss = ((self.f64)(&x) * Var::constant(weight.clone())).sum(.., false);
        grad(&loss, &x.iter().collect::<Vec<_>>(), Tape::Release).iter().map(Var::value).collect()
    }

    /// The gradients of `Σ_i weights[i] · gradient[i]`, where the gradients are those of `Σ weight · output`.
    pub fn second(&self, x: &[Array<f64>], weight: &Array<f64>, weights: &[Array<f64>]) -> Vec<Array<f64>> {
        let x: Vec<Var<f64>> = x.iter().cloned().map(Var::variable).collect();
        let all: Vec<&Var<f64>> = x.iter().collect();
        let loss = ((self.f64)(&x) * Var::constant(weight.clone())).sum(.., false);
        let first = grad(&loss, &all, Tape::Create);
        let parts = first.iter().zip(weights).map(|(g, c)| (g * Var::constant(c.clone())).sum(.., false));
        let inner = parts.reduce(|a, b| a + b).expect("an operation has inputs");
        grad(&inner, &all, Tape::Release).iter().map(Var::value).collect()
    }
}

/// `Σ a · b`.
pub fn dot(a: &Array<f64>, b: &Array<f64>) -> f64 {
    (a * b).sum_all()
}
