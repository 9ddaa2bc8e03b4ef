// expect: with a negative step, the bounds left out are the ends the other way round
// exercise: range
    let length = length as isize;
    let place = |bound: isize| (if bound < 0 { bound + length } else { bound }).clamp(0, length);
    let (start, stop) = (start.map_or(0, place), stop.map_or(length, place));
    let distance = if step > 0 { stop - start } else { start - stop };
    let count = distance.max(0).unsigned_abs().div_ceil(step.unsigned_abs());
    if count == 0 { (0, 0) } else { (start as usize, count) }
// exercise: end
