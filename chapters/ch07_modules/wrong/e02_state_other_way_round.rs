// expect: check: the state's shape comes first, then the module's; they are the other way round
// exercise: check
    for (name, shape) in &shapes {
        match state.get(name) {
            None => error.missing.push(name.clone()),
            Some(array) if array.shape() != shape => {
                error.shapes.push((name.clone(), shape.to_vec(), array.shape().to_vec()));
            }
            Some(_) => {}
        }
    }
    error.unexpected.extend(state.keys().filter(|&name| !shapes.contains_key(name)).cloned());
// exercise: end
