//! Changing texts by rule, for training: words left out, exchanged, or said in another way (Wei and Zou 2019; the last after
//! Sennrich, Haddow and Birch 2016, who translate there and back).
//!
//! As with images, what is drawn and what is done are apart. A text is a list of words; see
//! [`tokenize_words`](crate::tokenize_words). A change is right where it leaves the label alone: leaving out "not"
//! does not, so little is left out.

use ch01_tensors::{Rng, fail};

// ANCHOR: delete
/// The words that are kept.
///
/// # Panics
/// When there are not as many marks as words.
#[track_caller]
pub fn delete_words<'a>(words: &[&'a str], keep: &[bool]) -> Vec<&'a str> {
    if words.len() != keep.len() {
        fail("delete_words", format_args!("{} marks for {} words", keep.len(), words.len()));
    }
    words.iter().zip(keep).filter(|(_, keep)| **keep).map(|(word, _)| *word).collect()
}

/// Which of `n` words are kept, if each is left out with probability `p`; one at least, if there is one.
pub fn draw_deletion(n: usize, p: f64, rng: &mut Rng) -> Vec<bool> {
    let mut keep: Vec<bool> = (0..n).map(|_| rng.uniform() >= p).collect();
    if n > 0 && !keep.contains(&true) {
        keep[rng.below(n)] = true;
    }
    keep
}
// ANCHOR_END: delete

/// The words after these pairs of places have been exchanged, one pair after the other.
///
/// # Panics
/// When there is no such place.
#[track_caller]
pub fn swap_words<'a>(words: &[&'a str], swaps: &[(usize, usize)]) -> Vec<&'a str> {
    let mut words = words.to_vec();
    for &(i, j) in swaps {
        if i.max(j) >= words.len() {
            fail("swap_words", format_args!("places {i} and {j} among {} words", words.len()));
        }
        words.swap(i, j);
    }
    words
}

/// `count` pairs of two different places among `n` words; none if there are not two.
pub fn draw_swaps(n: usize, count: usize, rng: &mut Rng) -> Vec<(usize, usize)> {
    let mut swap = || {
        let i = rng.below(n);
        // The other n - 1 places, evenly.
        (i, (i + 1 + rng.below(n - 1)) % n)
    };
    if n < 2 { Vec::new() } else { (0..count).map(|_| swap()).collect() }
}
