// expect: weight at the end of a branch, 8 layers: 1 / (2 layers): the root is missing
// exercise: weight
            let last = ends_branch(&path.to_string());
            let scale = if last { 1.0 / (2.0 * layers as f64) } else { 1.0 };
            normal(&mut param.value, 0.0, std * scale, rng);
            ends += usize::from(last);
// exercise: end
