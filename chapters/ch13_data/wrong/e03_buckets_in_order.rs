// expect: the batches were not shuffled: long texts would always come last
// exercise: bucket_batches
    drop(rng);
    let mut batches = Vec::new();
    for examples in order.chunks(batch_size * pool) {
        let mut examples = examples.to_vec();
        examples.sort_by_key(|&example| size_of(example));
        batches.extend(examples.chunks(batch_size).map(<[usize]>::to_vec));
    }
    batches
// exercise: end
