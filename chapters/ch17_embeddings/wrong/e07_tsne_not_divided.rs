// expect: gradient of the picture: q is k / z, not k
// exercise: gradient
            let force = 4.0 * (p - k) * k;
            for axis in 0..size {
                grad[axis] += force * (places[i * size + axis] - places[j * size + axis]);
            }
            let _ = z;
// exercise: end
