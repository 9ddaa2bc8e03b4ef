// expect: targets: left as they were: they must be mixed as well
// exercise: mixup
    [blend(x, &x.index_select(0, partners), lambda), targets.clone()]
// exercise: end
