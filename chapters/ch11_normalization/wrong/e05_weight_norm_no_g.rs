// expect: gradient of v: the length g was left out
// exercise: backward
        let _ = g;
        *dg = ch03_neurons::simd::dot(d, v) / length;
        let along = *dg / length;
        for (d, &v) in d.iter_mut().zip(v) {
            *d = (*d - v * along) / length;
        }
// exercise: end
