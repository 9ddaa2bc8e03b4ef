// expect: distance from the head: the stem counts as the first stage
// exercise: depth
    if path.starts_with("fc.") {
        return 0;
    }
    let stage = path.strip_prefix("layer").and_then(|rest| rest.split_once('.')?.0.parse().ok());
    stage.map_or(stages, |stage: usize| stages + 1 - stage)
// exercise: end
