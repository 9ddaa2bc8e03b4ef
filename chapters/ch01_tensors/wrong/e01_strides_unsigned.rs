// expect: the sign of a stride is lost: a flipped axis steps backwards
// exercise: flat
    index.iter().zip(strides.iter()).map(|(&i, &stride)| i * stride.unsigned_abs()).sum::<usize>() as isize
// exercise: end
