//! Gradient checks and laws, and the f32 path against a plain f64 one.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch05_backprop::{Module, Role, for_each_param, zero_grad};
use ch17_embeddings::{Embedding, Pca, cosine, masked_mean, masked_mean_backward, nearest};
use proptest::prelude::*;

use super::{random, tokens};

fn mask(shape: [usize; 2], seed: u64) -> Array<bool> {
    let mut rng = Rng::new(seed, "mask");
    Array::from_fn(shape, |_| rng.below(3) > 0)
}

#[test]
fn gradcheck_embedding() {
    for (seed, shape) in [&[4][..], &[1], &[2, 5], &[2, 3, 2], &[0], &[]].iter().enumerate() {
        for padding in [None, Some(1)] {
            let seed = seed as u64;
            let (table, ids) = (random(&[5, 3], seed), tokens(shape, 5, seed));
            let mut layer = Embedding::from_parts(table.clone(), padding);
            let c = random(layer.forward(&ids).shape(), seed + 10);
            layer.backward(c.clone());
            let loss =
                |table: &Array<f64>| (Embedding::from_parts(table.clone(), None).infer(&ids) * &c).sum_all();
            let mut numeric = numerical_gradient(loss, &table);
            if let Some(padding) = padding {
                numeric.data_mut()[3 * padding..][..3].fill(0.0);
            }
            assert_gradient("the table", &layer.weight.grad, &numeric);
        }
    }
}

#[test]
fn gradcheck_masked_mean() {
    for (seed, shape) in [[2, 3, 4], [1, 1, 1], [3, 5, 2], [0, 3, 2], [2, 0, 3]].into_iter().enumerate() {
        let (x, mask) = (random(&shape, seed as u64), mask([shape[0], shape[1]], seed as u64));
        let c = random(&[shape[0], shape[2]], seed as u64 + 10);
        let numeric = numerical_gradient(|x| (masked_mean(x, &mask) * &c).sum_all(), &x);
        assert_gradient("the vectors", &masked_mean_backward(&c, &mask), &numeric);
    }
}

#[test]
#[should_panic(expected = "Embedding: token 5 is outside a table of 5 rows")]
fn tokens_outside_the_table_are_refused() {
    Embedding::from_parts(Tensor::ones([5, 2]), None).forward(&Array::from([0, 5]));
}

#[test]
#[should_panic(expected = "Embedding: token -1 is outside a table of 5 rows")]
fn negative_tokens_are_refused() {
    Embedding::from_parts(Tensor::ones([5, 2]), None).infer(&Array::from([-1]));
}

#[test]
#[should_panic(
    expected = "table [5, 2] with padding token Some(5): need [count, size] and a token below count"
)]
fn a_padding_token_outside_the_table_is_refused() {
    Embedding::new(5, 2, Some(5), &mut Rng::new(0, "init"));
}

#[test]
#[should_panic(expected = "Embedding::backward: a gradient of shape [2, 3] for an output of [2, 2]")]
fn gradients_of_another_shape_are_refused() {
    let mut layer = Embedding::from_parts(Tensor::ones([5, 2]), None);
    layer.forward(&Array::from([0, 4]));
    layer.backward(Tensor::ones([2, 3]));
}

#[test]
#[should_panic(expected = "Embedding::backward: no forward call to go back through")]
fn backward_without_forward_is_refused() {
    Embedding::from_parts(Tensor::ones([5, 2]), None).backward(Tensor::ones([2]));
}

#[test]
#[should_panic(expected = "[2, 3, 4] and [2, 4] are not [batch, time, size] and [batch, time]")]
fn a_mask_of_another_shape_is_refused() {
    masked_mean(&Tensor::ones([2, 3, 4]), &Array::full([2, 4], true));
}

#[test]
fn a_new_table_is_normal_with_a_row_of_zeros() {
    let mut layer = Embedding::new(2000, 16, Some(3), &mut Rng::new(0, "init"));
    let table = layer.weight.value.to_f64();
    assert!((0..16).all(|j| table[[3, j]] == 0.0), "the padding token has the vector 0");
    // 32000 numbers: the mean is off by 0.006, the variance by 0.008 (one standard deviation each).
    assert!(table.mean_all().abs() < 0.03 && (table.map(|x| x * x).mean_all() - 1.0).abs() < 0.04);
    let mut seen = Vec::new();
    for_each_param(&mut layer, |path, param| seen.push((path.to_string(), param.role)));
    assert_eq!(seen, [("weight".to_owned(), Role::Embedding)]);
}

#[test]
fn calls_are_gone_back_through_in_reverse_order() {
    let mut layer = Embedding::from_parts(random(&[5, 3], 1), None);
    let (first, second) = (Array::from([0i64, 1]), Array::from([[2i64], [3]]));
    layer.forward(&first);
    layer.forward(&second);
    layer.backward(Array::ones([2, 1, 3]));
    assert_eq!(layer.weight.grad.sum(1, false), Array::from([0.0, 0.0, 3.0, 3.0, 0.0]));
    layer.backward(Array::ones([2, 3]));
    assert_eq!(layer.weight.grad.sum(1, false), Array::from([3.0, 3.0, 3.0, 3.0, 0.0]));
    let module: &mut dyn Module<f64> = &mut layer;
    zero_grad(module);
    assert_eq!(layer.weight.grad, Array::zeros([5, 3]));
}

