//! Checks exercise e06_nucleus.

#[allow(unused)]
#[path = "../exercises/e06_nucleus.rs"]
mod nucleus;

use ch00_start::check::close;
use nucleus::{keep_top_k, keep_top_p};

const P: [f64; 6] = [0.15, 0.4, 0.05, 0.2, 0.125, 0.075];

fn after(f: impl FnOnce(&mut [f64])) -> Vec<f64> {
    let mut p = P.to_vec();
    f(&mut p);
    p
}

#[test]
fn the_k_most_probable_stay() {
    let smallest = [0.0, 0.0, 0.05, 0.0, 0.0, 0.075];
    let mistakes: [(&str, &[f64]); 1] = [("the k smallest are kept", &smallest)];
    let want = [0.0, 0.4, 0.0, 0.2, 0.0, 0.0];
    close("keep_top_k", &after(|p| keep_top_k(p, 2)), &want, 0.0, &mistakes);
    close("keep_top_k of one", &after(|p| keep_top_k(p, 1)), &[0.0, 0.4, 0.0, 0.0, 0.0, 0.0], 0.0, &[]);
    close("keep_top_k of all and more", &after(|p| keep_top_k(p, 9)), &P, 0.0, &[]);
    let mut equal = [0.3, 0.3, 0.3, 0.1];
    keep_top_k(&mut equal, 2);
    close("keep_top_k of equals", &equal, &[0.3, 0.3, 0.3, 0.0], 0.0, &[]);
}

#[test]
fn the_smallest_set_that_holds_the_share_stays() {
    // 0.4 + 0.2 = 0.6 is less than 0.7, and 0.75 with the next is not.
    let want = [0.15, 0.4, 0.0, 0.2, 0.0, 0.0];
    let mistakes: [(&str, &[f64]); 2] = [
        ("the token that reaches the share is missing", &[0.0, 0.4, 0.0, 0.2, 0.0, 0.0]),
        ("each probability by itself compared with the share, not the sum", &[0.0, 0.4, 0.0, 0.0, 0.0, 0.0]),
    ];
    close("keep_top_p", &after(|p| keep_top_p(p, 0.7)), &want, 0.0, &mistakes);
    close("keep_top_p of little", &after(|p| keep_top_p(p, 0.01)), &[0.0, 0.4, 0.0, 0.0, 0.0, 0.0], 0.0, &[]);
    let mut sure = [0.0, 1.0, 0.0];
    keep_top_p(&mut sure, 1.0);
    close("keep_top_p where one is sure", &sure, &[0.0, 1.0, 0.0], 0.0, &[]);
}
