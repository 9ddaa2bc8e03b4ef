//! Bags of tokens: gradient checks, PyTorch's values, laws, and the f32 path against a plain f64 one.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::{assert_gradient, numerical_gradient};
use ch05_backprop::assert_close;
use ch17_embeddings::{BagMode, EmbeddingBag, masked_mean};
use proptest::prelude::*;

use super::golden::{entry, golden};
use super::{random, tokens};

const MODES: [BagMode; 3] = [BagMode::Sum, BagMode::Mean, BagMode::Max];

#[test]
fn gradcheck_embedding_bag() {
    for (seed, mode) in MODES.into_iter().enumerate() {
        for padding in [None, Some(1)] {
            for weighted in [false, true] {
                if weighted && mode != BagMode::Sum {
                    continue;
                }
                let seed = seed as u64;
                let (table, ids) = (random(&[5, 3], seed), tokens(&[9], 5, seed));
                // Bag 1 is empty.
                let offsets = Array::from([0i64, 4, 4]);
                let weights = weighted.then(|| random(&[9], seed + 5));
                let mut bag = EmbeddingBag::from_parts(table.clone(), mode, padding);
                let c = random(&[3, 3], seed + 10);
                bag.forward(&ids, Some(&offsets), weights.as_ref());
                let weight_grad = bag.backward(c.clone());
                let loss = |table: &Array<f64>, weights: Option<&Array<f64>>| {
                    let bag = EmbeddingBag::from_parts(table.clone(), mode, padding);
                    (bag.infer(&ids, Some(&offsets), weights) * &c).sum_all()
                };
                let numeric = numerical_gradient(|table| loss(table, weights.as_ref()), &table);
                assert_gradient("the table", &bag.weight.grad, &numeric);
                if let Some(weights) = &weights {
                    let numeric = numerical_gradient(|weights| loss(&table, Some(weights)), weights);
                    assert_gradient("the weights", &weight_grad.expect("there are weights"), &numeric);
                }
            }
        }
    }
}

