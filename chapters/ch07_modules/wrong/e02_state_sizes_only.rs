// expect: check: a weight [3, 2] in place of [2, 3] passes
// exercise: check
    for (name, shape) in &shapes {
        match state.get(name) {
            None => error.missing.push(name.clone()),
            Some(array) if array.size() != shape.size() => {
                error.shapes.push((name.clone(), array.shape().to_vec(), shape.to_vec()));
            }
            Some(_) => {}
        }
    }
    error.unexpected.extend(state.keys().filter(|&name| !shapes.contains_key(name)).cloned());
// exercise: end
