// expect: forward: divided by the length of the batch, padding included
// exercise: forward
    for (x, _) in vectors.filter(|(_, real)| **real) {
        y.iter_mut().zip(x).for_each(|(sum, &x)| *sum += x);
    }
    y.iter_mut().for_each(|sum| *sum = *sum / T::from_f64(mask.len() as f64));
// exercise: end
