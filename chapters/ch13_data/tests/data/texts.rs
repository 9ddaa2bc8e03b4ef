//! Words, vocabularies, padding and texts as a data set.

use ch01_tensors::{Array, Rng};
use ch13_data::{
    CLS, Dataset, Keep, PAD, TextSet, Thesaurus, UNKNOWN, Unit, WordVocabulary, basic_words, clean_review,
    clean_text, delete_words, draw_deletion, draw_swaps, pad, swap_words, tokenize_words,
};
use proptest::prelude::*;

#[test]
fn reviews_are_cleaned() {
    let text = "Great!<br /><br />I LOVED it.<BR>5 < 6, and <i>so</i> on<br/>\u{130}";
    assert_eq!(clean_review(text), "great!  i loved it. 5 < 6, and <i>so</i> on i\u{307}");
    assert_eq!(clean_review("<br"), "<br");
    assert_eq!(clean_review("é<br />é"), "é é");
}

#[test]
fn texts_are_cut_into_words() {
    let words = |text| tokenize_words(text).collect::<Vec<_>>();
    assert_eq!(
        words("don't 'stop' it's 10/10!!"),
        ["don't", "'", "stop", "'", "it's", "10", "/", "10", "!", "!"]
    );
    assert_eq!(words("  naïve\tcafé\n日本語。"), ["naïve", "café", "日本語", "。"]);
    assert_eq!(words("rock'n'roll '' a'"), ["rock'n'roll", "'", "'", "a", "'"]);
    assert!(words(" \n ").is_empty());
}

#[test]
fn the_most_frequent_words_have_the_smallest_numbers() {
    let texts = ["b a b", "c a b", "d c"];
    let vocabulary = WordVocabulary::build(&texts, 100, 1, false);
    // b 3; a and c 2, in alphabetical order; d 1.
    assert_eq!(
        (0..6).map(|i| vocabulary.word(i)).collect::<Vec<_>>(),
        ["<pad>", "<unk>", "b", "a", "c", "d"]
    );
    assert_eq!(vocabulary.encode("a b x d"), [3, 2, UNKNOWN, 5]);
    assert_eq!(WordVocabulary::build(&texts, 4, 1, false).size(), 4);
    assert_eq!(WordVocabulary::build(&texts, 100, 2, false).size(), 5);
    let cls = WordVocabulary::build(&texts, 100, 2, true);
    assert_eq!(cls.encode("b x"), [CLS, 3, UNKNOWN]);
    assert_eq!((cls.word(CLS), cls.number("a"), cls.number("d")), ("<cls>", Some(4), None));
}

proptest! {
    #[test]
    fn padding_can_be_undone(rows in prop::collection::vec(prop::collection::vec(0u32..1000, 0..20), 0..8)) {
        let views: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
        let tokens = pad(&views);
        let time = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
        prop_assert_eq!(tokens.ids.shape().to_vec(), vec![rows.len(), time]);
        prop_assert_eq!(tokens.mask.shape(), tokens.ids.shape());
        for (i, row) in rows.iter().enumerate() {
            for t in 0..time {
                let want = row.get(t).map_or((i64::from(PAD), false), |&id| (i64::from(id), true));
                prop_assert_eq!((tokens.ids[[i, t]], tokens.mask[[i, t]]), want);
            }
        }
    }

    #[test]
    fn words_cover_all_that_is_not_white_space(text in "\\PC{0,40}") {
        let joined: String = tokenize_words(&text).collect();
        let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        prop_assert_eq!(joined, bare);
    }
}

fn set(max_tokens: usize) -> TextSet {
    TextSet::new(vec![vec![5, 6, 7, 8, 9], vec![], vec![4, 0]], vec![1, 0, 1], max_tokens)
}

fn rows(set: &TextSet, indices: &[usize]) -> (Vec<i64>, Vec<bool>) {
    let batch = set.batch(indices, &mut Rng::new(0, "batch"));
    (batch.input.ids.to_vec(), batch.input.mask.to_vec())
}

