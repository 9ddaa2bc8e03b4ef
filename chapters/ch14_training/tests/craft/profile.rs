//! The profiler: a watched model is the same model, and every call is seen once.

use ch01_tensors::{Rng, Tensor};
use ch05_backprop::Layer;
use ch07_modules::{Sequential, state_dict};
use ch14_training::profiler::{Phase, Profiler};

use crate::common::{CLASSES, INPUTS, bits, model};

const NAMES: [&str; 5] = ["Linear", "Counter", "ReLU", "Dropout", "Linear"];

fn step(model: &mut Sequential, x: &Tensor) -> (Tensor, Tensor) {
    let y = model.forward(x.clone());
    let dx = model.backward(Tensor::ones([x.dim(0), CLASSES]));
    (y, dx)
}

#[test]
fn a_watched_model_is_the_same_model() {
    let x = Tensor::normal([7, INPUTS], 0.0, 1.0, &mut Rng::new(0, "x"));
    let (mut plain, mut watched, profiler) = (model(), model(), Profiler::new());
    profiler.watch_all(&mut watched, &NAMES);
    let (ours, theirs) = (step(&mut watched, &x), step(&mut plain, &x));
    assert_eq!(ours.0.to_vec(), theirs.0.to_vec());
    assert_eq!(ours.1.to_vec(), theirs.1.to_vec());
    assert_eq!(watched.infer(x.clone()).to_vec(), plain.infer(x).to_vec());
    assert_eq!(bits(&mut watched), bits(&mut plain));
    assert!(state_dict(&mut watched).keys().eq(state_dict(&mut plain).keys()));
}

#[test]
fn every_call_is_seen_once_and_inside_what_it_is_in() {
    let x = Tensor::ones([7, INPUTS]);
    let (mut model, profiler) = (model(), Profiler::new());
    profiler.watch_all(&mut model, &NAMES);
    for _ in 0..3 {
        profiler.span("step", Phase::Other, || step(&mut model, &x));
    }
    let spans = profiler.spans();
    assert_eq!(spans.len(), 3 * (1 + 5 + 5));
    for group in spans.chunks(11) {
        let (whole, parts) = group.split_first().unwrap();
        assert_eq!((whole.name.as_str(), whole.depth), ("step", 0));
        let names = parts.iter().map(|span| span.name.as_str());
        let order = ["0 Linear", "1 Counter", "2 ReLU", "3 Dropout", "4 Linear"];
        assert!(names.eq(order.into_iter().chain(order.into_iter().rev())));
        assert!(parts[..5].iter().all(|span| span.phase == Phase::Forward && span.depth == 1));
        assert!(parts[5..].iter().all(|span| span.phase == Phase::Backward && span.depth == 1));
        // One after the other, and all inside the step.
        assert!(parts.windows(2).all(|pair| pair[0].start + pair[0].seconds <= pair[1].start));
        assert!(whole.start <= parts[0].start);
        assert!(parts[9].start + parts[9].seconds <= whole.start + whole.seconds);
    }
    let layers = profiler.layers();
    assert_eq!(layers.len(), 6);
    assert!(layers[1..].iter().all(|layer| layer.calls == [3, 3, 0, 0] && layer.seconds[0] > 0.0));
    assert_eq!(layers[0].calls, [0, 0, 0, 3]);
    let table = profiler.table();
    assert!(table.lines().count() == 7 && table.contains("4 Linear"), "{table}");
    profiler.clear();
    assert!(profiler.spans().is_empty());
}

#[test]
fn the_trace_and_the_picture_are_well_formed() {
    let x = Tensor::ones([7, INPUTS]);
    let (mut model, profiler) = (model(), Profiler::new());
    profiler.watch_all(&mut model, &["a \"quoted\" <name>\\"]);
    profiler.span("step", Phase::Other, || step(&mut model, &x));
    let trace = profiler.to_trace();
    // One event per call and two points of the counter; names are escaped.
    assert_eq!(trace.matches("\"ph\":\"X\"").count(), 11);
    assert_eq!(trace.matches("\"ph\":\"C\"").count(), 22);
    assert!(trace.contains(r#""name":"0 a \"quoted\" <name>\\ forward""#), "{trace}");
    let (open, close) = (trace.matches('{').count(), trace.matches('}').count());
    assert_eq!((open, close), (1 + 11 * 2 + 22 * 2, open));

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    profiler.write_trace(&file("trace.json")).unwrap();
    profiler.draw_icicle(&file("step.svg"), "A step", "step").unwrap();
    assert_eq!(std::fs::read_to_string(file("trace.json")).unwrap(), trace);
    let svg = std::fs::read_to_string(file("step.svg")).unwrap();
    assert_eq!(svg.matches("<title>").count(), 11);
    assert!(svg.contains("0 a \"quoted\" &lt;name&gt;\\ forward"), "{svg}");
    assert!(profiler.to_icicle("A step", "nothing").is_none());
    assert!(profiler.write_trace(&file("trace.json").join("inside a file")).is_err());
}
