// expect: counts of hu, ug, pu, mm, gp: a word that occurs ten times counts ten times
// exercise: count_pairs
    for (symbols, _) in words {
        for pair in symbols.windows(2) {
            *counts.entry((pair[0], pair[1])).or_default() += 1;
        }
    }
// exercise: end