#[test]
fn batches_are_as_wide_as_their_longest_text() {
    let all = rows(&set(100), &[2, 0]);
    assert_eq!(all.0, [4, 0, 0, 0, 0, 5, 6, 7, 8, 9]);
    assert_eq!(all.1, [true, true, false, false, false, true, true, true, true, true]);
    // A text without tokens is one unknown token: a row without anything real has no mean and no softmax.
    assert_eq!(rows(&set(100), &[1]), (vec![i64::from(UNKNOWN)], vec![true]));
    let sizes: Vec<usize> = (0..3).map(|i| set(3).size_hint_of(i)).collect();
    assert_eq!(sizes, [3, 1, 2]);
    assert_eq!(set(3).batch(&[2, 1], &mut Rng::new(0, "b")).labels, Array::from([1, 0]));
}

#[test]
fn long_texts_are_cut() {
    assert_eq!(rows(&set(3), &[0]).0, [5, 6, 7]);
    assert_eq!(rows(&set(3).keep(Keep::HeadAndTail), &[0]).0, [5, 6, 9]);
    assert_eq!(rows(&set(4).keep(Keep::HeadAndTail), &[0]).0, [5, 6, 8, 9]);
    assert_eq!(rows(&set(1).keep(Keep::HeadAndTail), &[0]).0, [5]);
}

#[test]
fn word_dropout_leaves_out_its_share_and_spares_cls() {
    let mut ids = vec![7; 20_000];
    ids[0] = CLS;
    let set = TextSet::new(vec![ids], vec![0], usize::MAX).word_dropout(0.1);
    let row = |seed| set.batch(&[0], &mut Rng::new(seed, "batch")).input.ids.to_vec();
    let left_out = 20_000 - row(0).len();
    // 2000 on average; the standard deviation is 42: five of those.
    assert!(left_out.abs_diff(2000) < 213, "{left_out}");
    assert!(row(0)[0] == i64::from(CLS) && row(0)[1..].iter().all(|&id| id == 7));
    assert_eq!(row(0), row(0));
    assert_ne!(row(0), row(1));
    let all = set.word_dropout(1.0);
    assert_eq!(all.batch(&[0], &mut Rng::new(0, "batch")).input.ids.to_vec(), [i64::from(CLS)]);
    let nothing = TextSet::new(vec![vec![7, 8]], vec![0], 2).word_dropout(1.0);
    assert_eq!(nothing.batch(&[0], &mut Rng::new(0, "batch")).input.ids.to_vec(), [i64::from(UNKNOWN)]);
}

#[test]
#[should_panic(expected = "TextSet: 1 labels for 2 texts")]
fn labels_must_be_as_many_as_texts() {
    TextSet::new(vec![vec![], vec![]], vec![1], 10);
}

#[test]
#[should_panic(expected = "TextSet: there is no text 3 of 3")]
fn a_text_that_is_not_there_is_refused() {
    set(3).batch(&[3], &mut Rng::new(0, "batch"));
}

#[test]
fn markup_is_cleaned_away() {
    let text = "<p>Caf&eacute; &amp; <b>bar</b>:\u{0} 1 < 2&nbsp;&lt;3<br/>AT&T &#233;&#xE9; <!-- a > b -->end</p>\n";
    assert_eq!(clean_text(text), "Caf&eacute; & bar : 1 < 2 <3 AT&T éé end");
    assert_eq!(clean_text("a <b and c"), "a <b and c");
    assert_eq!(clean_text("a <b <i>c</i> <5> d"), "a <b c <5> d");
    // No tag ends: each is looked for up to the next only, or this would take minutes.
    assert_eq!(clean_text(&"<b ".repeat(1 << 20)).len(), 3 * (1 << 20) - 1);
    assert_eq!(
        clean_text("<3 <!-- open &#xfffffff; &#1114112; &;"),
        "<3 <!-- open &#xfffffff; &#1114112; &;"
    );
    assert_eq!(clean_text(" \t\n "), "");
}

