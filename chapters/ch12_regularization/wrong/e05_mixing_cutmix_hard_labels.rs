// expect: targets: left as they were: hard labels
// exercise: share
    let _ = (pasted, pixels);
    1.0
// exercise: end
