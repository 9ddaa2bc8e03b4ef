//! Streams, pinned copies and buffers that are used again.

use kernels::{Device, KernelError};

const STEP: &str = r#"
extern "C" __global__ void next(const int* x, int* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = x[i] + 1;
}
extern "C" __global__ void half(const float* x, float* y) {
    if (threadIdx.x < 2) y[threadIdx.x] = x[threadIdx.x];
}
"#;

fn device() -> Option<Device> {
    crate::loaded("step.cu", STEP)
}

fn is_stream_race(result: Result<(), KernelError>) -> bool {
    matches!(result, Err(KernelError::StreamRace { .. }))
}

#[test]
fn a_launch_on_memory_that_another_stream_uses_is_refused() {
    let Some(first) = device() else { return };
    let second = first.new_stream().unwrap();
    assert_eq!((first.stream(), second.stream()), (0, 1));
    let x = first.upload(&[1, 2, 3]).unwrap(); // the host has waited: all streams come after it
    let mut y = first.uninit::<i32>(3).unwrap();
    let mut z = second.uninit::<i32>(3).unwrap();
    let run =
        |on: &Device, x: &_, y: &mut _| on.kernel("next").over(3, 32).arg(x).arg(y).arg(3usize).launch();
    run(&first, &x, &mut y).unwrap();
    // Read after write.
    let error = run(&second, &y, &mut z).unwrap_err();
    assert_eq!(
        error.to_string(),
        "next: `x` is still in use on stream 0, for which stream 1 has not waited: call `wait_for` before"
    );
    second.wait_for(&first).unwrap();
    run(&second, &y, &mut z).unwrap();
    assert_eq!(z.to_vec().unwrap(), [3, 4, 5]);
    // Write after read, and write after write: the second stream has waited for the past, not for what comes now.
    run(&second, &y, &mut z).unwrap();
    assert!(is_stream_race(run(&first, &x, &mut y)));
    assert!(is_stream_race(run(&first, &x, &mut z)));
    // Two readers are no race, and a host that waits orders everything.
    run(&first, &x, &mut first.uninit::<i32>(3).unwrap()).unwrap();
    run(&second, &x, &mut second.uninit::<i32>(3).unwrap()).unwrap();
    second.synchronize().unwrap();
    run(&first, &x, &mut y).unwrap();
    run(&first, &y, &mut z).unwrap();
    assert!(is_stream_race(run(&second, &x, &mut y)));
    // Copies are work of the stream too.
    let mut late = second.uninit::<i32>(3).unwrap();
    run(&first, &x, &mut late).unwrap();
    assert!(is_stream_race(late.copy_from(&[0, 0, 0])));
    assert!(is_stream_race(late.to_vec().map(drop)));
    assert!(is_stream_race(late.fill_zero()));
}

#[test]
fn a_stream_that_waits_knows_what_the_other_had_waited_for() {
    let Some(a) = device() else { return };
    let (b, c) = (a.new_stream().unwrap(), a.new_stream().unwrap());
    let mut x = a.zeros::<i32>(2).unwrap(); // on stream a, and nobody has waited
    b.wait_for(&a).unwrap();
    c.wait_for(&b).unwrap();
    c.kernel("next").arg(&a.upload(&[1, 2]).unwrap()).arg(&mut x).arg(2usize).launch().unwrap();
    let other = Device::simulator().unwrap();
    assert!(a.wait_for(&other).is_err());
}

#[test]
fn pinned_copies_go_through_a_stream() {
    let Some(device) = device() else { return };
    let mut pinned = device.pinned::<i32>(3).unwrap();
    assert_eq!(pinned.as_slice().unwrap(), [0, 0, 0]);
    pinned.as_mut_slice().unwrap().copy_from_slice(&[4, 5, 6]);
    let (mut x, mut y) = (device.uninit::<i32>(3).unwrap(), device.uninit::<i32>(3).unwrap());
    x.copy_from_pinned(&pinned, &device).unwrap();
    device.kernel("next").over(3, 32).arg(&x).arg(&mut y).arg(3usize).launch().unwrap();
    y.copy_to_pinned(&mut pinned, &device).unwrap();
    assert_eq!(pinned.as_slice().unwrap(), [5, 6, 7]);
    // A copy on another stream is checked like a launch there.
    let copies = device.new_stream().unwrap();
    assert!(is_stream_race(y.copy_to_pinned(&mut pinned, &copies)));
    copies.wait_for(&device).unwrap();
    y.copy_to_pinned(&mut pinned, &copies).unwrap();
    assert!(x.copy_from_pinned(&pinned, &Device::simulator().unwrap()).is_err());
    let mut short = device.pinned::<i32>(2).unwrap();
    assert!(matches!(
        y.copy_to_pinned(&mut short, &device),
        Err(KernelError::Length { buffer: 3, slice: 2 })
    ));
    assert!(x.copy_from_pinned(&short, &device).is_err());
}

#[test]
fn recycled_memory_counts_as_unwritten_and_ends_where_it_should() {
    let Some(device) = device() else { return };
    let x = device.upload(&[1.0f32, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!(x.capacity(), 4);
    let x = x.recycle(2).unwrap();
    assert_eq!((x.len(), x.capacity()), (2, 4));
    let mut y = device.zeros::<f32>(2).unwrap();
    let message =
        |x: &_, y: &mut _| device.kernel("half").block(32).arg(x).arg(y).launch().unwrap_err().to_string();
    assert!(message(&x, &mut y).contains("reads x[0], which nothing has written"));
    let mut x = x.recycle(1).unwrap();
    x.copy_from(&[1.0]).unwrap();
    assert!(message(&x, &mut y).contains("reads x[1], but x has 1 elements"));
    assert!(matches!(x.recycle(5), Err(KernelError::Length { buffer: 4, slice: 5 })));
}

#[test]
fn the_simulator_tells_no_time() {
    let Some(device) = device() else { return };
    let mut ran = false;
    let time = device.timed(|| {
        ran = true;
        Ok(())
    });
    assert!(ran && time.unwrap().is_none());
}