#[test]
fn basic_words_are_those_of_bert() {
    assert_eq!(basic_words("Don't  Émile!", true), ["don", "'", "t", "emile", "!"]);
    assert_eq!(basic_words("Don't  Émile!", false), ["Don", "'", "t", "Émile", "!"]);
    assert_eq!(basic_words("a中b $x 각", true), ["a", "中", "b", "$", "x", "\u{1100}\u{1161}\u{11a8}"]);
}

#[test]
fn words_are_left_out_and_exchanged() {
    let words: Vec<&str> = tokenize_words("one two three four").collect();
    assert_eq!(delete_words(&words, &[true, false, true, false]), ["one", "three"]);
    assert_eq!(swap_words(&words, &[(0, 3), (0, 1)]), ["two", "four", "three", "one"]);
    let mut rng = Rng::new(0, "edit");
    let kept: usize =
        (0..1000).map(|_| draw_deletion(20, 0.1, &mut rng).iter().filter(|keep| **keep).count()).sum();
    // Of 20 000, 18 000 on average with a standard deviation of 42: five of those.
    assert!(kept.abs_diff(18_000) < 213, "{kept}");
    assert!((0..50).all(|_| draw_deletion(3, 1.0, &mut rng).contains(&true)), "something is left");
    assert!(draw_deletion(0, 1.0, &mut rng).is_empty() && draw_swaps(1, 5, &mut rng).is_empty());
    let swaps = draw_swaps(4, 600, &mut rng);
    assert!(swaps.iter().all(|&(i, j)| i != j && i.max(j) < 4));
    // 12 ordered pairs, 50 each with a deviation of 7: all come.
    assert_eq!(swaps.into_iter().collect::<std::collections::HashSet<_>>().len(), 12);
}

#[test]
fn a_text_goes_forth_and_back() {
    let list = Thesaurus::new("film, movie, motion picture\ndid not like, disliked\nlike, enjoy\n");
    let words: Vec<&str> = tokenize_words("i did not like the film").collect();
    let mut units = list.forth(&words);
    // The longest phrase: "did not like", not "like".
    let meaning = |group, phrase| Unit::Meaning { group, phrase };
    assert_eq!(units, [Unit::Word("i"), meaning(1, 0), Unit::Word("the"), meaning(0, 0)]);
    assert_eq!(list.back(&units), words, "without a change it is the text");
    units[1] = meaning(1, 1);
    units[3] = meaning(0, 2);
    assert_eq!(list.back(&units).join(" "), "i disliked the motion picture");

    let mut rng = Rng::new(0, "thesaurus");
    let mut said = std::collections::HashSet::new();
    for _ in 0..100 {
        let mut units = list.forth(&words);
        list.draw_paraphrase(&mut units, &mut rng);
        said.insert(list.back(&units).join(" "));
        let mut units = list.forth(&words);
        list.draw_synonyms(&mut units, 0.5, &mut rng);
        let text = list.back(&units).join(" ");
        assert!(["i did not like the film", "i did not like the movie"].contains(&text.as_str()), "{text}");
    }
    assert_eq!(said.len(), 6, "two ways times three: {said:?}");
    // Forth again gives the same meanings, however it was said.
    let groups = |text: &str| {
        let words: Vec<&str> = tokenize_words(text).collect();
        let group = |unit: &Unit<'_>| matches!(unit, Unit::Meaning { .. });
        list.forth(&words).iter().filter(|unit| group(unit)).count()
    };
    assert!(said.iter().all(|text| groups(text) == 2));
}

#[test]
fn the_list_for_films_is_sound() {
    let list = Thesaurus::films();
    let words: Vec<&str> = tokenize_words("the movie was great but i didn't like the ending").collect();
    let mut units = list.forth(&words);
    assert_eq!(units.iter().filter(|unit| matches!(unit, Unit::Meaning { .. })).count(), 5);
    list.draw_paraphrase(&mut units, &mut Rng::new(4, "films"));
    assert_ne!(list.back(&units), words);
}

#[test]
#[should_panic(expected = "Thesaurus: \"b\" comes twice")]
fn a_phrase_with_two_meanings_is_refused() {
    Thesaurus::new("a, b\nb, c");
}
