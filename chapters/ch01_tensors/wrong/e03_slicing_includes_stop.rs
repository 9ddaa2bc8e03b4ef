// expect: the element at `stop` is taken too
// exercise: range
    let length = length as isize;
    let (lowest, highest) = if step > 0 { (0, length - 1) } else { (-1, length - 1) };
    let place = |bound: isize| (if bound < 0 { bound + length } else { bound }).clamp(lowest, highest);
    let (from, to) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (start, stop) = (start.map_or(from, place), stop.map_or(to, place));
    let distance = if step > 0 { stop - start + 1 } else { start - stop };
    let count = distance.max(0).unsigned_abs().div_ceil(step.unsigned_abs());
    if count == 0 { (0, 0) } else { (start as usize, count) }
// exercise: end
