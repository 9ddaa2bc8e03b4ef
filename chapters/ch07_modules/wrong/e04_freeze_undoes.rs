// expect: set: a second call undid the first; leave the others as they are
// exercise: set
    for_each_param(module, |path, param| {
        let named = which(&path.to_string());
        param.frozen = if named { frozen } else { !frozen };
        count += usize::from(named);
    });
// exercise: end
