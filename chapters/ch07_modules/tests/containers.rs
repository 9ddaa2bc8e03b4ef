//! Parallel, Graph, hooks, names: gradient checks, PyTorch's values, laws, and f32 against f64.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use ch01_tensors::{Array, Float, Rng, Tensor, npz};
use ch03_neurons::Activation;
use ch05_backprop::{
    ActivationLayer, Layer, Linear, Module, Residual, Role, assert_close, assert_fast, assert_golden,
    for_each_param, gradcheck,
};
use ch07_modules::{
    AnyLayer, Flatten, Graph, Join, Parallel, Pass, Sequential, hook, hook_all, init_with, named_buffers,
    named_parameters, summary_of,
};
use proptest::prelude::*;

fn random(shape: &[usize], seed: u64) -> Array<f64> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}

/// A linear layer in either precision, with the same numbers.
fn linear<T: Float>(inputs: usize, outputs: usize, seed: u64) -> Linear<T> {
    let layer = Linear::new(inputs, outputs, &mut Rng::new(seed, "weights"));
    let to = |a: &Tensor| a.map_to(|x| T::from_f64(f64::from(x)));
    Linear::from_parts(to(&layer.weight.value), layer.bias.map(|bias| to(&bias.value)))
}

fn act<T: Float>(kind: Activation) -> ActivationLayer<T> {
    ActivationLayer::new(kind)
}

fn parallel<T: Float>(join: Join) -> Parallel<T> {
    let deep = Sequential::new().push(linear(4, 5, 2)).push(act(Activation::Tanh)).push(linear(5, 3, 3));
    Parallel::new(join).push(linear(4, 3, 0)).push(linear(4, 3, 1)).push(deep)
}

/// Two branches that meet in a product, a way around them, and a value that three nodes read.
fn gated<T: Float>() -> Graph<T> {
    let mut graph = Graph::new();
    let x = graph.input();
    let stem = graph.layer("stem", linear(4, 5, 0), x);
    let stem = graph.layer("tanh", act(Activation::Tanh), stem);
    let gate = graph.layer("gate", linear(5, 5, 1), stem);
    let gate = graph.layer("sigmoid", act(Activation::Sigmoid), gate);
    let value = graph.layer("value", linear(5, 5, 2), stem);
    let product = graph.join(Join::Product, &[gate, value]);
    let sum = graph.join(Join::Sum, &[product, stem]);
    let all = graph.join(Join::Concat(-1), &[sum, x]);
    graph.layer("out", linear(9, 3, 3), all);
    graph
}

const JOINS: [Join; 3] = [Join::Sum, Join::Product, Join::Concat(-1)];

#[test]
fn gradcheck_parallel() {
    for join in JOINS {
        gradcheck(&mut parallel(join), &random(&[5, 4], 1));
        gradcheck(&mut parallel(join), &random(&[2, 3, 4], 2));
    }
    gradcheck(&mut parallel(Join::Concat(1)), &random(&[2, 3, 4], 3));
    gradcheck(&mut parallel(Join::Sum), &random(&[0, 4], 4));
}

#[test]
fn gradcheck_graph() {
    gradcheck(&mut gated(), &random(&[5, 4], 1));
    gradcheck(&mut gated(), &random(&[2, 3, 4], 2));
    // The input alone, and the input met with itself.
    gradcheck(&mut Graph::new(), &random(&[2, 3], 3));
    let mut square = Graph::new();
    let x = square.input();
    square.join(Join::Product, &[x, x]);
    gradcheck(&mut square, &random(&[2, 3], 4));
}

/// Sums of at most a dozen terms of order 1 in f32, in different orders: 1e-5 leaves room for a hundred roundings.
fn golden(case: &str, layer: &mut dyn Layer) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch07.npz");
    let golden = npz::read(path).unwrap();
    let get = |name: &str| golden[&format!("{case}.{name}")].f32().unwrap();
    assert_golden(case, layer, 1e-5, get);
    assert_close(case, &layer.infer(get("x")), &get("y"), 1e-5);
}

