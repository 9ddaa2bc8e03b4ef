//! Checks exercise e06_longest.

#[allow(unused)]
#[path = "../exercises/e06_longest.rs"]
mod longest;

use ch00_start::check::close;
use longest::longest_parts;

const VOCABULARY: [&str; 14] = [
    "[UNK]", "un", "u", "##able", "##a", "##watch", "watch", "able", "##b", "##le", "caf", "##é", "##w",
    "unw",
];

fn parts(word: &str) -> Vec<f64> {
    let number = |part: &str| VOCABULARY.iter().position(|known| *known == part).map(|i| i as u32);
    longest_parts(word, number, 0).into_iter().map(f64::from).collect()
}

#[test]
fn every_part_is_the_longest() {
    let mistakes: [(&str, &[f64]); 2] = [
        ("only the first part has no ## in front", &[6.0, 7.0]),
        ("the shortest part was taken: try the ends from the back", &[6.0, 4.0, 8.0, 9.0]),
    ];
    close("watchable", &parts("watchable"), &[6.0, 3.0], 0.0, &mistakes);
    close("one part", &parts("watch"), &[6.0], 0.0, &[]);
    close("nothing", &parts(""), &[], 0.0, &[]);
    close("café", &parts("café"), &[10.0, 11.0], 0.0, &[]);
}

#[test]
fn a_word_with_an_unknown_rest_is_unknown() {
    let kept: [(&str, &[f64]); 2] = [
        ("what was found before the unknown rest must go: the whole word is unknown", &[6.0, 0.0]),
        ("the rest cannot just be left out: the whole word is unknown", &[6.0]),
    ];
    close("watchx", &parts("watchx"), &[0.0], 0.0, &kept);
    // Greedy: "unw" is longer than "un", and then "##atch" is not known. It does not come back to try "un" and "##watch".
    let tried: [(&str, &[f64]); 1] =
        [("a shorter part is not tried when the longest leads nowhere", &[1.0, 5.0])];
    close("unwatch", &parts("unwatch"), &[0.0], 0.0, &tried);
    close("x", &parts("x"), &[0.0], 0.0, &[]);
}
