//! The allocator, tensors, streams and sources of this chapter, on the simulator.

use ch01_tensors::{Array, Rng, Tensor};
use ch22_cuda::{CudaSource, Feeder, Gpu, GpuTensor, size_class, vector_add};
use kernels::KernelError;

/// None, loudly, where the build has no simulator.
fn gpu() -> Option<Gpu> {
    kernels::testing::simulator().map(Gpu::new)
}

#[test]
fn size_classes_waste_at_most_a_quarter() {
    assert_eq!([1, 64, 65, 80, 81, 128, 129].map(size_class), [64, 64, 80, 80, 96, 128, 160]);
    for len in 65..5000 {
        let class = size_class(len);
        assert!(class >= len && 4 * (class - len) < len, "{len} elements get {class}");
        assert_eq!(size_class(class), class);
    }
}

#[test]
fn what_comes_back_is_used_again() {
    let Some(gpu) = gpu() else { return };
    let first = GpuTensor::<f32>::zeros(&gpu, [10, 10]).unwrap();
    drop(first);
    let statistics = gpu.statistics();
    assert_eq!((statistics.allocated, statistics.reused), (1, 0));
    assert_eq!((statistics.bytes, statistics.bytes_free), (4 * 112, 4 * 112));
    // Another size of the same class: the same block, which now ends after 99 elements and holds nothing.
    let second = GpuTensor::<f32>::uninit(&gpu, [99]).unwrap();
    assert_eq!(second.buffer().len(), 99);
    let mut sum = GpuTensor::uninit(&gpu, [99]).unwrap();
    let error = vector_add(second.buffer(), second.buffer(), sum.buffer_mut()).unwrap_err().to_string();
    assert!(error.contains("reads a[0], which nothing has written"), "{error}");
    // Another type, another block.
    let whole = GpuTensor::<i32>::uninit(&gpu, [99]).unwrap();
    let statistics = gpu.statistics();
    assert_eq!((statistics.allocated, statistics.reused, statistics.bytes_free), (3, 1, 0));
    drop((second, sum, whole));
    gpu.release();
    let statistics = gpu.statistics();
    assert_eq!((statistics.bytes, statistics.bytes_free), (0, 0));
}

#[test]
fn tensors_go_there_and_back() {
    let Some(gpu) = gpu() else { return };
    let array = Tensor::normal([3, 5], 0.0, 1.0, &mut Rng::new(0, "x"));
    let there = GpuTensor::from_array(&gpu, &array.clone().t()).unwrap();
    assert_eq!(*there.shape(), [5, 3]);
    assert_eq!(there.to_array().unwrap().data(), array.t().contiguous().data());
    assert!(GpuTensor::from_slice(&gpu, &[1.0], [2]).is_err());
}

#[test]
fn memory_of_another_stream_is_refused_until_one_waits() {
    let Some(first) = gpu() else { return };
    let second = Gpu::new(first.device().new_stream().unwrap());
    assert!(!first.is(&second) && first.is(&first.clone()));
    let array = Array::ones([70]);
    let (a, b) =
        (GpuTensor::from_array(&first, &array).unwrap(), GpuTensor::from_array(&second, &array).unwrap());
    let mut y = GpuTensor::uninit(&first, [70]).unwrap();
    let mut z = GpuTensor::uninit(&second, [70]).unwrap();
    vector_add(a.buffer(), a.buffer(), y.buffer_mut()).unwrap();
    let early = vector_add(b.buffer(), y.buffer(), z.buffer_mut());
    assert!(matches!(early, Err(KernelError::StreamRace { stream: 1, other: 0, .. })), "{early:?}");
    second.device().wait_for(first.device()).unwrap();
    vector_add(b.buffer(), y.buffer(), z.buffer_mut()).unwrap();
    assert_eq!(z.to_array().unwrap().data(), [3.0; 70]);
}

#[test]
fn batches_arrive_in_order_while_others_are_on_their_way() {
    let Some(gpu) = gpu() else { return };
    let mut feeder = Feeder::new(&gpu, 4, 3).unwrap();
    let batch = |number: usize| (vec![number as f32; 12], vec![number as i32; 4]);
    let send = |feeder: &mut Feeder, number| {
        let (x, labels) = batch(number);
        feeder.send(&x, &labels).unwrap();
    };
    let mut total = GpuTensor::zeros(&gpu, [12]).unwrap();
    send(&mut feeder, 0);
    for number in 0..5 {
        if number < 4 {
            send(&mut feeder, number + 1);
        }
        let (x, labels) = feeder.receive().unwrap();
        let mut sum = GpuTensor::uninit(&gpu, [12]).unwrap();
        vector_add(total.buffer(), x.buffer(), sum.buffer_mut()).unwrap();
        total = sum;
        assert_eq!(labels.buffer().to_vec().unwrap(), [number as i32; 4]);
    }
    assert_eq!(total.to_array().unwrap().data(), [10.0; 12]);
    assert!(matches!(feeder.send(&[0.0], &[0]), Err(KernelError::Length { buffer: 12, slice: 1 })));
}

const BROKEN: CudaSource = CudaSource::new(
    r#"
extern "C" __global__ void broken(float* y) {
    y[0] = x[0]; // two lines below the call of `new`, plus one
}
"#,
);

const TOO_FAR: CudaSource = CudaSource::new(
    r#"
extern "C" __global__ void too_far(float* y) { y[1] = 0.0f; }
"#,
);

#[test]
fn messages_name_the_line_of_the_rust_file() {
    let Some(gpu) = gpu() else { return };
    let here =
        |text: &str| include_str!("device.rs").lines().position(|line| line.contains(text)).unwrap() + 1;
    let error = BROKEN.kernel(gpu.device(), "broken").err().unwrap().to_string();
    let place = format!("tests/device.rs:{}", here("    y[0] = x[0];"));
    assert!(error.contains(&place), "{place} is not in:\n{error}");
    let mut y = gpu.device().zeros::<f32>(1).unwrap();
    let error =
        TOO_FAR.kernel(gpu.device(), "too_far").unwrap().arg(&mut y).launch().unwrap_err().to_string();
    let place = format!("line {}:", here("void too_far("));
    assert!(error.contains(&place) && error.contains("(tests/device.rs)"), "{place} is not in:\n{error}");
}

#[test]
#[should_panic(expected = "not yet implemented: the kernel `open`, line")]
fn a_kernel_with_a_todo_is_not_compiled() {
    const OPEN: CudaSource = CudaSource::new(
        r#"
extern "C" __global__ void open(float* y) {
    todo!();
}
"#,
    );
    // Without a simulator there is nothing to show.
    let Some(gpu) = gpu() else { panic!("not yet implemented: the kernel `open`, line unknown") };
    let _ = OPEN.kernel(gpu.device(), "open");
}
