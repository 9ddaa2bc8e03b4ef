use kernels::{Device, KernelError};

const SCALE: &str = r#"
extern "C" __global__ void scale(const float* x, float* y, float factor, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = factor * x[i];
}
"#;

fn device() -> Option<Device> {
    crate::loaded("scale.cu", SCALE)
}

#[test]
fn arguments_are_checked_against_the_declaration() {
    let Some(device) = device() else { return };
    let x = device.upload(&[1.0f32, 2.0]).unwrap();
    let whole = device.upload(&[1i32, 2]).unwrap();
    let mut y = device.zeros::<f32>(2).unwrap();
    device.kernel("scale").block(2).arg(&x).arg(&mut y).arg(3.0).arg(2usize).launch().unwrap();
    assert_eq!(y.to_vec().unwrap(), [3.0, 6.0]);

    let message = |error: KernelError| error.to_string();
    let start = || device.kernel("scale").block(2);
    assert_eq!(
        message(start().arg(&x).arg(&mut y).arg(3.0).launch().unwrap_err()),
        "scale: takes 4 arguments (x, y, factor, n), got 3"
    );
    assert_eq!(
        message(start().arg(&x).arg(&mut y).arg(2usize).arg(3.0).launch().unwrap_err()),
        "scale: argument 2 `factor` is declared float; what was passed is a usize"
    );
    assert_eq!(
        message(start().arg(&whole).arg(&mut y).arg(3.0).arg(2usize).launch().unwrap_err()),
        "scale: argument 0 `x` is declared const float*; what was passed is a buffer of int"
    );
    assert!(
        message(start().arg(&x).arg(&x).arg(3.0).arg(2usize).launch().unwrap_err()).contains("pass `&mut`")
    );
    assert!(
        message(start().arg(&mut y).arg(&x).arg(3.0).arg(2usize).launch().unwrap_err()).contains("pass `&`")
    );
    let huge = 1usize << 40;
    assert!(
        message(start().arg(&x).arg(&mut y).arg(3.0).arg(huge).launch().unwrap_err()).contains("is no int")
    );
    assert_eq!(message(device.kernel("skale").launch().unwrap_err()), "there is no kernel skale");

    let other = Device::simulator().unwrap().upload(&[1.0f32, 2.0]).unwrap();
    assert!(matches!(
        start().arg(&other).arg(&mut y).arg(3.0).arg(2usize).launch(),
        Err(KernelError::OtherDevice { argument: 0, .. })
    ));
}

#[test]
fn sizes_that_no_gpu_has_are_refused() {
    let Some(device) = device() else { return };
    let x = device.zeros::<f32>(1).unwrap();
    let mut y = device.zeros::<f32>(1).unwrap();
    let mut refused = |grid: (usize, usize, usize), block: (usize, usize, usize), shared| {
        let launch = device.kernel("scale").grid(grid).block(block).shared_bytes(shared);
        let error = launch.arg(&x).arg(&mut y).arg(1.0).arg(1usize).launch().unwrap_err();
        assert!(matches!(error, KernelError::Launch { .. }), "{error}");
        error.to_string()
    };
    assert!(refused((0, 1, 1), (32, 1, 1), 0).contains("no size may be 0"));
    assert!(refused((1, 1, 1), (64, 32, 1), 0).contains("at most 1024 threads"));
    assert!(refused((1, 70000, 1), (32, 1, 1), 0).contains("65535"));
    assert!(refused((1 << 33, 1, 1), (32, 1, 1), 0).contains("2147483647"));
    let text = refused((1, 1, 1), (32, 1, 1), 200_000);
    assert!(
        text.contains("scale: grid (1, 1, 1), block (32, 1, 1), 200000 bytes of shared memory"),
        "{text}"
    );
}

#[test]
fn copies_of_the_wrong_length_are_refused() {
    let Some(device) = device() else { return };
    let mut y = device.zeros::<f32>(3).unwrap();
    let error = y.copy_from(&[1.0, 2.0]).unwrap_err();
    assert_eq!(error.to_string(), "copy: the buffer has 3 elements, the slice 2");
}

#[test]
fn a_kernel_that_does_not_compile_is_an_error_with_its_line() {
    let Some(device) = device() else { return };
    let error = device
        .load("broken.cu", "extern \"C\" __global__ void f(float* x) {\n    x[0] = y;\n}\n")
        .unwrap_err();
    assert!(error.to_string().contains("broken.cu:2:"), "{error}");
}
