// expect: targets: left as they were: hard labels
// exercise: share
    let targets = targets.clone();
// exercise: end
