//! The simulator itself: every detector on a kernel that is wrong in exactly that way and on its right twin, with both kinds
//! of fibers; what the instructions compute; and what a launch refuses.

use kernels::Device;

mod counts;
mod detectors;
mod graphs;
mod instructions;
mod launches;
mod rewriting;
mod streams;

/// The two ways to switch fibers, with the threads in order and in reverse; none, loudly, without a simulator.
fn devices() -> Vec<Device> {
    if kernels::testing::simulator().is_none() {
        return Vec::new();
    }
    let kinds = [(false, false), (false, true), (true, false), (true, true)];
    kinds.iter().map(|&(reversed, portable)| Device::simulator_with(reversed, portable).unwrap()).collect()
}

/// The first of them with these kernels.
fn loaded(file: &str, text: &str) -> Option<Device> {
    let device = devices().into_iter().next()?;
    device.load(file, text).unwrap();
    Some(device)
}
