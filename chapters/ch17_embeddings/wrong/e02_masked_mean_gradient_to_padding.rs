// expect: backward: the padding received a gradient
// exercise: backward
    let share = T::ONE / T::from_f64(mask.iter().filter(|&&real| real).count() as f64);
    for (dx, _) in vectors {
        dx.iter_mut().zip(g).for_each(|(dx, &g)| *dx = g * share);
    }
// exercise: end
