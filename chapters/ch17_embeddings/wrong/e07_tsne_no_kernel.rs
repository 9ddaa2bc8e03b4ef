// expect: gradient of the picture: the factor k of Student's t is missing
// exercise: gradient
            let force = 4.0 * (p - k / z);
            for axis in 0..size {
                grad[axis] += force * (places[i * size + axis] - places[j * size + axis]);
            }
// exercise: end
