//! One step of byte-pair encoding, the obviously right way (Sennrich, Haddow and Birch 2016).
//!
//! A word is a row of symbols, at first its bytes. Each step finds the pair of neighbours that occurs most often in all
//! words and makes it one new symbol. `aaa` has the pair `(a, a)` twice, though merging from the left makes `(aa) a`.

use std::collections::HashMap;

/// How often each pair of neighbours occurs; each word comes with how often it occurs itself.
pub fn count_pairs(words: &[(Vec<u32>, u64)]) -> HashMap<(u32, u32), u64> {
    let mut counts = HashMap::new();
    // Yours: Every place between two neighbours counts, as often as the word occurs: `slice.windows(2)`.
    todo!();
    counts
}

/// The pair that occurs most often; among equals the one with the smallest first symbol, and then the smallest second.
pub fn most_frequent(counts: &HashMap<(u32, u32), u64>) -> Option<(u32, u32)> {
    // Yours: The order of a hash map is random: the result must not depend on it.
    // `std::cmp::Reverse` turns an order around.
    todo!()
}

/// Replaces every occurrence of the pair by the symbol `new`, from left to right; whether there was one.
pub fn merge_pair(symbols: &mut Vec<u32>, pair: (u32, u32), new: u32) -> bool {
    // Yours: Go through the symbols with one place to read from and one to write to. A symbol that has
    // been merged is used up: in `aaa`, only the first two become one.
    todo!()
}
