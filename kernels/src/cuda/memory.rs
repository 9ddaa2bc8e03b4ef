//! Memory of the GPU, and pinned memory of the host: copies between them.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use cust::event::Event;
use cust::memory::DeviceBuffer;
use cust::sys;

use super::{Lane, Shared, refused, result};
use crate::KernelError;

/// Memory of the GPU.
pub(crate) struct Memory {
    pub(super) shared: Arc<Shared>,
    pub(super) buffer: ManuallyDrop<DeviceBuffer<u8>>,
}

// SAFETY: a device address; every use makes the context current first.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    fn with(
        &self,
        what: &str,
        bytes: usize,
        act: impl FnOnce(u64) -> sys::cudaError_enum,
    ) -> Result<(), KernelError> {
        if bytes == 0 {
            return Ok(());
        }
        let action = format!("{what} {bytes} bytes on {}", self.shared.name);
        let address = self.buffer.as_device_ptr().as_raw();
        self.shared.current().and_then(|()| result(act(address))).map_err(refused(action))
    }

    // SAFETY of the five below: the caller has checked the length, and owns the buffer or has it borrowed.

    /// From pageable memory, which is read before the call returns.
    pub fn write(&self, bytes: &[u8], lane: &Lane) -> Result<(), KernelError> {
        let stream = lane.stream.as_inner();
        // SAFETY: see above.
        self.with("copying to", bytes.len(), |to| unsafe {
            sys::cuMemcpyHtoDAsync_v2(to, bytes.as_ptr().cast(), bytes.len(), stream)
        })
    }

    pub fn write_from(&self, from: &Pinned, bytes: usize, lane: &Lane) -> Result<(), KernelError> {
        from.used(lane, || {
            let stream = lane.stream.as_inner();
            // SAFETY: see above; `from` is neither changed nor freed before its event.
            self.with("copying from pinned memory to", bytes, |to| unsafe {
                sys::cuMemcpyHtoDAsync_v2(to, from.start.cast(), bytes, stream)
            })
        })
    }

    pub fn read_to(&self, to: &Pinned, bytes: usize, lane: &Lane) -> Result<(), KernelError> {
        to.used(lane, || {
            let stream = lane.stream.as_inner();
            // SAFETY: as above; nobody reads `to` before its event.
            self.with("copying to pinned memory from", bytes, |from| unsafe {
                sys::cuMemcpyDtoHAsync_v2(to.start.cast(), from, bytes, stream)
            })
        })
    }

    /// The caller has waited for the stream.
    pub fn read(&self, bytes: &mut [u8]) -> Result<(), KernelError> {
        // SAFETY: see above.
        self.with("copying from", bytes.len(), |from| unsafe {
            sys::cuMemcpyDtoH_v2(bytes.as_mut_ptr().cast(), from, bytes.len())
        })
    }

    pub fn zero(&self, bytes: usize, lane: &Lane) -> Result<(), KernelError> {
        let stream = lane.stream.as_inner();
        // SAFETY: the part of the buffer that is in use.
        self.with("setting to zero", bytes, |to| unsafe { sys::cuMemsetD8Async(to, 0, bytes, stream) })
    }
}

/// Pinned memory of the host, and an event behind the last copy that used it.
pub(crate) struct Pinned {
    pub(super) shared: Arc<Shared>,
    pub(super) start: *mut u8,
    pub(super) event: ManuallyDrop<Event>,
}

// SAFETY: the memory is read and written through `wait`, under the borrow rules of its owner.
unsafe impl Send for Pinned {}
// SAFETY: as above.
unsafe impl Sync for Pinned {}

impl Pinned {
    /// Runs a copy on this stream, once the one before is done.
    fn used(&self, lane: &Lane, copy: impl FnOnce() -> Result<(), KernelError>) -> Result<(), KernelError> {
        self.wait()?;
        copy()?;
        self.event.record(&lane.stream).map_err(refused("ordering a copy of pinned memory"))
    }

    /// The memory, once no copy uses it.
    pub fn wait(&self) -> Result<*mut u8, KernelError> {
        let waited = self.shared.current().and_then(|()| self.event.synchronize());
        waited.map_err(refused("waiting for a copy of pinned memory"))?;
        Ok(self.start)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if self.wait().is_ok() {
            // SAFETY: allocated by `Cuda::pinned`, freed once, and no copy uses it.
            unsafe {
                sys::cuMemFreeHost(self.start.cast());
                ManuallyDrop::drop(&mut self.event);
            }
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // Freeing waits for kernels that still use the memory. If the context is gone, so is the memory.
        if self.shared.current().is_ok() {
            // SAFETY: dropped here and nowhere else.
            unsafe { ManuallyDrop::drop(&mut self.buffer) };
        }
    }
}
