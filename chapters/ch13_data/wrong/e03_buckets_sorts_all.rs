// expect: batches: everything was sorted: the same batches would come every epoch
// exercise: bucket_batches
    let mut examples = order.to_vec();
    examples.sort_by_key(|&example| size_of(example));
    let mut batches: Vec<Vec<usize>> = examples.chunks(batch_size).map(<[usize]>::to_vec).collect();
    if let Some(rng) = rng {
        rng.shuffle(&mut batches);
    }
    batches
// exercise: end
