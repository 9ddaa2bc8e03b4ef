//! What array maths says when it is used wrongly: operation, shapes, and the broken rule.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ch01_tensors::{Array, Pad, Slice, Tensor, context, einsum};

/// The message of the panic.
#[track_caller]
fn message<R>(f: impl FnOnce() -> R) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(f)) else { panic!("nothing went wrong") };
    panic.downcast_ref::<String>().expect("a message").clone()
}

#[test]
fn messages_name_operation_shapes_and_rule() {
    let a = Tensor::zeros([2, 3]);
    let i = |values: &[i64]| Array::from_slice(values, [values.len()]);
    let mut b = a.clone();
    let cases: Vec<(String, &str)> = vec![
        (
            message(|| a.slice((0, 0, 0))),
            "slice: too many entries in [Index(0), Index(0), Index(0)] for an array of shape [2, 3]",
        ),
        (message(|| a.slice((.., 3))), "slice: index 3 is outside axis 1 of [2, 3]"),
        (message(|| a.slice(-3)), "slice: index -3 is outside axis 0 of [2, 3]"),
        (
            message(|| a.slice(Slice::new(None, None, 0))),
            "slice: the step along axis 0 of [2, 3] must not be 0",
        ),
        (message(|| a.slice((Slice::Rest, Slice::Rest))), "slice: more than one Rest"),
        (
            message(|| b.assign_slice(0, &Tensor::zeros([2]))),
            "assign_slice: [2] does not broadcast to the part's shape [3]",
        ),
        (message(|| a.gt(&Tensor::zeros([2]))), "gt: shapes do not broadcast: [2, 3] and [2]"),
        (message(|| &a - Tensor::zeros([2])), "subtract: shapes do not broadcast: [2, 3] and [2]"),
        (
            message(|| a.gt(0.0).where_(&a, &Tensor::zeros([4]))),
            "where: shapes do not broadcast: [2, 3], [2, 3] and [4]",
        ),
        (
            message(|| a.clone().masked_fill(&Array::full([2, 1, 3], true), 0.0)),
            "masked_fill: [2, 1, 3] does not broadcast to [2, 3] in place",
        ),
        (
            message(|| a.masked_select(&Array::full([2], true))),
            "masked_select: the mask's shape [2] does not broadcast with [2, 3]",
        ),
        (message(|| Tensor::zeros([3]).tril(0)), "tril: needs two axes or more, not shape [3]"),
        (message(|| a.index_select(0, &i(&[0, -1]))), "index_select: index -1 is outside axis 0 of [2, 3]"),
        (message(|| a.gather(1, &i(&[0]))), "gather: index [1] does not fit inside [2, 3] apart from axis 1"),
        (message(|| a.gather(1, &i(&[0, 3]).reshape([1, 2]))), "gather: index 3 is outside axis 1 of [2, 3]"),
        (
            message(|| a.take_along(0, &Array::full([1, 2], 0))),
            "take_along: [2, 3] and [1, 2] do not fit apart from axis 0",
        ),
        (
            message(|| a.clone().scatter_add(0, &Array::full([1, 3], 0), &a)),
            "scatter_add: index [1, 3] and values [2, 3] differ in shape",
        ),
        (message(|| a.clone().index_add(0, &i(&[0]), &a)), "index_add: values have shape [2, 3], not [1, 3]"),
        (message(|| Tensor::one_hot(&i(&[0, 5]), 5)), "one_hot: index 5 is outside axis 1 of [2, 5]"),
        (message(|| a.topk(4, 1)), "topk: axis 1 of [2, 3] has fewer than 4 elements"),
        (
            message(|| Tensor::zeros([2, 0]).argmax(1, false)),
            "argmax: of no elements is not defined: axis 1 of [2, 0]",
        ),
        (
            message(|| Tensor::concat(&[&a, &Tensor::zeros([2, 2])], 0)),
            "concat: [2, 3] and [2, 2] differ outside axis 0",
        ),
        (message(|| Tensor::concat(&[], 0)), "concat: there are no arrays"),
        (message(|| Tensor::stack(&[&a, &Tensor::zeros([3])], 0)), "stack: the shapes [2, 3] and [3] differ"),
        (message(|| a.split(&[1, 1], 1).len()), "split: lengths [1, 1] do not add up to axis 1 of [2, 3]"),
        (message(|| a.split_equal::<2>(1)), "split_equal: axis 1 of [2, 3] has no 2 equal parts"),
        (message(|| a.narrow(1, 2, 2)), "narrow: 2..4 is outside axis 1 of [2, 3]"),
        (
            message(|| a.pad(&[(3, 0)], Pad::Reflect)),
            "pad: Reflect of (3, 0) needs more than axis 1 of [2, 3]",
        ),
        (
            message(|| a.pad(&[(0, 0); 3], Pad::Replicate)),
            "pad: [(0, 0), (0, 0), (0, 0)] has more entries than [2, 3] axes",
        ),
        (
            message(|| einsum("ij,jk->ik", &a, &a)),
            "einsum: ij,jk->ik: `j` has lengths 3 and 2 in [2, 3] and [2, 3]",
        ),
        (
            message(|| einsum("i,jk->ik", &a, &a)),
            "einsum: i,jk->ik: 1 letters for an operand of shape [2, 3]",
        ),
        (message(|| einsum("ii,jk->ik", &a, &a)), "einsum: ii,jk->ik: 'i' is repeated within 'ii'"),
        (message(|| einsum("ij->i", &a, &a)), "einsum: ij->i: 'ij->i' does not name two operands"),
        (message(|| a.sum([0, -2], false)), "sum: axis -2 is named twice in [0, -2]"),
        (message(|| a.var(2, false, 0)), "axis 2 is out of range for an array with 2 axes"),
        (message(|| a.clone().diagonal().reshape([3])), "reshape: [2] has 2 elements, [3] 3"),
    ];
    for (got, want) in cases {
        assert!(got.contains(want), "got  {got}\nwant {want}");
    }
}

