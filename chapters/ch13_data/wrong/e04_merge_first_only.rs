// expect: 1 2 3 1 2 with (1, 2) merged: only the first occurrence was merged
// exercise: merge_pair
    let Some(at) = symbols.windows(2).position(|w| (w[0], w[1]) == pair) else { return false };
    symbols[at] = new;
    symbols.remove(at + 1);
    true
// exercise: end
