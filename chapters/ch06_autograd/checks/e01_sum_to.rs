//! Checks exercise e01_sum_to.

#[allow(unused)]
#[path = "../exercises/e01_sum_to.rs"]
mod sum_to;

use ch00_start::check::close;
use ch01_tensors::{Array, Shape};
use ch06_autograd::{Tape, Var, grad};
use sum_to::sum_to;

/// 1, 2, 3, … so that every sum is exact and tells which elements it has.
fn numbers(shape: &[usize]) -> Array<f64> {
    let mut next = 0.0;
    Array::from_fn(shape, |_| {
        next += 1.0;
        next
    })
}

/// The sum by its definition: every element of `x` goes where broadcasting read it. With the second number, an average.
fn by_definition(x: &Array<f64>, shape: &Shape, average: bool) -> Vec<f64> {
    let mut sum = vec![0.0; shape.size()];
    let front = x.ndim() - shape.len();
    let mut index = vec![0; x.ndim()];
    for value in x.iter() {
        let at = (0..shape.len())
            .fold(0, |at, axis| at * shape[axis] + if shape[axis] == 1 { 0 } else { index[front + axis] });
        sum[at] += value;
        for axis in (0..x.ndim()).rev() {
            index[axis] += 1;
            if index[axis] < x.shape()[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    let places = x.size() as f64 / shape.size() as f64;
    sum.into_iter().map(|sum| if average { sum / places } else { sum }).collect()
}

#[test]
fn sums() {
    let cases: [(&[usize], &[usize]); 8] = [
        (&[2, 3], &[2, 3]),
        (&[2, 3], &[3]),
        (&[2, 3], &[2, 1]),
        (&[2, 3], &[]),
        (&[2, 3, 4], &[3, 1]),
        (&[2, 3, 4], &[1, 3, 1]),
        (&[2, 1, 4], &[1, 4]),
        (&[2, 2, 2, 2], &[2, 1, 2]),
    ];
    for (from, to) in cases {
        let (x, shape) = (numbers(from), Shape::new(to));
        let got = sum_to(&Var::constant(x.clone()), &shape).value();
        // Only the axes in front, which `to` does not have.
        let front: Vec<isize> = (0..(from.len() - to.len()) as isize).collect();
        let unstretched = x.sum(&front[..], false).to_vec();
        let average = by_definition(&x, &shape, true);
        let mistakes: [(&str, &[f64]); 2] = [
            ("the axes that were stretched from length 1 were not summed", &unstretched),
            ("averaged instead of summed: every place where an element was read counts in full", &average),
        ];
        let what = format!("sum_to from {from:?} to {to:?}");
        close(&what, &got.to_vec(), &by_definition(&x, &shape, false), 1e-12, &mistakes);
        assert_eq!(*got.shape(), shape, "{what}: the shape");
    }
}

#[test]
fn it_stays_on_the_tape() {
    let x = Var::variable(numbers(&[2, 3]));
    let y = sum_to(&x, &Shape::new(&[3]));
    let square = (&y * &y).sum(.., false);
    let zero = [0.0; 6];
    let mistake: [(&str, &[f64]); 1] =
        [("no gradient goes through it: compute with variables, not with arrays", &zero)];
    let got = grad(&square, &[&x], Tape::Release)[0].value().to_vec();
    close("the gradient of its square", &got, &[10.0, 14.0, 18.0, 10.0, 14.0, 18.0], 1e-12, &mistake);
}