#[test]
fn golden_parallel() {
    golden("parallel.0", &mut parallel::<f32>(Join::Sum));
    let three = |join, outputs: [usize; 3]| {
        outputs
            .iter()
            .fold(Parallel::<f32>::new(join), |parallel, &outputs| parallel.push(linear(4, outputs, 0)))
    };
    golden("parallel.1", &mut three(Join::Concat(-1), [3, 1, 2]));
    golden("parallel.2", &mut three(Join::Product, [3, 3, 3]));
    let two = Parallel::<f32>::new(Join::Concat(1)).push(linear(4, 3, 0)).push(linear(4, 3, 0));
    golden("parallel.3", &mut { two });
}

#[test]
fn golden_graph() {
    for case in ["graph.0", "graph.1"] {
        golden(case, &mut gated::<f32>());
    }
}

/// Sums of up to 40 terms of order 1 through three layers: 2e-5 leaves a factor of ten.
#[test]
fn fast_parallel_against_f64() {
    for join in JOINS {
        assert_fast(&mut parallel(join), &mut parallel(join), &random(&[40, 4], 5), 2e-5);
    }
}

#[test]
fn fast_graph_against_f64() {
    assert_fast(&mut gated(), &mut gated(), &random(&[40, 4], 5), 2e-5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// A residual connection is a sum of a layer and nothing, written in three ways.
    #[test]
    fn property_parallel_with_an_empty_branch_is_a_residual(n in 1..6usize, seed in 0..1000u64) {
        let mut parallel = Parallel::new(Join::Sum).push(linear(4, 4, seed)).push(Sequential::new());
        let mut residual = Residual::new(linear::<f64>(4, 4, seed));
        let (x, g) = (random(&[n, 4], seed), random(&[n, 4], seed + 1));
        prop_assert_eq!(parallel.forward(x.clone()), residual.forward(x));
        prop_assert_eq!(parallel.backward(g.clone()), residual.backward(g));
    }

    /// A chain of nodes is a Sequential, and branches that meet are a Parallel.
    #[test]
    fn property_graph_is_what_its_parts_are(n in 1..6usize, seed in 0..1000u64) {
        let mut graph = Graph::new();
        let x = graph.input();
        let [a, b] = [("a", 1), ("b", 2)].map(|(name, more)| graph.layer(name, linear(4, 3, seed + more), x));
        let both = graph.join(Join::Concat(-1), &[a, b]);
        graph.layer("c", linear(6, 2, seed), both);
        let branches = Parallel::new(Join::Concat(-1)).push(linear(4, 3, seed + 1)).push(linear(4, 3, seed + 2));
        let mut chain = Sequential::new().push(branches).push(linear::<f64>(6, 2, seed));
        let (x, g) = (random(&[n, 4], seed), random(&[n, 2], seed + 1));
        prop_assert_eq!(graph.infer(x.clone()), chain.infer(x.clone()));
        prop_assert_eq!(graph.forward(x.clone()), chain.forward(x.clone()));
        prop_assert_eq!(graph.forward(x.clone()), chain.forward(x));
        prop_assert_eq!(graph.backward(g.clone()), chain.backward(g.clone()));
        prop_assert_eq!(graph.backward(g.clone()), chain.backward(g));
    }
}

#[test]
fn hooks_see_every_layer_in_order_and_by_path() {
    let mut model = Sequential::new().push(Flatten::new()).push(gated()).push(parallel_of_three());
    let seen = Rc::new(RefCell::new(Vec::new()));
    let handle = hook_all({
        let seen = Rc::clone(&seen);
        move |path, pass, array: Array<f64>| {
            seen.borrow_mut().push((path.to_owned(), pass, array.shape().to_vec()));
            array
        }
    });
    let plain = Sequential::new().push(Flatten::new()).push(gated()).push(parallel_of_three());
    let x = random(&[2, 4, 1], 1);
    model.forward(x.clone());
    model.backward(random(&[2, 2], 2));
    let events = seen.take();
    let forward: Vec<&str> =
        events.iter().filter(|event| event.1 == Pass::Forward).map(|event| &*event.0).collect();
    let order = ["0", "1.stem", "1.tanh", "1.gate", "1.sigmoid", "1.value", "1.out", "1", "2.0", "2.1", "2"];
    assert_eq!(forward, order);
    // On the way back the gradient of a container's output is seen before those inside.
    let backward: Vec<&str> =
        events.iter().filter(|event| event.1 == Pass::Backward).map(|event| &*event.0).collect();
    let mut reverse = order;
    reverse.reverse();
    assert_eq!(backward.len(), reverse.len());
    assert_eq!(backward[..3], ["2", "2.1", "2.0"]);
    // A gradient has the shape of what it is the gradient of.
    for (path, pass, shape) in &events {
        let output = events.iter().find(|event| event.0 == *path && event.1 == Pass::Forward).unwrap();
        assert_eq!(&output.2, shape, "{path} {pass:?}");
    }
    drop(handle);
    let y = model.infer(x.clone());
    assert!(seen.borrow().is_empty(), "removed with its handle");
    assert_eq!(y, plain.infer(x), "looking changes nothing");
}

fn parallel_of_three() -> Parallel<f64> {
    Parallel::new(Join::Sum).push(linear(3, 2, 7)).push(linear(3, 2, 8))
}

#[test]
fn a_hook_may_change_what_goes_on() {
    let mut model = Sequential::new().push(linear::<f64>(4, 3, 0)).push(linear(3, 2, 1));
    let (x, g) = (random(&[5, 4], 1), random(&[5, 2], 2));
    model.forward(x.clone());
    let dx = model.backward(g.clone());
    let gradient = named_gradients(&mut model);
    for_each_param(&mut model, |_, param| param.zero_grad());
    {
        // Turn the gradient around behind layer 0 (Ganin and Lempitsky 2015): layer 1 learns as before, layer 0 the opposite.
        let _handle =
            hook("0", |pass, array: Array<f64>| if pass == Pass::Backward { -array } else { array });
        model.forward(x);
        assert_eq!(model.backward(g), -dx);
    }
    for ((name, before), (_, after)) in gradient.into_iter().zip(named_gradients(&mut model)) {
        assert_eq!(after, if name.starts_with('0') { -before } else { before }, "{name}");
    }
    // A hook for f32 does not see f64.
    let _handle = hook("0", |_, _: Tensor| panic!("not for this network"));
    model.infer(random(&[1, 4], 3));
}

fn named_gradients(model: &mut dyn Module<f64>) -> Vec<(String, Array<f64>)> {
    let mut found = Vec::new();
    for_each_param(model, |path, param| found.push((path.to_string(), param.grad.copy())));
    found
}

#[test]
fn a_hook_may_use_networks_and_drop_handles() {
    let model = Rc::new(Sequential::new().push(linear::<f32>(2, 2, 0)));
    let calls = Rc::new(RefCell::new(0));
    let other = Rc::new(RefCell::new(Some(hook_all(|_, _, y: Tensor| y))));
    let _handle = hook("0", {
        let (model, calls, other) = (Rc::clone(&model), Rc::clone(&calls), Rc::clone(&other));
        move |_, y: Tensor| {
            *calls.borrow_mut() += 1;
            other.borrow_mut().take();
            let again = model.infer(Tensor::ones([1, 2])); // not seen by the hook that is running
            assert_eq!(again, y);
            y
        }
    });
    model.infer(Tensor::ones([1, 2]));
    assert_eq!(*calls.borrow(), 1);
}

/// A hook that is put in the place of a running one stays there.
#[test]
fn a_hook_may_put_another_in_its_place() {
    let model = Sequential::new().push(linear::<f32>(2, 2, 0));
    let (calls, own) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(None)));
    let first = hook("0", {
        let (calls, own) = (Rc::clone(&calls), Rc::clone(&own));
        move |_, y: Tensor| {
            calls.borrow_mut().push("first");
            drop(own.take());
            let calls = Rc::clone(&calls);
            let second = move |_, y: Tensor| {
                calls.borrow_mut().push("second");
                y
            };
            own.replace(Some(hook("0", second)));
            y
        }
    });
    own.replace(Some(first));
    (0..3).for_each(|_| drop(model.infer(Tensor::ones([1, 2]))));
    assert_eq!(*calls.borrow(), ["first", "second", "second"]);
}

