//! How many warps a multiprocessor holds at a time, from what a block needs.
//!
//! The rules are those of the CUDA occupancy calculator: a multiprocessor takes whole blocks, as long as it has threads, registers,
//! shared memory and places for them. Registers are given to warps in units of 256; every block takes 1 KB of shared memory
//! for the system.

// ANCHOR: occupancy
/// What one multiprocessor has.
#[derive(Clone, Copy, Debug)]
pub struct Multiprocessor {
    /// Threads, in whole warps of 32.
    pub threads: usize,
    /// Blocks.
    pub blocks: usize,
    /// Registers of 32 bits.
    pub registers: usize,
    /// Bytes of shared memory.
    pub shared_bytes: usize,
}

/// Compute capability 8.0 (A100).
pub const A100: Multiprocessor =
    Multiprocessor { threads: 2048, blocks: 32, registers: 65536, shared_bytes: 164 * 1024 };

/// Compute capability 9.0 (H100, H200).
pub const H100: Multiprocessor = Multiprocessor { shared_bytes: 228 * 1024, ..A100 };

/// The blocks that a multiprocessor holds at a time, and the share of its warps that they fill.
///
/// # Panics
///
/// With no threads, or more than 1024.
pub fn occupancy(
    on: &Multiprocessor,
    threads: usize,
    registers_per_thread: usize,
    shared_bytes: usize,
) -> (usize, f64) {
    assert!((1..=1024).contains(&threads), "occupancy: a block has 1 to 1024 threads, not {threads}");
    let warps = threads.div_ceil(32);
    let registers = (32 * registers_per_thread.max(1)).next_multiple_of(256);
    let by_registers = on.registers / registers / warps;
    let by_shared = on.shared_bytes / (shared_bytes + 1024);
    let by_threads = on.threads / 32 / warps;
    let blocks = on.blocks.min(by_threads).min(by_registers).min(by_shared);
    (blocks, (blocks * warps) as f64 / (on.threads / 32) as f64)
}
// ANCHOR_END: occupancy

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_calculator_says() {
        let share = |threads, registers, shared| occupancy(&A100, threads, registers, shared).1;
        assert_eq!(share(256, 32, 0), 1.0);
        assert_eq!(share(256, 33, 0), 0.75); // 33 registers take 1280 a warp: 51 warps fit, in blocks of 8 six: 48 of 64
        assert_eq!(share(256, 64, 0), 0.5);
        assert_eq!(share(256, 128, 0), 0.25);
        assert_eq!(share(256, 255, 0), 0.125);
        assert_eq!(share(32, 16, 0), 0.5); // 32 blocks of one warp
        assert_eq!(occupancy(&A100, 256, 32, 48 * 1024), (3, 0.375));
        assert_eq!(occupancy(&H100, 256, 32, 48 * 1024), (4, 0.5));
        assert_eq!(occupancy(&A100, 1024, 128, 0).0, 0); // needs 131072 registers: cannot run at all
    }
}
