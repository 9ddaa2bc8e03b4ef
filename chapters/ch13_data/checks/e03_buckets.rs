//! Checks exercise e03_buckets.

#[allow(unused)]
#[path = "../exercises/e03_buckets.rs"]
mod buckets;

use buckets::bucket_batches;
use ch00_start::check::close;
use ch01_tensors::Rng;

/// The lengths of twelve texts, by their numbers.
const LENGTHS: [usize; 12] = [9, 2, 7, 5, 1, 8, 3, 12, 6, 4, 11, 10];

fn flat(batches: &[Vec<usize>]) -> Vec<f64> {
    batches.iter().flatten().map(|&example| example as f64).collect()
}

#[test]
fn pools_are_sorted_and_cut() {
    let order: Vec<usize> = (0..12).collect();
    let batches = bucket_batches(&order, |i| LENGTHS[i], 2, 3, None);
    let sizes: Vec<f64> = batches.iter().map(|batch| batch.len() as f64).collect();
    close("sizes of the batches", &sizes, &[2.0; 6], 0.0, &[]);
    // Pools 0..6 and 6..12, each sorted by length.
    let want = [4.0, 1.0, 3.0, 2.0, 5.0, 0.0, 6.0, 9.0, 8.0, 11.0, 10.0, 7.0];
    let everything = [4.0, 1.0, 6.0, 9.0, 3.0, 8.0, 2.0, 5.0, 0.0, 11.0, 10.0, 7.0];
    let unsorted: Vec<f64> = order.iter().map(|&i| i as f64).collect();
    let small = [1.0, 0.0, 3.0, 2.0, 4.0, 5.0, 6.0, 7.0, 9.0, 8.0, 11.0, 10.0];
    let mistakes: [(&str, &[f64]); 3] = [
        ("everything was sorted: the same batches would come every epoch", &everything),
        ("nothing was sorted", &unsorted),
        ("sorted within each batch, which changes nothing: sort the pool before it is cut", &small),
    ];
    close("batches", &flat(&batches), &want, 0.0, &mistakes);
}

#[test]
fn the_order_given_matters() {
    let order = [11, 0, 7, 2, 5, 10, 1, 9];
    let batches = bucket_batches(&order, |i| LENGTHS[i], 3, 2, None);
    // The pool of six is sorted, 2 5 0 and 11 10 7; two are left for the last batch.
    let want = [2.0, 5.0, 0.0, 11.0, 10.0, 7.0, 1.0, 9.0];
    close("batches of a shuffled order", &flat(&batches), &want, 0.0, &[]);
    let sizes: Vec<f64> = batches.iter().map(|batch| batch.len() as f64).collect();
    close("sizes with a remainder", &sizes, &[3.0, 3.0, 2.0], 0.0, &[]);
}

#[test]
fn batches_are_shuffled_whole() {
    let order: Vec<usize> = (0..12).collect();
    let plain = bucket_batches(&order, |i| LENGTHS[i], 2, 3, None);
    let shuffled = bucket_batches(&order, |i| LENGTHS[i], 2, 3, Some(&mut Rng::new(1, "shuffle")));
    // Which batch of the sorted order each shuffled one is; -1 for none.
    let place = |batch: &Vec<usize>| plain.iter().position(|p| p == batch).map_or(-1.0, |place| place as f64);
    let mut places: Vec<f64> = shuffled.iter().map(place).collect();
    let still: Vec<f64> = (0..6).map(f64::from).collect();
    assert!(places != still, "the batches were not shuffled: long texts would always come last");
    assert!(!places.contains(&-1.0), "the examples were shuffled: put whole batches into a random order");
    places.sort_by(f64::total_cmp);
    close("batches, each once", &places, &still, 0.0, &[]);
}
