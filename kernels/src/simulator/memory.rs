//! Memory of the simulated device.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ffi::CStr;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use super::Region;

/// Copies share it; the launch of a graph, which borrows no buffer, has it alone.
pub(super) static REPLAY: RwLock<()> = RwLock::new(());

/// Zeroed bytes at a multiple of 256, as a GPU allocates them.
pub(super) struct Block {
    start: *mut u8,
    layout: Layout,
}

impl Block {
    pub fn new(bytes: usize) -> Self {
        let layout = Layout::from_size_align(bytes.max(1), 256).expect("a size that fits the address space");
        // SAFETY: the size is not zero.
        let start = unsafe { alloc_zeroed(layout) };
        if start.is_null() {
            std::alloc::handle_alloc_error(layout);
        }
        Self { start, layout }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout and freed once.
        unsafe { dealloc(self.start, self.layout) }
    }
}

/// Memory of the simulated device: the bytes, and a shadow for every word of them.
pub(crate) struct Memory {
    pub(super) data: Block,
    pub(super) shadow: Block,
    pub(super) unit: u32,
    /// The host has written all of it.
    pub(super) initialised: AtomicBool,
}

// SAFETY: the bytes are written by the owner of the buffer, who borrows it `&mut`, by a launch that holds such a borrow, or by a graph
// under a lock that keeps the owner's copies away; the shadow by launches under the lock of the device, and by an owner as above.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    fn bytes(&self, asked: usize) -> usize {
        assert!(asked <= self.data.layout.size(), "the caller checks lengths");
        asked
    }

    pub fn write(&self, bytes: &[u8]) {
        let _copying = REPLAY.read().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the length was checked, and the caller has borrowed the buffer `&mut`.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.data.start, self.bytes(bytes.len())) };
        self.initialised.store(true, Ordering::Relaxed);
    }

    pub fn zero(&self) {
        let _copying = REPLAY.read().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: all of the block; the caller has borrowed the buffer `&mut`, or is a graph, whose launches come one after the other.
        unsafe { ptr::write_bytes(self.data.start, 0, self.data.layout.size()) };
        self.initialised.store(true, Ordering::Relaxed);
    }

    /// From now on nothing of it counts as written.
    pub fn forget(&self) {
        let _copying = REPLAY.read().unwrap_or_else(PoisonError::into_inner);
        self.initialised.store(false, Ordering::Relaxed);
        // SAFETY: all of the shadow, of which zeros mean "never touched"; the caller owns the buffer.
        unsafe { ptr::write_bytes(self.shadow.start, 0, self.shadow.layout.size()) };
    }

    pub fn read(&self, bytes: &mut [u8]) {
        let _copying = REPLAY.read().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the length was checked; a launch that writes here needs `&mut`, or is a graph's.
        unsafe { ptr::copy_nonoverlapping(self.data.start, bytes.as_mut_ptr(), self.bytes(bytes.len())) };
    }

    pub(super) fn region(&self, name: &CStr, bytes: usize) -> Region {
        Region {
            base: self.data.start,
            bytes: bytes as u64,
            shadow: self.shadow.start,
            name: name.as_ptr(),
            unit: self.unit,
            shared: 0,
            initialised: self.initialised.load(Ordering::Relaxed).into(),
        }
    }
}
