// expect: 5 5 5 with (5, 5) merged: merging goes from left to right
// exercise: merge_pair
    let before = symbols.len();
    let mut i = symbols.len();
    while i >= 2 {
        i -= 1;
        if i < symbols.len() && (symbols[i - 1], symbols[i]) == pair {
            symbols[i - 1] = new;
            symbols.remove(i);
        }
    }
    symbols.len() < before
// exercise: end
