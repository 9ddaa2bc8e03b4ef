// expect: forward without real tokens: 0 / 0 is not a number
// exercise: forward
    let real = mask.iter().filter(|&&real| real).count();
    for (x, _) in vectors.filter(|(_, real)| **real) {
        y.iter_mut().zip(x).for_each(|(sum, &x)| *sum += x);
    }
    y.iter_mut().for_each(|sum| *sum = *sum / T::from_f64(real as f64));
// exercise: end
