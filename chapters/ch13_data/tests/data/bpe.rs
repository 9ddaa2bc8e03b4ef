//! Byte-pair encoding: any text comes back, and fast training and encoding equal the plain ones.

use std::collections::BTreeMap;

use ch01_tensors::Rng;
use ch13_data::{Bpe, CLS, Gpt2, byte_rank, count_pairs, merge_pair, most_frequent, pieces};
use proptest::prelude::*;

/// Words of few letters, so that pairs repeat and overlap.
fn corpus(seed: u64, words: usize) -> Vec<String> {
    let mut rng = Rng::new(seed, "corpus");
    let word =
        |rng: &mut Rng| (0..1 + rng.below(8)).map(|_| ['a', 'a', 'b', 'c', 'é'][rng.below(5)]).collect();
    (0..words).map(|_| (0..3).map(|_| word(&mut rng)).collect::<Vec<String>>().join(" ")).collect()
}

/// Training by definition: count everything anew for each merge. (No two merges make the same bytes here.)
fn train_plain(texts: &[String], merges: usize, first: u32) -> Vec<(u32, u32)> {
    let mut counts = BTreeMap::new();
    for piece in texts.iter().flat_map(|text| pieces(text)) {
        *counts.entry(piece).or_insert(0) += 1;
    }
    let symbols = |piece: &str| piece.bytes().map(|byte| first + byte_rank(byte)).collect();
    let mut words: Vec<(Vec<u32>, u64)> =
        counts.iter().map(|(piece, &count)| (symbols(piece), count)).collect();
    let mut learned = Vec::new();
    while learned.len() < merges {
        let counts = count_pairs(&words);
        let Some(pair) = most_frequent(&counts).filter(|pair| counts[pair] >= 2) else { break };
        let new = first + 256 + learned.len() as u32;
        words.iter_mut().for_each(|(symbols, _)| {
            merge_pair(symbols, pair, new);
        });
        learned.push(pair);
    }
    learned
}

#[test]
fn fast_training_equals_the_plain_one() {
    for seed in 0..6 {
        let texts = corpus(seed, 200);
        let cls = seed % 2 == 1;
        let first = if cls { 3 } else { 2 };
        let want = train_plain(&texts, 300, first);
        assert!(want.len() > 100, "the corpus has enough pairs");
        let bpe = Bpe::train(&texts, first as usize + 256 + 300, cls);
        assert_eq!(bpe.merges(), want, "seed {seed}");
        assert_eq!(bpe.size(), first as usize + 256 + want.len());
    }
}

#[test]
fn runs_of_one_letter_train_and_encode() {
    let texts = ["aaaa aaaaaaa aaaaa".to_owned(), "aaa".to_owned(), "a".repeat(1000)];
    let bpe = Bpe::train(&texts, 300, false);
    let merges = bpe.merges();
    // Two merges may make the same run, so that there are more merges than new tokens; no token comes twice.
    let plain = train_plain(&texts, 5, 2);
    assert_eq!(merges[..5], plain);
    let mut tokens: Vec<&[u8]> = (2..bpe.size() as u32).map(|token| bpe.bytes(token)).collect();
    let count = tokens.len();
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!((tokens.len(), count <= 298 && merges.len() >= count - 256), (count, true));
    for text in texts {
        assert_eq!(bpe.decode(&bpe.encode(&text)), text);
    }
}

/// Encoding by definition: the merges one after the other, each everywhere.
fn encode_plain(bpe: &Bpe, text: &str, first: u32) -> Vec<u32> {
    let piece = |piece: &str| {
        let mut symbols: Vec<u32> = piece.bytes().map(|byte| first + byte_rank(byte)).collect();
        for (i, &pair) in bpe.merges().iter().enumerate() {
            merge_pair(&mut symbols, pair, first + 256 + i as u32);
        }
        symbols
    };
    pieces(text).flat_map(piece).collect()
}

