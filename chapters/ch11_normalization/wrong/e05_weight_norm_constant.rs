// expect: gradient of v: the length of v was taken as a constant, but it depends on v
// exercise: backward
        *dg = ch03_neurons::simd::dot(d, v) / length;
        let scale = g / length;
        d.iter_mut().for_each(|d| *d *= scale);
// exercise: end
