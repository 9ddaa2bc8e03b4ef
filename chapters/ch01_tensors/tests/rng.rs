//! Random streams: repeatable, separate, resumable, even, and usable by the rand crate's distributions.

use ch01_tensors::Rng;
use rand_distr::{Distribution, Exp};

fn draws(rng: &mut Rng, count: usize) -> Vec<f64> {
    (0..count).map(|i| if i % 3 == 0 { rng.normal() } else { rng.uniform() }).collect()
}

#[test]
fn a_stream_is_named_by_seed_and_name() {
    let first = draws(&mut Rng::new(7, "init"), 100);
    assert_eq!(first, draws(&mut Rng::new(7, "init"), 100));
    assert_ne!(first, draws(&mut Rng::new(8, "init"), 100));
    assert_ne!(first, draws(&mut Rng::new(7, "shuffle"), 100));
}

#[test]
fn a_stream_goes_on_from_a_saved_position() {
    let mut rng = Rng::new(7, "resume");
    // After an odd number of normal draws half a pair is still to come: it belongs to the position.
    for before in [0, 1, 4, 17] {
        draws(&mut rng, before);
        let position = rng.position();
        let expected = draws(&mut rng, 20);
        let mut resumed = Rng::new(7, "resume");
        resumed.seek(position);
        assert_eq!(draws(&mut resumed, 20), expected, "after {before} more draws");
    }
}

#[test]
fn numbers_below_n_are_even_and_a_shuffle_loses_nothing() {
    let mut rng = Rng::new(7, "below");
    let mut counts = [0usize; 7];
    (0..70_000).for_each(|_| counts[rng.below(7)] += 1);
    // Each count has mean 10,000 and deviation 93; five deviations.
    assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 465), "{counts:?}");

    let mut order: Vec<usize> = (0..100).collect();
    rng.shuffle(&mut order);
    assert_ne!(order, (0..100).collect::<Vec<_>>());
    order.sort_unstable();
    assert_eq!(order, (0..100).collect::<Vec<_>>());
}

#[test]
fn normal_numbers_have_mean_0_and_deviation_1() {
    let mut rng = Rng::new(7, "normal");
    let draws: Vec<f64> = (0..40_000).map(|_| rng.normal()).collect();
    let moment = |power: i32| draws.iter().map(|x| x.powi(power)).sum::<f64>() / draws.len() as f64;
    // The deviations of the three means are 1/200, sqrt(2)/200 and sqrt(96)/200; five of each.
    assert!(moment(1).abs() < 0.025, "mean {}", moment(1));
    assert!((moment(2) - 1.0).abs() < 0.036, "variance {}", moment(2));
    assert!((moment(4) - 3.0).abs() < 0.245, "fourth moment {}", moment(4));
}

#[test]
fn distributions_of_the_rand_crate_draw_from_a_stream() {
    let exponential = Exp::new(2.0).unwrap();
    let sample =
        |seed| -> Vec<f64> { exponential.sample_iter(&mut Rng::new(seed, "exp")).take(10_000).collect() };
    assert_eq!(sample(1), sample(1));
    let mean = sample(1).iter().sum::<f64>() / 10_000.0;
    // The mean of Exp(2) is 0.5, its deviation over 10,000 draws 0.005; five deviations.
    assert!((mean - 0.5).abs() < 0.025, "mean {mean}");
}
