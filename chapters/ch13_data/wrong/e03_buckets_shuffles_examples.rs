// expect: the examples were shuffled: put whole batches into a random order
// exercise: bucket_batches
    let mut sorted = Vec::new();
    for examples in order.chunks(batch_size * pool) {
        let mut examples = examples.to_vec();
        examples.sort_by_key(|&example| size_of(example));
        sorted.extend(examples);
    }
    if let Some(rng) = rng {
        rng.shuffle(&mut sorted);
    }
    sorted.chunks(batch_size).map(<[usize]>::to_vec).collect()
// exercise: end
