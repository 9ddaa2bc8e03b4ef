// expect: set: the parameters that were not named are frozen
// exercise: set
    for_each_param(module, |path, param| {
        if !which(&path.to_string()) {
            param.frozen = frozen;
            count += 1;
        }
    });
// exercise: end
