//! How fast weights go to bytes and back: `cargo bench -p ch07_modules`. 16 MB, in memory, against a plain copy of as
//! many bytes; a disk is slower than any of these.

use std::collections::BTreeMap;
use std::hint::black_box;

use ch01_tensors::{Rng, Tensor};
use ch07_modules::AnyTensor;
use ch07_modules::safetensors::{read_from, write_to};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn files(criterion: &mut Criterion) {
    let mut rng = Rng::new(0, "bench");
    let names = (0..4).map(|i| format!("{i}.weight"));
    let state: BTreeMap<String, AnyTensor> =
        names.map(|name| (name, Tensor::normal([1024, 1024], 0.0, 1.0, &mut rng).into())).collect();
    let mut bytes = Vec::new();
    write_to(&mut bytes, &state, &BTreeMap::new()).expect("memory is a writer that never fails");

    let mut group = criterion.benchmark_group("16 MB");
    group.sample_size(20).throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("copy", |bench| bench.iter(|| black_box(bytes.clone())));
    group.bench_function("write", |bench| {
        let mut file = Vec::with_capacity(bytes.len());
        bench.iter(|| {
            file.clear();
            write_to(&mut file, &state, &BTreeMap::new()).expect("memory is a writer that never fails");
        });
    });
    group.bench_function("read", |bench| {
        bench.iter(|| read_from(&mut &bytes[..], bytes.len() as u64).expect("a file that was just written"));
    });
    group.finish();
}

criterion_group!(benches, files);
criterion_main!(benches);
