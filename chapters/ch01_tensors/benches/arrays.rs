//! How fast the basic operations are: elementwise, broadcast, reductions, and copies of views, in elements per second.
//! `cargo bench -p ch01_tensors`; compare with numpy on one thread by `RAYON_NUM_THREADS=1`.

use std::hint::black_box;

use ch01_tensors::{Array, Rng, Tensor, einsum};
use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};

const SIZES: [(&str, usize); 3] = [("small", 32), ("medium", 256), ("large", 2048)];

fn square(n: usize) -> Tensor {
    Tensor::uniform([n, n], -1.0, 1.0, &mut Rng::new(0, "bench"))
}

/// Runs one benchmark for every size of a square matrix.
fn each_size(c: &mut Criterion, name: &str, bench: impl Fn(&mut BenchmarkGroup<'_, WallTime>, &str, Tensor)) {
    let mut group = c.benchmark_group(name);
    for (size, n) in SIZES {
        group.throughput(Throughput::Elements((n * n) as u64));
        bench(&mut group, size, square(n));
    }
    group.finish();
}

fn elementwise(c: &mut Criterion) {
    each_size(c, "add_new", |group, size, x| {
        group.bench_function(size, |b| b.iter(|| black_box(&x) + &x));
    });
    each_size(c, "add_in_place", |group, size, x| {
        let mut y = x.copy();
        group.bench_function(size, |b| b.iter(|| y += black_box(&x)));
    });
    each_size(c, "multiply_by_number", |group, size, x| {
        group.bench_function(size, |b| b.iter(|| black_box(&x) * 2.0));
    });
    each_size(c, "compare", |group, size, x| {
        group.bench_function(size, |b| b.iter(|| black_box(&x).gt(0.0)));
    });
}

fn broadcast(c: &mut Criterion) {
    each_size(c, "add_row", |group, size, x| {
        let row = x.slice(0).contiguous();
        group.bench_function(size, |b| b.iter(|| black_box(&x) + &row));
    });
    each_size(c, "add_column", |group, size, x| {
        let column = x.slice((.., ..1)).contiguous();
        group.bench_function(size, |b| b.iter(|| black_box(&x) + &column));
    });
}

fn reductions(c: &mut Criterion) {
    each_size(c, "sum_all", |group, size, x| {
        group.bench_function(size, |b| b.iter(|| black_box(&x).sum_all()));
    });
    each_size(c, "sum_rows", |group, size, x| {
        group.bench_function(size, |b| b.iter(|| black_box(&x).sum(1, false)));
    });
    each_size(c, "sum_columns", |group, size, x| {
        group.bench_function(size, |b| b.iter(|| black_box(&x).sum(0, false)));
    });
    each_size(c, "max_all", |group, size, x| {
        group.bench_function(size, |b| b.iter(|| black_box(&x).max(.., false)));
    });
    each_size(c, "var_rows", |group, size, x| {
        group.bench_function(size, |b| b.iter(|| black_box(&x).var(1, false, 0)));
    });
    each_size(c, "argmax_rows", |group, size, x| {
        group.bench_function(size, |b| b.iter(|| black_box(&x).argmax(1, false)));
    });
}

fn copies(c: &mut Criterion) {
    each_size(c, "copy", |group, size, x| {
        group.bench_function(size, |b| b.iter(|| black_box(&x).copy()));
    });
    each_size(c, "copy_transposed", |group, size, x| {
        let view = x.t();
        group.bench_function(size, |b| b.iter(|| black_box(&view).copy()));
    });
    each_size(c, "copy_every_second", |group, size, x| {
        let view = x.slice((.., ch01_tensors::Slice::new(None, None, 2)));
        group.bench_function(size, |b| b.iter(|| black_box(&view).copy()));
    });
    // What turns [batch, height, width, channels] images into [batch, channels, height, width] ones.
    let images = Tensor::ones([64, 32, 32, 3]);
    let mut group = c.benchmark_group("copy_channels_first");
    group.throughput(Throughput::Elements(images.size() as u64));
    let view = images.clone().permute([0, 3, 1, 2]);
    group.bench_function("images", |b| b.iter(|| black_box(&view).copy()));
    group.finish();
}

fn others(c: &mut Criterion) {
    each_size(c, "sort_rows", |group, size, x| {
        group.bench_function(size, |b| b.iter(|| black_box(&x).sort(1, false)));
    });
    let table = square(2048);
    let mut rng = Rng::new(1, "index");
    let index = Array::from_fn([4096], |_| rng.below(2048) as i64);
    c.bench_function("index_select_rows", |b| b.iter(|| black_box(&table).index_select(0, &index)));
    let (x, y) = (square(256), square(256));
    c.bench_function("einsum_matrix_product_256", |b| b.iter(|| einsum("ij,jk->ik", black_box(&x), &y)));
}

criterion_group!(benches, elementwise, broadcast, reductions, copies, others);
criterion_main!(benches);