#[test]
fn messages_name_the_layer() {
    let _encoder = context::enter("encoder");
    let _layer = context::enter(0);
    let got = message(|| Tensor::zeros([2]).gather(0, &Array::from([2])));
    assert_eq!(got, "encoder.0: gather: index 2 is outside axis 0 of [2]");
}

#[test]
fn the_place_reported_is_the_callers() {
    let place = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let hook = std::panic::take_hook();
    let seen = place.clone();
    let here = std::thread::current().id();
    std::panic::set_hook(Box::new(move |panic| {
        // The other tests of this file panic meanwhile, on their own threads.
        if std::thread::current().id() == here {
            *seen.lock().unwrap() = panic.location().unwrap().file().to_owned();
        }
    }));
    let calls: [fn(); 7] = [
        || drop(Tensor::zeros([2]).slice((.., 0))),
        || drop(Tensor::zeros([2]).gather(0, &Array::from([2]))),
        || drop(Tensor::zeros([2]) + Tensor::zeros([3])),
        || drop(Tensor::zeros([2]).sum(1, false)),
        || drop(Tensor::zeros([2]).permute([1])),
        || drop(Tensor::zeros([2]).var(1, false, 0)),
        || drop(einsum("i,i", &Tensor::zeros([2]), &Tensor::zeros([3]))),
    ];
    let files: Vec<String> = calls
        .iter()
        .map(|call| {
            assert!(catch_unwind(call).is_err());
            place.lock().unwrap().clone()
        })
        .collect();
    std::panic::set_hook(hook);
    assert!(files.iter().all(|file| file.ends_with("errors.rs")), "{files:?}");
}

#[test]
fn shapes_beyond_memory_are_refused_even_if_empty() {
    let long = 1 << 40;
    assert_eq!(
        message(|| Tensor::zeros([0, long, long])),
        "shape [0, 1099511627776, 1099511627776] has too many elements"
    );
    assert_eq!(
        message(|| Tensor::zeros([1]).broadcast_to([long, long])),
        "broadcast_to: [1099511627776, 1099511627776] has too many elements for [1]"
    );
    assert!(Tensor::zeros([0, long]).is_empty());
}
