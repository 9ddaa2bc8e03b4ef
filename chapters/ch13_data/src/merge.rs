//! One step of byte-pair encoding, the obviously right way (Sennrich, Haddow and Birch 2016).
//!
//! A word is a row of symbols, at first its bytes. Each step finds the pair of neighbours that occurs most often in all
//! words and makes it one new symbol. `aaa` has the pair `(a, a)` twice, though merging from the left makes `(aa) a`.

use std::collections::HashMap;

/// How often each pair of neighbours occurs; each word comes with how often it occurs itself.
pub fn count_pairs(words: &[(Vec<u32>, u64)]) -> HashMap<(u32, u32), u64> {
    let mut counts = HashMap::new();
    // exercise: count_pairs - Every place between two neighbours counts, as often as the word occurs: `slice.windows(2)`.
    for (symbols, count) in words {
        for pair in symbols.windows(2) {
            *counts.entry((pair[0], pair[1])).or_default() += count;
        }
    }
    // exercise: end
    counts
}

/// The pair that occurs most often; among equals the one with the smallest first symbol, and then the smallest second.
pub fn most_frequent(counts: &HashMap<(u32, u32), u64>) -> Option<(u32, u32)> {
    // exercise: most_frequent - The order of a hash map is random: the result must not depend on it.
    // `std::cmp::Reverse` turns an order around.
    counts.iter().max_by_key(|&(&pair, &count)| (count, std::cmp::Reverse(pair))).map(|(&pair, _)| pair)
    // exercise: end
}

// ANCHOR: merge_pair
/// Replaces every occurrence of the pair by the symbol `new`, from left to right; whether there was one.
pub fn merge_pair(symbols: &mut Vec<u32>, pair: (u32, u32), new: u32) -> bool {
    // exercise: merge_pair - Go through the symbols with one place to read from and one to write to. A symbol that has
    // been merged is used up: in `aaa`, only the first two become one.
    let (mut read, mut write) = (0, 0);
    while read < symbols.len() {
        let found = symbols[read] == pair.0 && symbols.get(read + 1) == Some(&pair.1);
        symbols[write] = if found { new } else { symbols[read] };
        read += if found { 2 } else { 1 };
        write += 1;
    }
    symbols.truncate(write);
    write < read
    // exercise: end
}
// ANCHOR_END: merge_pair
