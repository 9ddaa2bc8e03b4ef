// expect: gradient of the output vectors: the sign is turned
// exercise: gradient
            let label = if j == 0 { T::ONE } else { T::ZERO };
            let slope = g * (label - T::ONE / (T::ONE + (-score).exp()));
            for k in 0..size {
                du[k] += slope * v[k];
                dv[k] = slope * u[k];
            }
// exercise: end
