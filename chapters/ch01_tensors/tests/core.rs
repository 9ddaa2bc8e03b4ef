//! The array's core: views, sharing, broadcasting, reductions.

use ch01_tensors::{Array, Rng, Tensor, pool};

fn counted(shape: &[usize]) -> Array<f64> {
    let size = shape.iter().product::<usize>() as f64;
    Array::arange(0.0, size, 1.0).reshape(shape)
}

#[test]
fn views_share_and_writing_copies_only_when_shared() {
    let a = counted(&[2, 3, 4]);
    let mut b = a.clone().transpose(0, 2);
    assert!(a.shares_storage(&b));
    assert_eq!(*b.shape(), [4, 3, 2]);
    assert_eq!(b[[3, 1, 1]], a[[1, 1, 3]]);
    b[[3, 1, 1]] = -1.0;
    assert!(!a.shares_storage(&b));
    assert_eq!((a[[1, 1, 3]], b[[3, 1, 1]]), (19.0, -1.0));

    let mut c = counted(&[5]);
    let before = c.data().as_ptr();
    c[[2]] = 9.0;
    c = c * 2.0 + 1.0;
    assert_eq!(c.data().as_ptr(), before, "an array that nobody shares is worked on in place");
    assert_eq!(c.to_vec(), [1.0, 3.0, 19.0, 7.0, 9.0]);
}

#[test]
fn broadcasting_follows_numpy() {
    let rows = counted(&[2, 3]);
    let column = Array::from([[10.0], [20.0]]);
    assert_eq!((&rows + &column).to_vec(), [10.0, 11.0, 12.0, 23.0, 24.0, 25.0]);
    assert_eq!((&column + Array::from([1.0, 2.0])).to_vec(), [11.0, 12.0, 21.0, 22.0]);
    assert_eq!((Array::scalar(1.0) - &rows).to_vec(), [1.0, 0.0, -1.0, -2.0, -3.0, -4.0]);
}

#[test]
#[should_panic(expected = "add: shapes do not broadcast: [2, 3] and [2]")]
fn shapes_that_do_not_broadcast_are_named() {
    let _ = counted(&[2, 3]) + counted(&[2]);
}

#[test]
fn reductions_agree_with_loops_over_every_choice_of_axes() {
    let a = counted(&[3, 20, 5]).permute([2, 0, 1]) + 1.0;
    for mask in 0..8usize {
        let axes: Vec<isize> = (0..3).filter(|axis| mask >> axis & 1 == 1).collect();
        let sum = a.sum(&axes[..], true);
        let expected = Array::from_fn(*sum.shape(), |at| {
            let mut total = 0.0;
            for (i, j, k) in (0..5).flat_map(|i| (0..3).flat_map(move |j| (0..20).map(move |k| (i, j, k)))) {
                let inside = [i, j, k]
                    .iter()
                    .zip(at)
                    .enumerate()
                    .all(|(axis, (x, y))| mask >> axis & 1 == 1 || x == y);
                total += if inside { a[[i, j, k]] } else { 0.0 };
            }
            total
        });
        assert_eq!(sum, expected, "axes {axes:?}");
    }
    assert_eq!(a.max(.., false).item(), 300.0);
    assert_eq!(a.min([0, 1], false).shape()[..], [20]);
    assert!(Tensor::zeros([0]).mean_all().is_nan());
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let mut rng = Rng::new(1, "threads");
    let x = Tensor::normal([700, 333], 0.0, 1.0, &mut rng);
    let results = [1, 2, 5].map(|threads| {
        let threads = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        threads.install(|| (x.sum_all(), x.sum(0, false).to_vec(), x.sum(1, false).to_vec()))
    });
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
}

#[test]
fn a_loop_takes_all_its_memory_from_the_pool() {
    let step = |x: &Tensor| (x * 2.0 + x).sum(0, false).sum_all();
    let x = Tensor::ones([64, 100]);
    step(&x);
    // Other tests share the pool, so look at this thread's blocks: the same address must come back.
    let first = (&x * 2.0).data().as_ptr();
    let second = (&x * 3.0).data().as_ptr();
    assert_eq!(first, second);
    assert!(pool::stats().from_system > 0);
}
