// expect: check: a state with head.weight, which the module has not, passes
// exercise: check
    for (name, shape) in &shapes {
        match state.get(name) {
            None => error.missing.push(name.clone()),
            Some(array) if array.shape() != shape => {
                error.shapes.push((name.clone(), array.shape().to_vec(), shape.to_vec()));
            }
            Some(_) => {}
        }
    }
// exercise: end
