// expect: 1 2 3 1 2 with (1, 2) merged: both symbols of the pair are used up: go on behind the second
// exercise: merge_pair
    let mut merged = Vec::new();
    for i in 0..symbols.len() {
        let found = symbols[i] == pair.0 && symbols.get(i + 1) == Some(&pair.1);
        merged.push(if found { new } else { symbols[i] });
    }
    let found = merged != *symbols;
    *symbols = merged;
    found
// exercise: end
