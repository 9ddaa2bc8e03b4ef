// expect: weight inside a branch: the scale of the ends was used
// exercise: weight
            ends += usize::from(ends_branch(&path.to_string()));
            normal(&mut param.value, 0.0, std / (2.0 * layers as f64).sqrt(), rng);
// exercise: end
