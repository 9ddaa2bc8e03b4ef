// expect: 1 / sqrt(layers): a layer has two branches, attention and feed-forward
// exercise: weight
            let last = ends_branch(&path.to_string());
            let scale = if last { 1.0 / (layers as f64).sqrt() } else { 1.0 };
            normal(&mut param.value, 0.0, std * scale, rng);
            ends += usize::from(last);
// exercise: end
