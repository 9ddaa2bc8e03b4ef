//! A play for those who have no Shakespeare: who speaks, what and to whom is drawn from short lists.

use ch01_tensors::Rng;

/// Some forty thousand words of a play in which who speaks, what and to whom is drawn from short lists.
pub fn made_up_play() -> String {
    let mut rng = Rng::new(0, "play");
    let mut pick = |list: &[&'static str]| list[rng.below(list.len())];
    let who = ["KING", "QUEEN", "DUKE", "FOOL", "GHOST"];
    let address = ["my lord", "good sir", "sweet lady", "fool"];
    let verbs = ["love", "fear", "seek", "curse", "praise", "forget"];
    let things = ["crown", "sword", "moon", "truth", "night", "letter", "tower"];
    let kinds = ["bright", "false", "ancient", "silent", "bloody"];
    let mut play = String::new();
    for _ in 0..3000 {
        let (speaker, to) = (pick(&who), pick(&address));
        let mut phrase = || format!("{} the {} {}", pick(&verbs), pick(&kinds), pick(&things));
        let (first, second) = (phrase(), phrase());
        play += &format!("{speaker}:\nI {first}, {to},\nAnd you {second}.\n\n");
    }
    play
}
