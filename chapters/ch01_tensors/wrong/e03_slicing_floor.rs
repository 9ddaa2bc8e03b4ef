// expect: the last step is missing: the count is distance / step rounded up
// exercise: range
    let length = length as isize;
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let place = |bound: isize| (if bound < 0 { bound + length } else { bound }).clamp(lowest, highest);
    let (from, to) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (start, stop) = (start.map_or(from, place), stop.map_or(to, place));
    let count = ((stop - start) / step).max(0) as usize;
    if count == 0 { (0, 0) } else { (start as usize, count) }
// exercise: end