/// Sums of at most eleven terms of order 1 in f32: 1e-5 leaves room for tens of roundings.
#[test]
fn golden_embedding_bag() {
    let golden = golden();
    for case in 0..14 {
        let find = |name: &str| golden.get(&format!("bag.{case}.{name}"));
        let get = |name: &str| entry(&golden, &format!("bag.{case}.{name}"));
        let mode = MODES[get("mode").i64().unwrap().item() as usize];
        let padding = usize::try_from(get("padding").i64().unwrap().item()).ok();
        let mut bag = EmbeddingBag::from_parts(get("table").f32().unwrap(), mode, padding);
        let (ids, offsets) =
            (get("ids").i64().unwrap(), find("offsets").map(|offsets| offsets.i64().unwrap()));
        let weights = find("weights").map(|weights| weights.f32().unwrap());
        let y = bag.forward(&ids, offsets.as_ref(), weights.as_ref());
        assert_close(&format!("case {case}, y"), &y, &get("y").f32().unwrap(), 1e-5);
        let dweights = bag.backward(get("grad").f32().unwrap());
        assert_close(&format!("case {case}, table"), &bag.weight.grad, &get("dtable").f32().unwrap(), 1e-5);
        assert_eq!(dweights.is_some(), weights.is_some());
        if let Some(dweights) = dweights {
            let want = get("dweights").f32().unwrap();
            assert_close(&format!("case {case}, weights"), &dweights, &want, 1e-5);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The order of a bag's tokens does not matter to a sum or mean; a mean of bags is the masked mean of the vectors.
    #[test]
    fn property_embedding_bag_is_a_masked_mean(bags in 1..5usize, length in 1..8usize, size in 1..5usize, seed in 0..1000u64) {
        let (table, ids) = (random(&[6, size], seed), tokens(&[bags, length], 6, seed));
        let bag = EmbeddingBag::from_parts(table.clone(), BagMode::Mean, Some(2));
        let y = bag.infer(&ids, None, None);
        let mask = Array::from_fn([bags, length], |i| ids[[i[0], i[1]]] != 2);
        let vectors = Array::from_fn([bags, length, size], |i| table[[ids[[i[0], i[1]]] as usize, i[2]]]);
        prop_assert!((&y - &masked_mean(&vectors, &mask)).iter().all(|x| x.abs() < 1e-13));
        let turned = bag.infer(&ids.clone().flip(1), None, None);
        prop_assert!((&y - &turned).iter().all(|x| x.abs() < 1e-13));
    }

    /// `<bag(W), g> = <W, backward(g)>` for sums and means: backward is the transpose of forward.
    #[test]
    fn property_embedding_bag_backward_is_the_transpose(n in 0..20usize, size in 1..5usize, seed in 0..1000u64) {
        for mode in [BagMode::Sum, BagMode::Mean] {
            let (table, ids) = (random(&[6, size], seed), tokens(&[n], 6, seed));
            let mut bag = EmbeddingBag::from_parts(table.clone(), mode, None);
            let y = bag.forward(&ids, Some(&Array::from([0, n as i64 / 3])), None);
            let g = random(&[2, size], seed + 1);
            bag.backward(g.clone());
            let (forward, backward) = ((y * g).sum_all(), (&bag.weight.grad * &table).sum_all());
            prop_assert!((forward - backward).abs() < 1e-12);
        }
    }
}

/// Sums of up to 60 terms of order 1 in f32, partial sums below 64: at most 60 roundings of 2^-19, by chance about eight of
/// them. 5e-5 leaves a factor of three.
#[test]
fn fast_embedding_bag_against_plain() {
    for seed in 0..9 {
        let mut rng = Rng::new(seed, "shapes");
        let mode = MODES[seed as usize % 3];
        let [count, size, bags, length] =
            [1 + rng.below(40), 1 + rng.below(40), 1 + rng.below(6), 1 + rng.below(60)];
        let ids = Array::from_fn([bags, length], |_| rng.below(count) as i64);
        let table = Tensor::normal([count, size], 0.0, 1.0, &mut rng);
        let g = Tensor::normal([bags, size], 0.0, 1.0, &mut rng);
        let mut bag = EmbeddingBag::from_parts(table.clone(), mode, None);
        let y = bag.forward(&ids, None, None);
        bag.backward(g.clone());
        let mut grad = Array::<f64>::zeros([count, size]);
        for b in 0..bags {
            for k in 0..size {
                let values: Vec<(usize, f64)> = (0..length)
                    .map(|t| ids[[b, t]] as usize)
                    .map(|row| (row, f64::from(table[[row, k]])))
                    .collect();
                let best =
                    values.iter().copied().fold((0, f64::NEG_INFINITY), |a, b| if b.1 > a.1 { b } else { a });
                let sum: f64 = values.iter().map(|value| value.1).sum();
                let (want, share) = match mode {
                    BagMode::Sum => (sum, 1.0),
                    BagMode::Mean => (sum / length as f64, 1.0 / length as f64),
                    BagMode::Max => (best.1, 1.0),
                };
                assert!((f64::from(y[[b, k]]) - want).abs() < 5e-5, "seed {seed}: {} and {want}", y[[b, k]]);
                for (row, _) in values {
                    if mode != BagMode::Max {
                        grad[[row, k]] += share * f64::from(g[[b, k]]);
                    }
                }
                if mode == BagMode::Max {
                    grad[[best.0, k]] += f64::from(g[[b, k]]);
                }
            }
        }
        for (a, b) in bag.weight.grad.iter().zip(grad.iter()) {
            assert!((f64::from(a) - b).abs() < 1e-3, "seed {seed}, gradient: {a} and {b}");
        }
    }
}

#[test]
#[should_panic(expected = "weights need the mode `Sum`")]
fn weights_of_a_mean_are_refused() {
    let bag = EmbeddingBag::from_parts(Tensor::ones([3, 2]), BagMode::Mean, None);
    bag.infer(&Array::from([[0i64]]), None, Some(&Tensor::ones([1, 1])));
}

#[test]
#[should_panic(expected = "offsets must begin at 0, never fall, and end within 2 tokens")]
fn falling_offsets_are_refused() {
    let bag = EmbeddingBag::from_parts(Tensor::ones([3, 2]), BagMode::Sum, None);
    bag.infer(&Array::from([0i64, 1]), Some(&Array::from([0i64, 2, 1])), None);
}
