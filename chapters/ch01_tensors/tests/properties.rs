//! Random arrays, seen through random views, against plain loops. proptest draws the seeds and prints the one that
//! fails.

use ch01_tensors::{Array, MAX_NDIM, Pad, Rng, Slice, Strides, broadcast_shape, einsum};
use proptest::prelude::*;

/// A view of up to four axes, permuted, flipped and cut. Small whole numbers: sums are exact, and there are ties.
fn view(rng: &mut Rng) -> Array<f64> {
    let ndim = rng.below(5);
    let shape: Vec<usize> = (0..ndim).map(|_| 1 + rng.below(5)).collect();
    let mut a = Array::from_fn(&shape[..], |_| rng.below(7) as f64 - 3.0);
    let mut order: Vec<isize> = (0..ndim as isize).collect();
    rng.shuffle(&mut order);
    a = a.permute(&order);
    for axis in 0..ndim {
        let step = [1, 1, 2, -1, -2][rng.below(5)];
        let mut slices = vec![Slice::default(); ndim];
        slices[axis] = Slice::new(None, None, step);
        a = a.slice(&slices[..]);
    }
    a
}

/// Every index of a shape, in row-major order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![vec![]], |all, &length| {
        all.into_iter().flat_map(|i| (0..length).map(move |at| [&i[..], &[at]].concat())).collect()
    })
}

/// The element at an index, straight from the storage.
fn at<T: ch01_tensors::Element>(a: &Array<T>, index: &[usize]) -> T {
    let steps: isize = index.iter().zip(a.strides().iter()).map(|(&i, &s)| i as isize * s).sum();
    a.storage()[(a.offset() as isize + steps) as usize]
}

/// The indices without some axes, or only those.
fn part(index: &[usize], keep: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..index.len()).filter(|&axis| keep(axis)).map(|axis| index[axis]).collect()
}

fn dot(a: &Array<f64>, b: &Array<f64>) -> f64 {
    (a * b).sum_all()
}

