//! The same seed gives the same bits on any number of threads: work is cut by size, never by the number of threads.

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch05_backprop::{Mlp, for_each_param, train_step};

/// The losses of three steps and all weights after them, as bits. The sizes are large enough that matrix products,
/// elementwise maths and sums are all cut into parallel tasks.
fn train(threads: usize) -> (Vec<u64>, Vec<u32>) {
    let mut rng = Rng::new(0, "threads");
    let mut model = Mlp::new(&[300, 512, 10], Activation::Gelu, &mut rng);
    let x = Tensor::normal([513, 300], 0.0, 1.0, &mut rng);
    let labels = Array::from_fn([513], |_| rng.below(10) as i64);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let losses = pool.install(|| {
        (0..3).map(|_| train_step(&mut model, x.clone(), &labels, 0.1).to_bits()).collect::<Vec<u64>>()
    });
    let mut weights = Vec::new();
    for_each_param(&mut model, |_, param| weights.extend(param.value.iter().map(f32::to_bits)));
    (losses, weights)
}

#[test]
fn training_gives_the_same_bits_on_any_number_of_threads() {
    let one = train(1);
    assert!(one.0[2] != one.0[0], "the weights must move, or there is nothing to compare");
    for threads in [2, 3, 8] {
        assert!(train(threads) == one, "{threads} threads give other bits than one");
    }
}
