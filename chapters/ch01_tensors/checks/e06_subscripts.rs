//! Checks exercise e06_subscripts.
#[allow(unused)]
#[path = "../exercises/e06_subscripts.rs"]
mod subscripts;

use subscripts::parse_subscripts;

/// What was read, written as `a,b->output`.
fn read(text: &str) -> Result<String, String> {
    let word = |letters: &[char]| letters.iter().collect::<String>();
    parse_subscripts(text).map(|s| format!("{},{}->{}", word(&s.a), word(&s.b), word(&s.output)))
}

/// Compares, and names a mistake by what it would have read.
#[track_caller]
fn reads(text: &str, want: &str, mistakes: &[(&str, &str)]) {
    let got = read(text).unwrap_or_else(|e| panic!("'{text}' is right, but was refused: {e}"));
    if got != want {
        let named = mistakes.iter().find(|(wrong, _)| *wrong == got).map(|(_, what)| format!(": {what}"));
        panic!("'{text}' was read as '{got}', but it means '{want}'{}", named.unwrap_or_default());
    }
}

#[test]
fn parse_with_an_output() {
    reads("ij,jk->ik", "ij,jk->ik", &[]);
    reads("bij,bjk->bik", "bij,bjk->bik", &[]);
    reads("i,i->", "i,i->", &[]);
    reads(",ij->ji", ",ij->ji", &[]);
    reads(" ij , jk -> ki ", "ij,jk->ki", &[("ij,jk->ik", "the order of the output's letters counts")]);
}

#[test]
fn parse_without_an_output() {
    // numpy: the letters that occur once, in alphabetical order.
    let summed = "a letter of both operands is summed over, so it is not in the output";
    let sorted = "without '->', the output's letters are in alphabetical order";
    reads("ij,jk", "ij,jk->ik", &[("ij,jk->ijk", summed)]);
    reads("ba,ac", "ba,ac->bc", &[("ba,ac->abc", summed), ("ba,ac->bac", summed)]);
    reads("ki,ij", "ki,ij->jk", &[("ki,ij->kj", sorted)]);
    reads("i,i", "i,i->", &[("i,i->i", summed)]);
    reads("b,a", "b,a->ab", &[("b,a->ba", sorted)]);
}

#[test]
fn parse_refuses() {
    for (text, why) in [
        ("ij", "there is only one operand"),
        ("ij,jk,kl->il", "there are three operands"),
        ("ij,jk->iz", "the output's letter z is in neither operand"),
        ("ij,j1->i", "1 is not a letter"),
        ("ij,jk->ii", "i is repeated in the output"),
        ("ij,jk->i,k", "a comma stands in the output"),
        ("abcdefghi,a", "nine axes are too many"),
    ] {
        if let Ok(got) = read(text) {
            panic!("'{text}' was read as '{got}', but must be refused: {why}");
        }
    }
}
