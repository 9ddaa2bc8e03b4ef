// expect: count: frozen parameters were left out
// exercise: count
    for_each_param(module, |_, param| {
        if !param.frozen {
            count += param.value.size();
        }
    });
// exercise: end
