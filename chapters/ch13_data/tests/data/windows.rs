//! Windows over a stream of tokens.

use std::sync::Arc;

use ch01_tensors::Rng;
use ch13_data::{Batch, Dataset, Loader, TokenWindows};

#[test]
fn labels_are_the_next_tokens_and_every_token_is_predicted_once() {
    let set = TokenWindows::new((0..14).collect(), 4);
    assert_eq!(set.len(), 3, "12 of the 13 tokens that have one before them");
    let Batch { input, labels } = set.batch(&[0, 2], &mut Rng::new(0, "windows"));
    assert_eq!(*input.shape(), [2, 4]);
    assert_eq!(input.to_vec(), [0, 1, 2, 3, 8, 9, 10, 11]);
    assert_eq!(labels.to_vec(), [1, 2, 3, 4, 9, 10, 11, 12]);
    assert_eq!(TokenWindows::new((0..13).collect(), 4).len(), 3);
    assert_eq!(TokenWindows::new((0..12).collect(), 4).len(), 2);
}

#[test]
fn shifted_windows_reach_every_token_and_never_leave_the_stream() {
    let set = TokenWindows::new((0..14).collect(), 4).shifted();
    let mut seen = [false; 15];
    for epoch in 0..50 {
        for Batch { input, labels } in
            Loader::new(Arc::new(set.clone()), 2).seed(7).shuffle(true).epoch(epoch, 0)
        {
            for (x, y) in input.iter().zip(labels.iter()) {
                assert_eq!(x + 1, y);
                seen[y as usize] = true;
            }
        }
    }
    // Token 0 is no label, 13 the last.
    assert!(seen[1..=13].iter().all(|&seen| seen), "{seen:?}");
}

#[test]
#[should_panic(expected = "TokenWindows: no window of 4 + 1 tokens in 4")]
fn a_stream_that_is_too_short_is_refused() {
    TokenWindows::new(vec![0; 4], 4);
}
