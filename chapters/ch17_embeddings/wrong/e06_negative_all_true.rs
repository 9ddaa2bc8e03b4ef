// expect: gradient of the output vectors: the drawn words are treated as true ones
// exercise: gradient
            let slope = g * (T::ONE / (T::ONE + (-score).exp()) - T::ONE);
            for k in 0..size {
                du[k] += slope * v[k];
                dv[k] = slope * u[k];
            }
// exercise: end
