// expect: a bound beyond the axis is cut to it
// exercise: range
    let length = length as isize;
    let place = |bound: isize| if bound < 0 { bound + length } else { bound };
    let (from, to) = if step > 0 { (0, length) } else { (length - 1, -1) };
    let (start, stop) = (start.map_or(from, place), stop.map_or(to, place));
    let distance = if step > 0 { stop - start } else { start - stop };
    let count = distance.max(0).unsigned_abs().div_ceil(step.unsigned_abs());
    if count == 0 { (0, 0) } else { (start as usize, count) }
// exercise: end
