use std::sync::OnceLock;

use kernels::{Device, FaultKind, KernelError};

const N: usize = 128;

/// The devices with faults.cu compiled, once for all tests.
fn devices() -> &'static [Device] {
    static DEVICES: OnceLock<Vec<Device>> = OnceLock::new();
    DEVICES.get_or_init(|| {
        let devices = crate::devices();
        for device in &devices {
            device.load("faults.cu", include_str!("faults.cu")).unwrap();
        }
        devices
    })
}

/// Runs a kernel of faults.cu: x holds 0..128; y has 128 elements, zero or never written.
fn run(device: &Device, kernel: &str, blocks: usize, blank: bool) -> Result<Vec<f32>, KernelError> {
    let x: Vec<f32> = (0..N).map(|i| i as f32).collect();
    let x = device.upload(&x)?;
    let mut y = if blank { device.uninit::<f32>(N)? } else { device.zeros::<f32>(N)? };
    device.kernel(kernel).grid(blocks).block(64).arg(&x).arg(&mut y).arg(N).launch()?;
    y.to_vec()
}

/// NAME_wrong must be stopped by `kind` with all of `words` in the message; NAME_right must run.
fn check(name: &str, blocks: usize, blank: bool, kind: FaultKind, words: &[&str]) {
    for device in devices() {
        let wrong = format!("{name}_wrong");
        let error = run(device, &wrong, blocks, blank).expect_err(&wrong);
        let KernelError::Fault { kind: found, .. } = &error else { panic!("{wrong}: {error}") };
        assert_eq!(*found, kind, "{error}");
        let text = error.to_string();
        for word in words.iter().chain(&[wrong.as_str(), "faults.cu", "thread ("]) {
            assert!(text.contains(word), "{word:?} is missing in: {text}");
        }
        // The device is as good as new after a fault.
        if let Err(error) = run(device, &format!("{name}_right"), blocks, blank) {
            panic!("the right kernel was stopped: {error}");
        }
    }
}

/// The line of faults.cu that holds this text, as a message names it.
fn line(text: &str) -> String {
    let lines = include_str!("faults.cu").lines();
    let found: Vec<usize> =
        (1..).zip(lines).filter(|(_, line)| line.contains(text)).map(|(n, _)| n).collect();
    assert_eq!(found.len(), 1, "{text:?} is on lines {found:?}");
    format!("line {}:", found[0])
}

#[test]
fn out_of_bounds_of_global_memory() {
    // The block starts at 128: its first thread is the one that `<=` lets through.
    for device in devices() {
        let x = device.zeros::<f32>(128).unwrap();
        let mut y = device.zeros::<f32>(128).unwrap();
        let start = |kernel| device.kernel(kernel).grid(3).block(64);
        start("tail_right").arg(&x).arg(&mut y).arg(N).launch().unwrap();
        let error = start("tail_wrong").arg(&x).arg(&mut y).arg(N).launch().unwrap_err();
        let text = error.to_string();
        assert_eq!(
            text,
            format!(
                "tail_wrong (faults.cu), grid (3, 1, 1), block (64, 1, 1): access out of bounds: block (2, 0, 0), thread \
                 (0, 0, 0), {} reads x[128], but x has 128 elements",
                line("if (i <= n)")
            )
        );
    }
    check(
        "below",
        1,
        false,
        FaultKind::OutOfBounds,
        &["thread (0, 0, 0)", "reads x[-1], but x has 128 elements"],
    );
}

#[test]
fn out_of_bounds_of_a_shared_row() {
    check("column", 1, false, FaultKind::OutOfBounds, &["index 9 of an extent of 9 of tile"]);
}

#[test]
fn misaligned_vector() {
    check("vector", 1, false, FaultKind::Misaligned, &["reads 16 bytes of x at byte 4"]);
}

#[test]
fn uninitialised() {
    check(
        "blank",
        1,
        false,
        FaultKind::Uninitialised,
        &["thread (0, 0, 0)", "reads tile[0], which nothing has written"],
    );
    check("sum_into", 1, true, FaultKind::Uninitialised, &["reads y[0], which nothing has written"]);
}

#[test]
fn races_in_a_block() {
    // In order, thread 32 reads what thread 31 wrote; in reverse, thread 31 writes what thread 32 has read or the cell
    // is still blank: either way the kernel is stopped.
    for device in devices() {
        let error = run(device, "reverse_wrong", 1, false).unwrap_err();
        let KernelError::Fault { kind, message, .. } = &error else { panic!("{error}") };
        assert!(matches!(kind, FaultKind::Race | FaultKind::Uninitialised), "{error}");
        assert!(message.contains("tile["), "{message}");
        run(device, "reverse_right", 1, false).unwrap();
    }
    let Some(first) = devices().first() else { return };
    let error = run(first, "reverse_wrong", 1, false).unwrap_err().to_string();
    assert!(error.contains("reads tile[31], which thread (31, 0, 0) writes"), "{error}");
    check("rounds", 1, false, FaultKind::Race, &["tile[", "at line", "no barrier between"]);
    check("histogram", 1, false, FaultKind::Race, &["y["]);
    check("peek", 1, false, FaultKind::Race, &["count[0]", "no barrier between"]);
}

#[test]
fn races_in_a_warp() {
    // A shuffle makes the lanes meet and yet promises no order of their memory accesses.
    check("warp", 1, false, FaultKind::Race, &["tile["]);
}

#[test]
fn races_between_blocks() {
    check("blocks", 2, false, FaultKind::Race, &["of block (", "no order of blocks between"]);
    check("flag", 2, false, FaultKind::Race, &["writes y[0]", "of block ("]);
}

#[test]
fn divergent_barriers() {
    check("leave", 1, false, FaultKind::DivergentBarrier, &["__syncthreads", "(40, 0, 0) left the kernel"]);
    check("branch", 1, false, FaultKind::DivergentBarrier, &["waits at that of line"]);
}

#[test]
fn divergent_warps_and_absent_lanes() {
    check("mask", 1, false, FaultKind::DivergentWarp, &["mask 0xffffffff waits for lane 16", "the barrier"]);
    check("lane", 1, false, FaultKind::AbsentLane, &["the mask does not name that lane (mask 0x0000ffff)"]);
    check("gone", 1, false, FaultKind::AbsentLane, &["shuffles from lane 8", "has left the kernel"]);
}

#[test]
fn too_much_shared_memory() {
    check("large", 1, false, FaultKind::Limit, &["65536 bytes of static shared memory"]);
}
