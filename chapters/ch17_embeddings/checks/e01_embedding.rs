//! Checks exercise e01_embedding.

#[allow(unused)]
#[path = "../exercises/e01_embedding.rs"]
mod embedding;

use ch00_start::check::close;
use ch01_tensors::{Array, Rng};
use embedding::Embedding;

fn numbers(shape: &[usize], seed: u64) -> Array<f64> {
    let mut rng = Rng::new(seed, "numbers");
    Array::from_fn(shape, |_| rng.below(9) as f64 - 4.0)
}

#[test]
fn forward() {
    // A square table, so that columns would fit too.
    let table = numbers(&[4, 4], 1);
    let ids: Array<i64> = Array::from([[2, 0, 2], [3, 3, 1]]);
    let pick = |place: &dyn Fn(usize, usize) -> [usize; 2]| -> Vec<f64> {
        ids.iter()
            .flat_map(|id| (0..4).map(move |j| (id as usize, j)))
            .map(|(id, j)| table[place(id, j)])
            .collect()
    };
    let (want, columns) = (pick(&|id, j| [id, j]), pick(&|id, j| [j, id]));
    let mistakes: [(&str, &[f64]); 1] = [("columns of the table instead of rows", &columns)];
    let y = Embedding::from_parts(table.clone(), None).forward(&ids);
    close("forward", &y.to_vec(), &want, 1e-12, &mistakes);
    assert_eq!(*y.shape(), [2, 3, 4], "forward: the vectors stand behind the axes of the tokens");
}

/// The one-hot product `Oᵀ g`, without the padding token.
fn gradient(ids: &Array<i64>, g: &Array<f64>, count: usize, padding: Option<i64>) -> Vec<f64> {
    let size = g.dim(-1);
    let mut sums = vec![0.0; count * size];
    for (id, g) in ids.iter().zip(g.data().chunks(size)).filter(|(id, _)| Some(*id) != padding) {
        (0..size).for_each(|j| sums[id as usize * size + j] += g[j]);
    }
    sums
}

#[test]
fn backward() {
    let ids: Array<i64> = Array::from([[2, 0, 2], [3, 2, 1]]);
    let g = numbers(&[2, 3, 5], 2);
    let mut layer = Embedding::from_parts(numbers(&[6, 5], 1), Some(0));
    layer.forward(&ids);
    layer.backward(g.clone());
    let mut last = vec![0.0; 30];
    for (id, g) in ids.iter().zip(g.data().chunks(5)).filter(|(id, _)| *id != 0) {
        last[id as usize * 5..][..5].copy_from_slice(g);
    }
    let with_padding = gradient(&ids, &g, 6, None);
    let mistakes: [(&str, &[f64]); 2] = [
        ("a token that occurs twice keeps only its last gradient", &last),
        ("the padding token received a gradient", &with_padding),
    ];
    let want = gradient(&ids, &g, 6, Some(0));
    close("gradient of the table", &layer.weight.grad.to_vec(), &want, 1e-12, &mistakes);
}

#[test]
fn backward_in_parts() {
    // So many tokens that the table is cut.
    let (count, tokens) = (8, 5000);
    let mut rng = Rng::new(3, "tokens");
    let ids = Array::from_fn([tokens], |_| rng.below(count) as i64);
    let g = numbers(&[tokens, 2], 4);
    let mut layer = Embedding::from_parts(numbers(&[count, 2], 1), None);
    layer.forward(&ids);
    layer.backward(g.clone());
    let want = gradient(&ids, &g, count, None);
    // The parts that this table is cut into have one row, one of about 625 tokens, or two rows of fewer than 1024.
    let shifted = |rows: usize| -> Vec<f64> { (0..count * 2).map(|i| want[i % (rows * 2)]).collect() };
    let (ones, twos) = (shifted(1), shifted(2));
    let message = "the number of the part's first row was not subtracted";
    close(
        "gradient of a table in parts",
        &layer.weight.grad.to_vec(),
        &want,
        1e-12,
        &[(message, &ones), (message, &twos)],
    );
}

#[test]
fn gradients_add_up() {
    let (ids, g) = (Array::from([1i64, 1]), Array::from([[1.0, 2.0], [3.0, 4.0]]));
    let mut layer = Embedding::from_parts(numbers(&[2, 2], 1), None);
    for _ in 0..2 {
        layer.forward(&ids);
        layer.backward(g.clone());
    }
    let mistakes: [(&str, &[f64]); 1] =
        [("a token that occurs twice keeps only its last gradient", &[0.0, 0.0, 3.0, 4.0])];
    close("gradient after two calls", &layer.weight.grad.to_vec(), &[0.0, 0.0, 8.0, 12.0], 1e-12, &mistakes);
}
