//! Graphs: work that is recorded, and launched again as one.

use kernels::optimizer::sgd;
use kernels::{Device, KernelError};

const STEP: &str = r#"
extern "C" __global__ void twice(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = 2.0f * x[i];
}
extern "C" __global__ void count(float* sum) { atomicAdd(&sum[0], 1.0f); }
"#;

fn device() -> Option<Device> {
    crate::loaded("step.cu", STEP)
}

#[test]
fn a_graph_does_what_the_launches_would_do() {
    for device in crate::devices() {
        let g = device.upload(&[1.0f32, -2.0, 3.0]).unwrap();
        let (mut p, mut v) = (device.upload(&[0.5f32; 3]).unwrap(), device.zeros(3).unwrap());
        let (mut q, mut w) = (device.upload(&[0.5f32; 3]).unwrap(), device.zeros(3).unwrap());
        let (graph, ()) = device.record(|| sgd(2, &mut q, &g, &mut w, [0.1, 0.9, 0.01])).unwrap();
        assert_eq!(graph.len(), 1);
        assert_eq!(q.to_vec().unwrap(), [0.5; 3], "recording ran the kernel");
        for _ in 0..4 {
            sgd(2, &mut p, &g, &mut v, [0.1, 0.9, 0.01]).unwrap();
            graph.launch().unwrap();
            assert_eq!(p.to_vec().unwrap(), q.to_vec().unwrap());
            assert_eq!(v.to_vec().unwrap(), w.to_vec().unwrap());
        }
    }
}

#[test]
fn a_graph_reads_what_lies_in_its_buffers_now_and_keeps_them() {
    let Some(device) = device() else { return };
    let mut x = device.upload(&[1.0f32, 2.0]).unwrap();
    let (graph, y) = device
        .record(|| {
            // The memory between the two launches is dropped here, and lives on in the graph. The sum begins at 0 each time.
            let mut between = device.uninit::<f32>(2)?;
            device.kernel("twice").block(2).arg(&x).arg(&mut between).arg(2usize).launch()?;
            let (mut y, mut sum) = (device.uninit::<f32>(2)?, device.zeros::<f32>(1)?);
            device.kernel("count").block(5).arg(&mut sum).launch()?;
            device.kernel("twice").block(2).arg(&between).arg(&mut y).arg(2usize).launch()?;
            Ok((y, sum))
        })
        .unwrap();
    assert!(y.0.is_recorded() && x.is_recorded() && graph.len() == 4 && !graph.is_empty());
    graph.launch().unwrap();
    assert_eq!((y.0.to_vec().unwrap(), y.1.to_vec().unwrap()), (vec![4.0, 8.0], vec![5.0]));
    x.copy_from(&[10.0, 20.0]).unwrap();
    graph.launch().unwrap();
    assert_eq!((y.0.to_vec().unwrap(), y.1.to_vec().unwrap()), (vec![40.0, 80.0], vec![5.0]));
    drop(graph);
    assert!(!x.is_recorded());
}

#[test]
fn what_needs_a_result_cannot_be_recorded() {
    let Some(device) = device() else { return };
    let mut x = device.upload(&[1.0f32, 2.0]).unwrap();
    let refused = |work: &mut dyn FnMut() -> Result<(), KernelError>| {
        assert!(matches!(device.record(work), Err(KernelError::Recording(_))));
    };
    refused(&mut || x.copy_from(&[1.0, 1.0]));
    refused(&mut || x.to_vec().map(drop));
    refused(&mut || device.synchronize());
    refused(&mut || device.wait_for(&device.new_stream()?));
    refused(&mut || device.timed(|| Ok(())).map(drop));
    refused(&mut || device.record(|| Ok(())).map(drop));
    let Err(error) = device.record(|| x.to_vec()) else { panic!("a copy was recorded") };
    assert_eq!(
        error.to_string(),
        "copying to the host: not while a graph is being recorded, when nothing runs"
    );
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = device.record(|| -> Result<(), KernelError> { panic!("in the work") });
    }));
    assert!(panicked.is_err());
    // After all of this the device runs what it is told.
    assert_eq!(x.to_vec().unwrap(), [1.0, 2.0]);
}

#[test]
fn a_graph_is_ordered_and_checked_like_its_launches() {
    let Some(device) = device() else { return };
    let x = device.upload(&[1.0f32, 2.0]).unwrap();
    let mut y = device.uninit::<f32>(2).unwrap();
    let (graph, ()) =
        device.record(|| device.kernel("twice").block(2).arg(&x).arg(&mut y).arg(2usize).launch()).unwrap();
    let other = device.new_stream().unwrap();
    let mut z = other.uninit::<f32>(2).unwrap();
    other.kernel("twice").block(2).arg(&x).arg(&mut z).arg(2usize).launch().unwrap();
    graph.launch().unwrap(); // both only read x
    other.wait_for(&device).unwrap();
    other.kernel("twice").block(2).arg(&y).arg(&mut z).arg(2usize).launch().unwrap();
    let error = graph.launch().unwrap_err().to_string();
    assert_eq!(
        error,
        "a graph: `y` is still in use on stream 1, for which stream 0 has not waited: call `wait_for` before"
    );
    device.wait_for(&other).unwrap();
    graph.launch().unwrap();
    let (graph, ()) =
        device.record(|| device.kernel("twice").block(3).arg(&x).arg(&mut y).arg(3usize).launch()).unwrap();
    let error = graph.launch().unwrap_err().to_string();
    assert!(error.contains("twice") && error.contains("x has 2 elements"), "{error}");
}
