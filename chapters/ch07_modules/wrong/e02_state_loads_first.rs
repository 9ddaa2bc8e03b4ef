// expect: load: a state that does not fit changed the module
// exercise: load
    for_each_saved(module, |name, array| {
        if let Some(value) = state.get(&name) {
            *array = value.clone();
        }
    });
    if error != StateError::default() {
        return Err(error);
    }
    Ok(())
// exercise: end