/// Views that are not contiguous, of tokens and of gradients, are as good as copies.
#[test]
fn views_are_as_good_as_copies() {
    let (ids, grad) = (tokens(&[3, 4], 5, 1).t(), random(&[3, 2, 4], 2).transpose(0, 2).transpose(1, 2));
    let run = |ids: Array<i64>, grad: Array<f64>| {
        let mut layer = Embedding::from_parts(random(&[5, 2], 3), None);
        let y = layer.forward(&ids);
        layer.backward(grad);
        (y, layer.weight.grad)
    };
    assert!(!ids.is_contiguous() && !grad.is_contiguous());
    assert!(run(ids.clone(), grad.clone()) == run(ids.copy(), grad.copy()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// `<lookup(W), g> = <W, scatter(g)>` for every table W: backward is the transpose of forward.
    #[test]
    fn property_embedding_is_the_adjoint_of_its_lookup(count in 1..20usize, size in 1..6usize, n in 0..40usize, seed in 0..1000u64) {
        let (table, ids) = (random(&[count, size], seed), tokens(&[n], count, seed));
        let mut layer = Embedding::from_parts(table.clone(), None);
        let y = layer.forward(&ids);
        let g = random(&[n, size], seed + 1);
        layer.backward(g.clone());
        let (forward, backward) = ((y * g).sum_all(), (&layer.weight.grad * &table).sum_all());
        prop_assert!((forward - backward).abs() < 1e-11 * (1.0 + n as f64));
    }

    /// Forward and backward are products with the one-hot matrix.
    #[test]
    fn property_embedding_is_a_one_hot_product(count in 1..12usize, size in 1..5usize, n in 1..20usize, seed in 0..1000u64) {
        let ids = tokens(&[n], count, seed);
        let one_hot = Array::<f64>::one_hot(&ids, count);
        let mut layer = Embedding::from_parts(random(&[count, size], seed), None);
        let product = |a: &Array<f64>, b: &Array<f64>| {
            let (m, k, n) = (a.dim(0), a.dim(1), b.dim(1));
            Array::from_fn([m, n], |i| (0..k).map(|j| a[[i[0], j]] * b[[j, i[1]]]).sum())
        };
        let difference = layer.forward(&ids) - product(&one_hot, &layer.weight.value);
        prop_assert!(difference.iter().all(|x| x == 0.0));
        let g = random(&[n, size], seed + 1);
        let want = product(&one_hot.clone().t(), &g);
        layer.backward(g);
        prop_assert!((&layer.weight.grad - &want).iter().all(|x| x.abs() < 1e-12));
    }

    /// What stands in the padding does not matter, and it receives no gradient; equal vectors are their own mean.
    #[test]
    fn property_masked_mean_does_not_see_the_padding(batch in 1..4usize, time in 1..8usize, size in 1..5usize, seed in 0..1000u64) {
        let (x, mask) = (random(&[batch, time, size], seed), mask([batch, time], seed));
        let other = random(&[batch, time, size], seed + 1);
        let mixed = Array::from_fn([batch, time, size], |i| if mask[[i[0], i[1]]] { x[[i[0], i[1], i[2]]] } else { other[[i[0], i[1], i[2]]] });
        prop_assert_eq!(masked_mean(&x, &mask), masked_mean(&mixed, &mask));
        let g = random(&[batch, size], seed + 2);
        let dx = masked_mean_backward(&g, &mask);
        // Linear, so <mean(x), g> = <x, backward(g)>.
        let (forward, backward) = ((masked_mean(&x, &mask) * g).sum_all(), (&dx * &x).sum_all());
        prop_assert!((forward - backward).abs() < 1e-12);
        let padded = |i: &usize| !mask[[i / size / time, i / size % time]];
        let in_padding = (0..batch * time * size).filter(padded).all(|i| dx.data()[i] == 0.0);
        prop_assert!(in_padding);
    }

    #[test]
    fn property_cosine_does_not_see_lengths(size in 1..20usize, seed in 0..1000u64, scale in 0.01..100.0f64) {
        let (a, b) = (random(&[size], seed), random(&[size], seed + 1));
        let cos = cosine(a.data(), b.data());
        prop_assert!(cos.abs() <= 1.0 + 1e-12);
        prop_assert!((cosine((&a * scale).data(), b.data()) - cos).abs() < 1e-12);
        prop_assert!((cosine((&a * -scale).data(), b.data()) + cos).abs() < 1e-12);
    }

    /// Directions are perpendicular unit vectors, coordinates along them are uncorrelated, and their variances are those stated.
    #[test]
    fn property_pca_finds_perpendicular_directions(n in 2..30usize, size in 1..8usize, seed in 0..1000u64) {
        let x = random(&[n, size], seed);
        let pca = Pca::fit(&x, size);
        let coordinates = pca.project(&x);
        for i in 0..size {
            for j in 0..size {
                let unit = f64::from(i == j);
                let dot: f64 = (0..size).map(|k| pca.directions[[i, k]] * pca.directions[[j, k]]).sum();
                prop_assert!((dot - unit).abs() < 1e-12, "directions {i} and {j}: {dot}");
                let sum: f64 = (0..n).map(|row| coordinates[[row, i]] * coordinates[[row, j]]).sum();
                let want = unit * pca.variances[[i]];
                prop_assert!((sum / (n - 1) as f64 - want).abs() < 1e-10, "coordinates {i} and {j}");
            }
            prop_assert!(i == 0 || pca.variances[[i - 1]] >= pca.variances[[i]]);
        }
    }
}

/// Sums of up to 4000 terms of order 1 in f32: partial sums stay below 128, so each addition is off by at most 2^-18, and
/// 4000 of them by about sqrt(4000) 2^-18 / sqrt(3) = 1.4e-4; 1e-3 leaves a factor of seven.
#[test]
fn fast_embedding_against_plain() {
    for seed in 0..12 {
        let mut rng = Rng::new(seed, "shapes");
        let (count, size, n) = (1 + rng.below(300), 1 + rng.below(70), 1 + rng.below(8000));
        // Half of the tokens are the same one, so that the table's parts are unequal.
        let hot = rng.below(count) as i64;
        let ids = Array::from_fn([n], |_| if rng.below(2) == 0 { hot } else { rng.below(count) as i64 });
        let padding = (seed % 2 == 0).then(|| rng.below(count));
        let (table, g) = (
            Tensor::normal([count, size], 0.0, 1.0, &mut rng),
            Tensor::normal([n, size], 0.0, 1.0, &mut rng),
        );
        let mut layer = Embedding::from_parts(table.clone(), padding);
        let y = layer.forward(&ids);
        layer.backward(g.clone());
        let mut sums = vec![0.0; count * size];
        for (i, id) in ids.iter().enumerate() {
            for j in 0..size {
                assert_eq!(y[[i, j]], table[[id as usize, j]]);
                if Some(id as usize) != padding {
                    sums[id as usize * size + j] += f64::from(g[[i, j]]);
                }
            }
        }
        for (i, (a, b)) in layer.weight.grad.iter().zip(sums).enumerate() {
            assert!((f64::from(a) - b).abs() < 1e-3, "seed {seed}, element {i}: {a} fast, {b} plain");
        }
    }
}

/// Means of up to 40 terms of order 1, rounded to 2^-24: 2e-6 leaves a factor of ten.
#[test]
fn fast_masked_mean_against_plain() {
    for seed in 0..12 {
        let mut rng = Rng::new(seed, "shapes");
        let [batch, time, size] = [1 + rng.below(50), 1 + rng.below(40), 1 + rng.below(100)];
        let x = Tensor::normal([batch, time, size], 0.0, 1.0, &mut rng);
        let g = Tensor::normal([batch, size], 0.0, 1.0, &mut rng);
        let mask = mask([batch, time], seed);
        let (y, dx) = (masked_mean(&x, &mask), masked_mean_backward(&g, &mask));
        for b in 0..batch {
            let real: Vec<usize> = (0..time).filter(|&t| mask[[b, t]]).collect();
            let m = real.len().max(1) as f64;
            for j in 0..size {
                let mean = real.iter().map(|&t| f64::from(x[[b, t, j]])).sum::<f64>() / m;
                assert!((f64::from(y[[b, j]]) - mean).abs() < 2e-6);
                for t in 0..time {
                    let want = if mask[[b, t]] { f64::from(g[[b, j]]) / m } else { 0.0 };
                    assert!((f64::from(dx[[b, t, j]]) - want).abs() < 2e-6);
                }
            }
        }
    }
}

#[test]
fn the_gradient_has_the_same_bits_on_any_number_of_threads() {
    let run = |threads: usize| {
        let mut layer = Embedding::new(500, 24, Some(0), &mut Rng::new(0, "init"));
        // Low numbers are frequent, as words are.
        let mut rng = Rng::new(0, "tokens");
        let ids = Array::from_fn([40, 200], |_| (500f64.powf(rng.uniform()) as i64 - 1).min(499));
        let g = Tensor::normal([40, 200, 24], 0.0, 1.0, &mut rng);
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            layer.forward(&ids);
            layer.backward(g);
        });
        layer.weight.grad.iter().map(f32::to_bits).collect::<Vec<u32>>()
    };
    let one = run(1);
    for threads in [2, 3, 8] {
        assert!(run(threads) == one, "{threads} threads give other bits than one");
    }
}

#[test]
fn neighbours_come_best_first_and_zeros_are_nobodys() {
    let table = Array::from([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [-3.0, 0.0]]);
    let found = nearest(&table, &Array::from([5.0, 0.0]), 10);
    assert_eq!(found, [(1, 1.0), (2, 1.0), (0, 0.0), (3, 0.0), (4, -1.0)]);
}
