//! What can go wrong between Rust and a kernel.

use std::fmt;

use thiserror::Error;

/// What the simulator found wrong in a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An index outside a buffer or a shared array, or an access through a null pointer.
    OutOfBounds,
    /// A vector access at an address that is no multiple of its size.
    Misaligned,
    /// A read of memory that nothing has written.
    Uninitialised,
    /// Two threads touch a word, one of them writes, and nothing orders the two.
    Race,
    /// Not all threads of the block reach the same `__syncthreads`.
    DivergentBarrier,
    /// Not all lanes that a mask names reach the same warp instruction.
    DivergentWarp,
    /// A shuffle reads a lane that does not take part.
    AbsentLane,
    /// More shared memory or shared arrays than there may be.
    Limit,
}

impl FaultKind {
    /// From the number that the simulator returns (`enum Fault` in sim/runtime.hpp).
    #[cfg_attr(not(simulator), allow(dead_code))]
    pub(crate) fn from_code(code: i32) -> Self {
        match code {
            1 => Self::OutOfBounds,
            2 => Self::Misaligned,
            3 => Self::Uninitialised,
            4 => Self::Race,
            5 => Self::DivergentBarrier,
            6 => Self::DivergentWarp,
            7 => Self::AbsentLane,
            _ => Self::Limit,
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfBounds => "access out of bounds",
            Self::Misaligned => "misaligned access",
            Self::Uninitialised => "uninitialised memory",
            Self::Race => "race",
            Self::DivergentBarrier => "divergent barrier",
            Self::DivergentWarp => "divergent warp",
            Self::AbsentLane => "absent lane",
            Self::Limit => "limit",
        })
    }
}

/// An error of a device, a copy or a launch.
#[derive(Debug, Error)]
pub enum KernelError {
    /// The crate was built without a C++ compiler.
    #[error(
        "the simulator is not in this build, which found no C++ compiler: install g++ or clang++ and build again"
    )]
    NoSimulator,
    /// There is no GPU to run on.
    #[error("{0}")]
    NoDevice(String),
    /// Kernels given as text do not compile.
    #[error("{file} does not compile:\n{output}")]
    Compile {
        /// The name the text goes by.
        file: String,
        /// What the compiler said.
        output: String,
    },
    /// No kernel has this name.
    #[error("there is no kernel {0}")]
    UnknownKernel(String),
    /// The arguments do not fit the kernel's parameters.
    #[error("{kernel}: {message}")]
    Arguments {
        /// The kernel.
        kernel: String,
        /// Which argument, and what is wrong with it.
        message: String,
    },
    /// The launch asks for what no GPU has.
    #[error("{kernel}: grid {grid}, block {block}, {shared_bytes} bytes of shared memory: {message}")]
    Launch {
        /// The kernel.
        kernel: String,
        /// The number of blocks.
        grid: crate::Dim3,
        /// The number of threads of a block.
        block: crate::Dim3,
        /// The dynamic shared memory of a block.
        shared_bytes: u32,
        /// The broken rule.
        message: String,
    },
    /// The kernel ran and did what a kernel must not do.
    #[error("{kernel} ({file}), grid {grid}, block {block}: {kind}: {message}")]
    Fault {
        /// The kernel.
        kernel: String,
        /// The file it is in.
        file: String,
        /// The number of blocks.
        grid: crate::Dim3,
        /// The number of threads of a block.
        block: crate::Dim3,
        /// What was found.
        kind: FaultKind,
        /// Block, thread, line, and what happened there.
        message: String,
    },
    /// A copy between host and device of unequal lengths.
    #[error("copy: the buffer has {buffer} elements, the slice {slice}")]
    Length {
        /// Elements on the device.
        buffer: usize,
        /// Elements on the host.
        slice: usize,
    },
    /// Sizes given to a family's launch code that do not fit each other.
    #[error("{operation}: {message}")]
    Shape {
        /// The operation.
        operation: &'static str,
        /// The sizes and the broken rule.
        message: String,
    },
    /// An argument lives on another device.
    #[error("{kernel}: argument {argument} `{name}` lives on another device")]
    OtherDevice {
        /// The kernel.
        kernel: String,
        /// Which argument, from 0.
        argument: usize,
        /// The parameter's name.
        name: String,
    },
    /// A stream would touch memory that another stream is still using.
    #[error(
        "{action}: `{name}` is still in use on stream {other}, for which stream {stream} has not waited: call \
         `wait_for` before"
    )]
    StreamRace {
        /// The kernel or the copy.
        action: String,
        /// The parameter or buffer.
        name: String,
        /// The stream that would touch it.
        stream: usize,
        /// The stream that is not done with it.
        other: usize,
    },
    /// A kernel that only some GPU can run, and that the simulator cannot.
    #[error("{0}")]
    NeedsDevice(String),
    /// Work that is being recorded for a graph does what only work that runs can do.
    #[error("{0}: not while a graph is being recorded, when nothing runs")]
    Recording(String),
    /// The driver refused something.
    #[error("{action}: {message}")]
    Driver {
        /// What was asked of it, with sizes.
        action: String,
        /// Its answer.
        message: String,
    },
}