#[test]
fn everything_has_a_name_and_first_values_go_by_role() {
    let mut model = gated::<f32>();
    let names: Vec<String> = named_parameters(&mut model).into_iter().map(|(name, _)| name).collect();
    let order = ["stem", "gate", "value", "out"];
    let want: Vec<String> =
        order.iter().flat_map(|name| [format!("{name}.weight"), format!("{name}.bias")]).collect();
    assert_eq!(names, want);
    assert!(named_buffers(&mut model).is_empty());
    init_with(&mut model, |path, role, value| {
        value.fill(match role {
            Role::Bias => 0.0,
            _ if path.starts_with("out") => 2.0,
            _ => 1.0,
        });
    });
    for (name, value) in named_parameters(&mut model) {
        let want = if name.ends_with("bias") {
            0.0
        } else if name == "out.weight" {
            2.0
        } else {
            1.0
        };
        assert!(value.iter().all(|x| x == want), "{name}");
    }
}

#[test]
fn the_summary_of_an_input_shows_what_becomes_of_it() {
    let mut model = Sequential::new().push(Flatten::new()).push(gated::<f32>());
    assert_eq!(
        summary_of(&mut model, Tensor::zeros([2, 2, 2])),
        "\
layer      output  parameters
0          [2, 4]           0
1.stem     [2, 5]          25
1.tanh     [2, 5]           0
1.gate     [2, 5]          30
1.sigmoid  [2, 5]           0
1.value    [2, 5]          30
1.out      [2, 3]          30
1          [2, 3]         115
"
    );
}

