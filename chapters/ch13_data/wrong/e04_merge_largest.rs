// expect: most frequent among equals: among equals the smallest pair wins, not the largest
// exercise: most_frequent
    counts.iter().max_by_key(|&(&pair, &count)| (count, pair)).map(|(&pair, _)| pair)
// exercise: end
