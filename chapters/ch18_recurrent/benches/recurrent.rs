//! Recurrent layers at the size of the speed comparison, 64 sequences of 200 steps: `cargo bench -p ch18_recurrent`.

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch18_recurrent::{Gru, Lstm, LstmCell, Nonlinearity, RecurrentConfig, Rnn};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const BATCH: usize = 64;
const TIME: usize = 200;
const SIZE: usize = 128;

fn pair(
    group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>,
    name: &str,
    net: &mut dyn Layer,
) {
    let rng = &mut Rng::new(0, "bench");
    let x = Tensor::normal([BATCH, TIME, SIZE], 0.0, 1.0, rng);
    group.bench_function(format!("{name}, use"), |b| b.iter(|| net.infer(x.clone())));
    group.bench_function(format!("{name}, forward and backward"), |b| {
        b.iter(|| {
            let y = net.forward(x.clone());
            net.backward(y)
        });
    });
}

fn benches(c: &mut Criterion) {
    let rng = &mut Rng::new(0, "bench");
    let config = RecurrentConfig::new(SIZE, SIZE);
    let both_ways = RecurrentConfig { bidirectional: true, ..config.clone() };
    let mut group = c.benchmark_group("64 x 200 x 128");
    group.throughput(Throughput::Elements((BATCH * TIME) as u64)).sample_size(10);
    pair(&mut group, "RNN", &mut Rnn::new(Nonlinearity::Tanh, &config, rng));
    pair(&mut group, "GRU", &mut Gru::new(&config, rng));
    pair(&mut group, "LSTM", &mut Lstm::new(&config, rng));
    pair(&mut group, "LSTM both ways", &mut Lstm::new(&both_ways, rng));
    let cell = LstmCell::new(SIZE, SIZE, rng);
    let x = Tensor::normal([BATCH, SIZE], 0.0, 1.0, rng);
    group.bench_function("LSTM by the readable cell, use", |b| {
        b.iter(|| {
            let (mut h, mut c) = (Tensor::zeros([BATCH, SIZE]), Tensor::zeros([BATCH, SIZE]));
            for _ in 0..TIME {
                (h, c) = cell.infer(&x, &h, &c);
            }
            h
        });
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
