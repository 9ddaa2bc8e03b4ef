// expect: rates: the factor times the depth instead of its power
// exercise: rate
    Group { rate: usual.rate * factor * depth_from_head(path, stages) as f64, ..usual }
// exercise: end