#[test]
#[should_panic(expected = "Join: branches of shapes [2, 3] and [2, 4] do not meet in Sum")]
fn branches_of_other_shapes_do_not_meet() {
    Parallel::new(Join::Sum).push(linear::<f32>(4, 3, 0)).push(linear(4, 4, 0)).infer(Tensor::ones([2, 4]));
}

#[test]
#[should_panic(expected = "1: matmul: inner sizes differ: [2, 4] x [5, 3]")]
fn errors_name_the_branch() {
    Parallel::new(Join::Sum).push(linear::<f32>(4, 3, 0)).push(linear(5, 3, 0)).infer(Tensor::ones([2, 4]));
}

#[test]
#[should_panic(expected = "Graph: node 1 is read by none, and is not the last")]
fn a_node_that_leads_nowhere_is_refused() {
    let mut graph = Graph::<f32>::new();
    let x = graph.input();
    graph.layer("lost", linear(4, 3, 0), x);
    graph.layer("found", linear(4, 3, 0), x);
    graph.infer(Tensor::ones([2, 4]));
}

#[test]
#[should_panic(expected = "Graph: two layers are called a")]
fn a_name_is_given_once() {
    let mut graph = Graph::<f32>::new();
    let x = graph.input();
    let x = graph.layer("a", linear(4, 4, 0), x);
    graph.layer("a", linear(4, 4, 0), x);
}

#[test]
#[should_panic(expected = "Join: a gradient of shape [1, 3] for branches joined to [2, 3]")]
fn a_gradient_of_another_shape_does_not_come_apart() {
    let (_, kept) = Join::Product.together(vec![Tensor::ones([2, 3]), Tensor::ones([2, 3])]);
    Join::Product.apart(Tensor::ones([1, 3]), &kept);
}

#[test]
fn layers_of_a_chain_can_be_found_by_type_and_moved_to_another() {
    let rng = &mut Rng::new(0, "layers");
    let mut model = Sequential::new().push(Flatten::new()).push(Linear::new(6, 2, rng));
    let x = Tensor::normal([3, 2, 3], 0.0, 1.0, rng);
    let y = model.infer(x.clone());
    assert!(model.layers()[0].downcast_ref::<Linear>().is_none());
    assert!(model.layers()[1].downcast_ref::<Linear<f64>>().is_none(), "the numbers are part of the type");
    let linear = model.layers_mut()[1].downcast_mut::<Linear>().expect("it was put there");
    linear.weight.value *= 2.0;
    linear.bias.as_mut().expect("it has one").value *= 2.0;
    let moved = model.into_layers().into_iter().fold(Sequential::new(), Sequential::push_boxed);
    assert_eq!(moved.infer(x), y * 2.0);
    // A box that no container has made can be asked as well.
    let boxed: Box<dyn AnyLayer> = Box::new(Flatten::new());
    assert!(boxed.downcast_ref::<Flatten>().is_some());
}
