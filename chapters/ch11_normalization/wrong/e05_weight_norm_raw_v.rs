// expect: gradient of g: multiplied by v instead of the unit vector
// exercise: backward
        *dg = ch03_neurons::simd::dot(d, v);
        let (scale, along) = (g / length, *dg / (length * length));
        for (d, &v) in d.iter_mut().zip(v) {
            *d = scale * (*d - v * along);
        }
// exercise: end