proptest! {
    #[test]
    fn encoding_applies_the_merges_in_order(text in "[abcé ]{0,80}", seed in 0u64..4) {
        let bpe = Bpe::train(&corpus(seed, 40), 500, false);
        prop_assert_eq!(bpe.encode(&text), encode_plain(&bpe, &text, 2));
    }

    #[test]
    fn long_pieces_are_merged_in_the_same_order(text in "[abcé]{30,200}", seed in 0u64..4) {
        // No space: one piece, longer than the short way is for.
        let bpe = Bpe::train(&corpus(seed, 40), 500, false);
        prop_assert_eq!(bpe.encode(&text), encode_plain(&bpe, &text, 2));
    }

    #[test]
    fn any_text_comes_back(text in any::<String>()) {
        let bpe = Bpe::train(&corpus(0, 40), 400, false);
        prop_assert_eq!(bpe.decode(&bpe.encode(&text)), text.clone());
        let gpt2 = Gpt2::new(bpe, &["<|endoftext|>"]);
        prop_assert_eq!(gpt2.decode(&gpt2.encode(&text)), text);
    }

    #[test]
    fn pieces_joined_are_the_text(text in any::<String>()) {
        prop_assert_eq!(pieces(&text).collect::<String>(), text.clone());
        prop_assert!(pieces(&text).all(|piece| !piece.is_empty()));
    }

    #[test]
    fn merging_is_replacing_from_the_left(symbols in prop::collection::vec(0u32..3, 0..30), pair in (0u32..3, 0u32..3)) {
        // As text: the pair of characters replaced by one, as `str::replace` does it.
        let letters = |symbols: &[u32]| symbols.iter().map(|&s| char::from(b'a' + s as u8)).collect::<String>();
        let want = letters(&symbols).replace(&letters(&[pair.0, pair.1]), "z");
        let mut merged = symbols.clone();
        let found = merge_pair(&mut merged, pair, 25);
        prop_assert_eq!(letters(&merged), want);
        prop_assert_eq!(found, merged != symbols);
    }
}

#[test]
fn texts_are_cut_as_gpt2_does() {
    let cut = |text| pieces(text).collect::<Vec<_>>();
    assert_eq!(cut("I don't know"), ["I", " don", "'t", " know"]);
    assert_eq!(cut("Hello,  world!!  \n"), ["Hello", ",", " ", " world", "!!", "  \n"]);
    assert_eq!(cut("a1b 22\n\nnext"), ["a", "1", "b", " 22", "\n", "\n", "next"]);
    assert_eq!(cut("they'll 'tis"), ["they", "'ll", " '", "tis"]);
    assert_eq!(cut(" "), [" "]);
}

#[test]
fn all_threads_encode_the_same() {
    let texts = corpus(7, 3000);
    let bpe = Bpe::train(&texts[..100], 400, true);
    let want: Vec<Vec<u32>> = texts.iter().map(|text| bpe.encode(text)).collect();
    assert_eq!(bpe.encode_all(&texts), want);
    assert!(want.iter().all(|ids| ids[0] == CLS));
    assert_eq!(bpe.decode(&want[5]), texts[5], "the special token has no bytes");
}

#[test]
fn tokens_cut_within_a_character_decode_to_a_replacement() {
    let bpe = Bpe::train(&["x"], 258, false);
    assert_eq!(bpe.decode(&bpe.encode("é")[..1]), "\u{fffd}");
    assert_eq!(bpe.decode_bytes(&bpe.encode("é")[..1]), [0xc3]);
}

#[test]
#[should_panic(expected = "Bpe: no token 258 among 258")]
fn a_token_that_is_not_there_is_refused() {
    Bpe::train(&["x"], 258, false).decode(&[258]);
}

#[test]
fn bytes_are_counted_as_gpt2_counts_them() {
    // "!" is the first, "~" the 94th, 0 the first of those that cannot be shown, space the 33rd of them.
    assert_eq!([b'!', b'~', 161, 255, 0, b' ', 173].map(byte_rank), [0, 93, 94, 187, 188, 220, 255]);
    let mut ranks: Vec<u32> = (0..=255).map(byte_rank).collect();
    ranks.sort_unstable();
    assert_eq!(ranks, (0..256).collect::<Vec<_>>());
}
