//! From a fault of the simulator to what a reader should look for.

use kernels::{FaultKind, KernelError};

/// What usually lies behind a fault.
pub fn advice(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::OutOfBounds => {
            "this thread has no such element: test the index before the access, or correct how it is computed"
        }
        FaultKind::Misaligned => {
            "a float4 begins at a multiple of 16 bytes: only every fourth float of a buffer does"
        }
        FaultKind::Uninitialised => {
            "the line that should have written it uses another index, or a __syncthreads() is missing behind it"
        }
        FaultKind::Race => {
            "a __syncthreads() is missing between the two lines, or two threads compute the same index"
        }
        FaultKind::DivergentBarrier => {
            "all threads of a block must reach every __syncthreads(): no return before it, no `if` around it"
        }
        FaultKind::DivergentWarp => {
            "all lanes that the mask names must reach the instruction: no `if` around a shuffle"
        }
        FaultKind::AbsentLane => {
            "a shuffle may read only lanes that take part: the mask must name all 32, 0xffffffff"
        }
        FaultKind::Limit => "a block has at most 48 KB of static shared memory",
    }
}

/// What a launch gave. A fault ends the test with the simulator's report and what to look for: `known` says it for this kernel,
/// else [`advice`] does.
///
/// # Panics
///
/// When the result is an error.
#[track_caller]
pub fn must<T>(what: &str, result: Result<T, KernelError>, known: &[(FaultKind, &str)]) -> T {
    match result {
        Ok(value) => value,
        Err(error) => {
            let kind = if let KernelError::Fault { kind, .. } = &error { Some(*kind) } else { None };
            let hint = kind.map(|kind| {
                known.iter().find(|(other, _)| *other == kind).map_or(advice(kind), |(_, hint)| hint)
            });
            panic!("{what}: {}{error}", hint.map(|hint| format!("{hint}\n")).unwrap_or_default());
        }
    }
}
