// expect: forward: the vectors of the padding were added up too
// exercise: forward
    let real = mask.iter().filter(|&&real| real).count().max(1);
    for (x, _) in vectors {
        y.iter_mut().zip(x).for_each(|(sum, &x)| *sum += x);
    }
    y.iter_mut().for_each(|sum| *sum = *sum / T::from_f64(real as f64));
// exercise: end
