//! Checks exercise e09_masking.

#[allow(unused)]
#[path = "../exercises/e09_masking.rs"]
mod masking;

use ch01_tensors::Rng;
use masking::{IGNORED, Masking};

const TOKENS: usize = 40_000;

/// Tokens 0 to 2 are special, 3 is [MASK], 4 to 103 are words; every tenth token is special.
fn draw() -> (Vec<u32>, Vec<u32>, Vec<i64>) {
    let masking = Masking { rate: 0.15, mask: 3, words: 4..104 };
    let text: Vec<u32> =
        (0..TOKENS as u32).map(|i| if i.is_multiple_of(10) { i / 10 % 3 } else { 4 + i % 100 }).collect();
    let (ids, labels) = masking.draw(&text, &mut Rng::new(0, "check"));
    (text, ids, labels)
}

#[test]
fn what_is_chosen() {
    let (text, ids, labels) = draw();
    assert_eq!((ids.len(), labels.len()), (TOKENS, TOKENS), "as many tokens and labels as the text has");
    let (mut masked, mut random, mut same) = (0, 0, 0);
    for i in 0..TOKENS {
        if labels[i] == IGNORED {
            assert_eq!(ids[i], text[i], "token {i} is not asked for, but it was replaced");
            continue;
        }
        assert!(text[i] >= 4, "token {i}: a token that is no word was chosen");
        if labels[i] != i64::from(text[i]) {
            assert_ne!(
                labels[i],
                i64::from(ids[i]),
                "token {i}: the label is what is shown, not what stood there"
            );
            panic!("token {i}: the label is {}, but {} stood there", labels[i], text[i]);
        }
        match ids[i] {
            3 => masked += 1,
            id if id == text[i] => same += 1,
            id => {
                assert!((4..104).contains(&id), "token {i} became {id}, which is no word");
                random += 1;
            }
        }
    }
    let chosen = masked + random + same;
    assert!(random + same > 0, "every chosen word became [MASK]: 10 % should be random words and 10 % stay");
    // A hundredth of the random words are the word itself by chance, 5 of 540.
    assert!(same > 30, "chosen words that stay as they are have no label: they are asked for too");
    // 36,000 words, 15 %: 5400 with a deviation of 68; the shares of that have deviations below 31. Five of each.
    assert!((chosen as f64 - 5400.0).abs() < 340.0, "{chosen} of 36000 words were chosen, not 15 %");
    for (what, count, share) in
        [("[MASK]", masked, 0.8), ("a random word", random, 0.1), ("the word itself", same, 0.1)]
    {
        let expected = chosen as f64 * share;
        assert!((count as f64 - expected).abs() < 155.0, "{what}: {count} of {chosen}, not {share}");
    }
}

#[test]
fn the_same_stream_gives_the_same_words() {
    assert_eq!(draw(), draw());
}
