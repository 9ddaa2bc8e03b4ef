// expect: gradient of u: only the last word counts
// exercise: gradient
            let label = if j == 0 { T::ONE } else { T::ZERO };
            let slope = g * (T::ONE / (T::ONE + (-score).exp()) - label);
            for k in 0..size {
                du[k] = slope * v[k];
                dv[k] = slope * u[k];
            }
// exercise: end
