// expect: distance from the head: counted from the stem
// exercise: depth
    if path.starts_with("fc.") {
        return stages + 1;
    }
    let stage = path.strip_prefix("layer").and_then(|rest| rest.split_once('.')?.0.parse().ok());
    stage.unwrap_or(0)
// exercise: end
