//! What launches asked of the device, counted by the simulator.

/// Counts of launches, as [`Device::counts`](crate::Device::counts) gives them. A GPU's profiler shows the same quantities.
///
/// A request is one access of a warp: what its lanes read or write together. Sectors are pieces of 32 bytes, which global memory moves
/// as a whole. Shared memory serves a request in one pass if no two lanes want different words of the same bank, else
/// in as many as there are words in the fullest bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Counts {
    // The same as in sim/runtime.hpp.
    /// Launches.
    pub launches: u64,
    /// Blocks of all launches.
    pub blocks: u64,
    /// Threads of all blocks.
    pub threads: u64,
    /// `__syncthreads` that blocks passed.
    pub barriers: u64,
    /// Requests that read global memory.
    pub loads: u64,
    /// Sectors that they moved.
    pub load_sectors: u64,
    /// Bytes that threads asked for with them.
    pub load_bytes: u64,
    /// Requests that write global memory.
    pub stores: u64,
    /// Sectors that they moved.
    pub store_sectors: u64,
    /// Bytes that threads asked for with them.
    pub store_bytes: u64,
    /// Requests of shared memory.
    pub shared_requests: u64,
    /// Passes that they took.
    pub shared_passes: u64,
    /// Requests of atomic operations on global memory.
    pub atomics: u64,
    /// Multiplications and additions of the tensor cores.
    pub tensor_operations: u64,
}

impl Counts {
    /// Passes of shared memory that bank conflicts added.
    pub fn bank_conflicts(&self) -> u64 {
        self.shared_passes - self.shared_requests
    }

    /// Bytes that global memory moved, whole sectors.
    pub fn bytes_moved(&self) -> u64 {
        32 * (self.load_sectors + self.store_sectors)
    }

    /// Bytes that threads asked of global memory.
    pub fn bytes_asked(&self) -> u64 {
        self.load_bytes + self.store_bytes
    }
}
