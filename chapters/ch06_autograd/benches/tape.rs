//! What the tape costs beside a backward pass by hand, and what a program saves: `cargo bench -p ch06_autograd`.

use ch01_tensors::{Array, Float, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Mlp, for_each_param, zero_grad};
use ch06_autograd::{Program, Tape, Var, grad};
use criterion::{Criterion, criterion_group, criterion_main};

/// Loss and gradients of a network `784-128-10`, given the images, `w1, b1, w2, b2`, and the labels.
fn step<T: Float>(x: &[Var<T>], labels: &Array<i64>) -> Vec<Var<T>> {
    let h = (x[0].matmul(&x[1].t()) + &x[2]).tanh();
    let loss = (h.matmul(&x[3].t()) + &x[4]).cross_entropy(labels);
    let gradients = grad(&loss, &[&x[1], &x[2], &x[3], &x[4]], Tape::Release);
    [loss].into_iter().chain(gradients).collect()
}

fn benches(c: &mut Criterion) {
    let mut rng = Rng::new(0, "bench");
    for batch in [1, 64] {
        let mut group = c.benchmark_group(format!("loss and gradients, 784-128-10, batch {batch}"));
        let mut mlp = Mlp::new(&[784, 128, 10], Activation::Tanh, &mut rng);
        let mut inputs = vec![Tensor::normal([batch, 784], 0.0, 1.0, &mut rng)];
        for_each_param(&mut mlp, |_, param| inputs.push(param.value.clone()));
        let labels = Array::from_fn([batch], |i| i[0] as i64 % 10);
        group.bench_function("by hand (chapter 5)", |b| {
            let criterion = CrossEntropy::default();
            b.iter(|| {
                zero_grad(&mut mlp);
                let logits = mlp.forward(inputs[0].clone());
                let loss = criterion.forward(&logits, &labels);
                mlp.backward(criterion.backward(&Array::scalar(1.0), &logits, &labels));
                loss
            });
        });
        group.bench_function("by tape", |b| {
            b.iter(|| {
                let mut x = vec![Var::constant(inputs[0].clone())];
                x.extend(inputs[1..].iter().cloned().map(Var::variable));
                step(&x, &labels)
            });
        });
        let program = Program::trace(&inputs, |x| step(x, &labels));
        let optimized = program.optimized();
        group.bench_function("traced", |b| b.iter(|| program.run(&inputs)));
        group.bench_function("traced, folded and fused", |b| b.iter(|| optimized.run(&inputs)));
        group.finish();
    }

    let mut group = c.benchmark_group("tape alone");
    let x = Var::<f32>::variable(Array::scalar(1.0));
    group.bench_function("1000 negations of one number and back", |b| {
        b.iter(|| (0..1000).fold(x.clone(), |x, _| -x).backward());
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