proptest! {
    #[test]
    fn property_copies_hold_what_views_show(seed in any::<u64>()) {
        let a = view(&mut Rng::new(seed, "view"));
        let want: Vec<f64> = indices(a.shape()).iter().map(|i| at(&a, i)).collect();
        prop_assert_eq!(a.copy().to_vec(), want.clone());
        prop_assert_eq!(a.iter().collect::<Vec<_>>(), want.clone());
        prop_assert_eq!(a.map_to(|x| x).to_vec(), want.clone());
        prop_assert_eq!(a.clone().flatten().to_vec(), want);
        prop_assert_eq!(&a.copy(), &a);
    }

    #[test]
    fn property_operations_see_no_difference_between_a_view_and_its_copy(seed in any::<u64>()) {
        let rng = &mut Rng::new(seed, "view");
        let (a, b) = (view(rng), view(rng).slice(Slice::Rest));
        let c = a.copy();
        prop_assert_eq!(&a + &a, &c + &c);
        prop_assert_eq!(a.gt(0.0), c.gt(0.0));
        prop_assert_eq!(a.gt(1.0).where_(&a, -1.0), c.gt(1.0).where_(&c, -1.0));
        prop_assert_eq!(a.masked_select(&a.gt(0.0)), c.masked_select(&c.gt(0.0)));
        prop_assert_eq!(a.unique(), c.unique());
        prop_assert_eq!(a.tile([2, 1, 3]), c.tile([2, 1, 3]));
        prop_assert_eq!(a.to_string(), c.to_string());
        prop_assert_eq!(b.sum(.., true), b.copy().sum(.., true));
        for axis in 0..a.ndim() as isize {
            prop_assert_eq!(a.cumsum(axis), c.cumsum(axis));
            prop_assert_eq!(a.argmax(axis, true), c.argmax(axis, true));
            prop_assert_eq!(a.argmin(axis, false), c.argmin(axis, false));
            prop_assert_eq!(a.sort(axis, true), c.sort(axis, true));
            prop_assert_eq!(a.roll(2, axis), c.roll(2, axis));
            prop_assert_eq!(a.repeat(2, axis), c.repeat(2, axis));
            prop_assert_eq!(Array::concat(&[&a, &c], axis), Array::concat(&[&c, &a], axis));
            prop_assert_eq!(Array::stack(&[&a, &c], axis), Array::stack(&[&c, &a], axis));
            prop_assert_eq!(a.logsumexp(axis, false), c.logsumexp(axis, false));
        }
        let widths = [(1, 2)];
        if a.ndim() > 0 {
            for mode in [Pad::Constant(9.0), Pad::Replicate] {
                prop_assert_eq!(a.pad(&widths, mode), c.pad(&widths, mode));
            }
        }
    }

    #[test]
    fn property_broadcasting_is_a_loop_that_repeats(seed in any::<u64>()) {
        let rng = &mut Rng::new(seed, "broadcast");
        // Two shapes that fit: a common one, with some axes made 1 and some of the first left out.
        let common: Vec<usize> = (0..rng.below(5)).map(|_| rng.below(4)).collect();
        let mut operand = || {
            let from = rng.below(common.len() + 1);
            let shape: Vec<usize> = common[from..].iter().map(|&n| if rng.below(3) == 0 { 1 } else { n }).collect();
            Array::from_fn(&shape[..], |_| rng.below(100) as f64)
        };
        let (a, b) = (operand(), operand());
        let shape = broadcast_shape(a.shape(), b.shape()).unwrap();
        let read = |x: &Array<f64>, index: &[usize]| {
            let last = &index[index.len() - x.ndim()..];
            let inside: Vec<usize> = last.iter().zip(x.shape().iter()).map(|(&i, &n)| i.min(n - 1)).collect();
            at(x, &inside)
        };
        let want = |f: fn(f64, f64) -> f64| -> Vec<f64> {
            indices(&shape).iter().map(|i| f(read(&a, i), read(&b, i))).collect()
        };
        prop_assert_eq!((&a - &b).to_vec(), want(|x, y| x - y));
        prop_assert_eq!((a.clone() - &b).to_vec(), want(|x, y| x - y));
        prop_assert_eq!((&a - b.clone()).to_vec(), want(|x, y| x - y));
        prop_assert_eq!((a.clone() * b.clone()).to_vec(), want(|x, y| x * y));
        let less: Vec<bool> = a.lt(&b).to_vec();
        prop_assert_eq!(less, indices(&shape).iter().map(|i| read(&a, i) < read(&b, i)).collect::<Vec<_>>());
        let chosen = a.lt(&b).where_(&a, &b);
        prop_assert_eq!(chosen.to_vec(), want(f64::min));
        if shape == *a.shape() {
            let mut sum = a.clone();
            sum += &b;
            prop_assert_eq!(sum.to_vec(), want(|x, y| x + y));
        }
        // Broadcasting and summing are transposes of each other.
        let y = Array::from_fn(shape, |_| rng.below(10) as f64);
        let new = shape.len() - a.ndim();
        let stretched = |axis: &usize| *axis < new || a.shape()[*axis - new] != shape[*axis];
        let axes: Strides = (0..shape.len()).filter(stretched).map(|axis| axis as isize).collect();
        let summed = y.sum(&axes[..], true).reshape(*a.shape());
        prop_assert_eq!(dot(&a.clone().broadcast_to(shape), &y), dot(&a, &summed));
    }

    #[test]
    fn property_reductions_are_loops(seed in any::<u64>()) {
        let rng = &mut Rng::new(seed, "reduce");
        let a = view(rng);
        let mask: Vec<bool> = (0..a.ndim()).map(|_| rng.below(2) == 0).collect();
        let axes: Vec<isize> = (0..a.ndim()).filter(|&axis| mask[axis]).map(|axis| axis as isize).collect();
        let axes = &axes[..];
        let kept: Vec<usize> = part(a.shape(), |axis| !mask[axis]);
        // The elements that each result combines.
        let groups: Vec<Vec<f64>> = indices(&kept).iter().map(|outer| {
            let inside = |index: &&Vec<usize>| part(index, |axis| !mask[axis]) == *outer;
            indices(a.shape()).iter().filter(inside).map(|index| at(&a, index)).collect()
        }).collect();
        let each = |f: &dyn Fn(&[f64]) -> f64| -> Vec<f64> { groups.iter().map(|group| f(group)).collect() };
        // Whole numbers: exact in any order.
        prop_assert_eq!(a.sum(axes, false).to_vec(), each(&|g| g.iter().sum()));
        prop_assert_eq!(a.prod(axes, false).to_vec(), each(&|g| g.iter().product()));
        prop_assert_eq!(a.max(axes, false).to_vec(), each(&|g| g.iter().copied().fold(f64::MIN, f64::max)));
        prop_assert_eq!(a.min(axes, false).to_vec(), each(&|g| g.iter().copied().fold(f64::MAX, f64::min)));
        prop_assert_eq!(a.gt(0.0).any(axes, false).to_vec(), groups.iter().map(|g| g.iter().any(|&x| x > 0.0)).collect::<Vec<_>>());
        prop_assert_eq!(a.gt(0.0).all(axes, false).to_vec(), groups.iter().map(|g| g.iter().all(|&x| x > 0.0)).collect::<Vec<_>>());
        prop_assert_eq!(a.gt(0.0).count(axes, false).to_vec(), groups.iter().map(|g| g.iter().filter(|&&x| x > 0.0).count() as i64).collect::<Vec<_>>());
        // At most 5^4 terms: 1e-12 is far above their rounding, far below any mistake.
        let near = |got: Array<f64>, want: Vec<f64>| got.iter().zip(&want).all(|(x, y)| (x - y).abs() <= 1e-12 * y.abs().max(1.0));
        let variance = |g: &[f64]| {
            let mean = g.iter().sum::<f64>() / g.len() as f64;
            g.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / g.len() as f64
        };
        prop_assert!(near(a.var(axes, false, 0), each(&variance)));
        prop_assert!(near(a.logsumexp(axes, false), each(&|g| g.iter().map(|x| x.exp()).sum::<f64>().ln())));
        // keepdim changes the shape alone.
        let long: Vec<usize> = (0..a.ndim()).map(|axis| if mask[axis] { 1 } else { a.shape()[axis] }).collect();
        for (kept, flat) in [(a.sum(axes, true), a.sum(axes, false)), (a.logsumexp(axes, true), a.logsumexp(axes, false))] {
            prop_assert_eq!(&kept.shape()[..], &long[..]);
            prop_assert_eq!(kept.to_vec(), flat.to_vec());
        }
    }

    #[test]
    fn property_slices_pick_what_python_picks(length in 0usize..7, start in prop::option::of(-9isize..9), stop in prop::option::of(-9isize..9), step in prop_oneof![-4isize..0, 1isize..5]) {
        // Python's rule in the words of its manual: bounds below 0 count from the end, and are then cut to the axis.
        let n = length as isize;
        let cut = |bound: isize, low, high| (if bound < 0 { bound + n } else { bound }).max(low).min(high);
        let want: Vec<i64> = if step > 0 {
            let (start, stop) = (start.map_or(0, |b| cut(b, 0, n)), stop.map_or(n, |b| cut(b, 0, n)));
            (start..stop).step_by(step as usize).map(|i| i as i64).collect()
        } else {
            let (start, stop) = (start.map_or(n - 1, |b| cut(b, -1, n - 1)), stop.map_or(-1, |b| cut(b, -1, n - 1)));
            (stop + 1..=start).rev().step_by(-step as usize).map(|i| i as i64).collect()
        };
        let a = Array::<i64>::arange(0, n as i64, 1);
        prop_assert_eq!(a.slice(Slice::new(start, stop, step)).to_vec(), want.clone());
        // Written through, the same places change.
        let mut b = a.clone();
        b.assign_slice(Slice::new(start, stop, step), &Array::scalar(-1));
        prop_assert_eq!(b.to_vec(), (0..n as i64).map(|i| if want.contains(&i) { -1 } else { i }).collect::<Vec<_>>());
        prop_assert_eq!(a.to_vec(), (0..n as i64).collect::<Vec<_>>());
    }

    #[test]
    fn property_einsum_is_nested_loops(seed in any::<u64>()) {
        let rng = &mut Rng::new(seed, "einsum");
        let letters = ['i', 'j', 'k', 'B', 'z'];
        let lengths: Vec<usize> = letters.iter().map(|_| 1 + rng.below(3)).collect();
        let mut choose = |from: &[usize]| -> Vec<usize> {
            let mut chosen: Vec<usize> = from.iter().copied().filter(|_| rng.below(2) == 0).collect();
            rng.shuffle(&mut chosen);
            chosen
        };
        let (a_letters, b_letters) = (choose(&[0, 1, 2, 3, 4]), choose(&[0, 1, 2, 3, 4]));
        let both: Vec<usize> = (0..5).filter(|l| a_letters.contains(l) || b_letters.contains(l)).collect();
        let out = choose(&both);
        let word = |list: &[usize]| list.iter().map(|&l| letters[l]).collect::<String>();
        let spec = format!("{}, {} -> {}", word(&a_letters), word(&b_letters), word(&out));
        let mut array = |list: &[usize]| {
            let shape: Vec<usize> = list.iter().map(|&l| if rng.below(5) == 0 { 1 } else { lengths[l] }).collect();
            Array::from_fn(&shape[..], |_| rng.below(9) as f64 - 4.0)
        };
        let (a, b) = (array(&a_letters), array(&b_letters));
        // A letter is as long as its longest axis.
        let length = |l: usize| {
            let of = |list: &[usize], x: &Array<f64>| list.iter().position(|&o| o == l).map_or(1, |axis| x.shape()[axis]);
            of(&a_letters, &a).max(of(&b_letters, &b))
        };
        let shape: Vec<usize> = out.iter().map(|&l| length(l)).collect();
        let mut want = Array::<f64>::zeros(&shape[..]);
        for values in indices(&(0..5).map(length).collect::<Vec<_>>()) {
            let read = |list: &[usize], x: &Array<f64>| {
                let index: Vec<usize> = list.iter().zip(x.shape().iter()).map(|(&l, &n)| values[l].min(n - 1)).collect();
                at(x, &index)
            };
            let place: usize = out.iter().zip(&shape).fold(0, |place, (&l, n)| place * n + values[l]);
            want.data_mut()[place] += read(&a_letters, &a) * read(&b_letters, &b);
        }
        prop_assert_eq!(einsum(&spec, &a, &b), want, "{}", spec);
    }

    #[test]
    fn property_sorting_orders_and_keeps(seed in any::<u64>()) {
        let rng = &mut Rng::new(seed, "sort");
        let a = view(rng).map(|x| if x == 3.0 { f64::NAN } else { x });
        let before = |x: f64, y: f64| x < y || (y.is_nan() && !x.is_nan());
        for axis in 0..a.ndim() {
            let line_axis = axis as isize;
            for descending in [false, true] {
                let (sorted, order) = (a.sort(line_axis, descending), a.argsort(line_axis, descending));
                let gathered = a.gather(line_axis, &order);
                let taken = a.take_along(line_axis, &order);
                for index in indices(a.shape()) {
                    let x = at(&sorted, &index);
                    prop_assert!(x == at(&gathered, &index) || x.is_nan());
                    prop_assert!(x.is_nan() == at(&taken, &index).is_nan());
                    if index[axis] > 0 {
                        let mut left = index.clone();
                        left[axis] -= 1;
                        let (y, place, other) = (at(&sorted, &left), at(&order, &index), at(&order, &left));
                        let (low, high) = if descending { (x, y) } else { (y, x) };
                        prop_assert!(!before(high, low), "{high} before {low}");
                        // Equal elements keep their order; so the indices are distinct, too.
                        prop_assert!(before(low, high) || other < place);
                    }
                }
                let k = rng.below(a.shape()[axis] + 1);
                let (values, places) = a.topk(k, line_axis);
                prop_assert_eq!(&places, &a.argsort(line_axis, true).narrow(line_axis, 0, k));
                prop_assert_eq!(values.shape(), places.shape());
            }
        }
    }

    #[test]
    fn property_unique_can_be_put_together_again(seed in any::<u64>()) {
        let a = view(&mut Rng::new(seed, "unique"));
        let unique = a.unique();
        prop_assert_eq!(unique.values.index_select(0, &unique.inverse), a.clone());
        prop_assert_eq!(a.clone().flatten().index_select(0, &unique.first), unique.values.clone());
        prop_assert_eq!(unique.counts.sum_all(), a.size() as i64);
        prop_assert!(unique.values.to_vec().is_sorted_by(|x, y| x < y));
    }

    #[test]
    fn property_gather_and_scatter_are_transposes(seed in any::<u64>()) {
        let rng = &mut Rng::new(seed, "gather");
        let x = view(rng);
        for axis in 0..x.ndim() {
            let mut shape: Vec<usize> = x.shape().iter().map(|&n| 1 + rng.below(n)).collect();
            shape[axis] = rng.below(6);
            let index = Array::from_fn(&shape[..], |_| rng.below(x.shape()[axis]) as i64);
            let y = Array::from_fn(&shape[..], |_| rng.below(9) as f64);
            let axis = axis as isize;
            let gathered = x.gather(axis, &index);
            for i in indices(&shape) {
                let mut from = i.clone();
                from[axis as usize] = at(&index, &i) as usize;
                prop_assert_eq!(at(&gathered, &i), at(&x, &from));
            }
            let scattered = Array::zeros(*x.shape()).scatter_add(axis, &index, &y);
            prop_assert_eq!(dot(&gathered, &y), dot(&x, &scattered));

            let index = Array::from_fn([rng.below(3), 2], |_| rng.below(x.dim(axis)) as i64);
            if x.ndim() < MAX_NDIM {
                let selected = x.index_select(axis, &index);
                let y = Array::from_fn(*selected.shape(), |_| rng.below(9) as f64);
                let added = Array::zeros(*x.shape()).index_add(axis, &index, &y);
                prop_assert_eq!(dot(&selected, &y), dot(&x, &added));
            }
        }
    }

    #[test]
    fn property_cutting_and_joining_are_inverses(seed in any::<u64>()) {
        let rng = &mut Rng::new(seed, "join");
        let a = view(rng);
        for axis in 0..a.ndim() as isize {
            let n = a.dim(axis);
            let cut = rng.below(n + 1);
            let parts: Vec<_> = a.split(&[cut, n - cut], axis).collect();
            prop_assert_eq!(Array::concat(&parts.iter().collect::<Vec<_>>(), axis), a.clone());
            let chunks: Vec<_> = a.chunk(1 + rng.below(4), axis).collect();
            prop_assert_eq!(Array::concat(&chunks.iter().collect::<Vec<_>>(), axis), a.clone());
            let slices: Vec<_> = (0..n).map(|i| a.narrow(axis, i, 1).squeeze(axis)).collect();
            prop_assert_eq!(Array::stack(&slices.iter().collect::<Vec<_>>(), axis), a.clone());
            let shift = rng.below(11) as isize - 5;
            prop_assert_eq!(a.roll(shift, axis).roll(-shift, axis), a.clone());
            prop_assert_eq!(a.clone().flip(axis).flip(axis), a.clone());
            let inner = a.pad(&vec![(1, 0); a.ndim()], Pad::Constant(7.0));
            prop_assert_eq!(inner.slice(&vec![Slice::new(1, None, 1); a.ndim()][..]), a.clone());
        }
    }
}

/// Large enough for tiles and threads, with edges that fill no tile: every order of the axes, cut and flipped.
#[test]
fn copies_of_transposed_views_hold_what_the_views_show() {
    let a = Array::<i64>::arange(0, 37 * 90 * 41, 1).reshape([37, 90, 41]);
    for order in [[0, 2, 1], [2, 1, 0], [1, 0, 2], [2, 0, 1], [1, 2, 0]] {
        let view = a.clone().permute(order);
        let cut = view.slice((1.., .., Slice::new(None, None, -1)));
        for view in [view.clone(), cut, view.slice((2, ..)), view.slice((.., 3..20, ..2))] {
            let want: Vec<i64> = indices(view.shape()).iter().map(|i| at(&view, i)).collect();
            assert_eq!(view.copy().to_vec(), want, "order {order:?}, shape {:?}", view.shape());
        }
    }
}
