//! Memory of a device that is kept for the next who asks.
//!
//! Allocating on a GPU takes long, and freeing waits for all work on it. A training step asks for the same sizes again and again, so
//! whatever comes back is kept (the CUDA caching allocator of PyTorch does the same). Sizes are rounded up to classes, four for
//! each power of two: at most a quarter of a block is wasted, and a block fits all sizes of its class.
//!
//! A block goes back while kernels that use it may still be running: the host is ahead of the device. The next owner's kernels
//! come after them, because a cache belongs to one stream, and a stream runs in order. That is why there is one cache per
//! stream, and why memory must not go from one to another.
//!
//! A graph ([`Device::record`](kernels::Device::record)) writes to the same addresses each time it is launched. What it uses
//! therefore leaves the cache for good, and goes back to the device with the graph.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kernels::{Device, DeviceBuffer, Element, KernelError};

// ANCHOR: class
/// The smallest class, in elements.
const SMALLEST: usize = 64;

/// The size that a block for `len` elements has: the next multiple of a quarter of the power of two below.
pub fn size_class(len: usize) -> usize {
    if len <= SMALLEST {
        return SMALLEST;
    }
    let step = 1 << (len.ilog2() - 2);
    len.next_multiple_of(step)
}
// ANCHOR_END: class

/// What a cache did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Blocks that were asked of the device.
    pub allocated: usize,
    /// Requests that were served from the cache.
    pub reused: usize,
    /// Bytes of all blocks that exist, in use or free.
    pub bytes: usize,
    /// Bytes of the free ones.
    pub bytes_free: usize,
}

#[derive(Default)]
struct Cache {
    /// Free blocks by element type and class.
    free: HashMap<(TypeId, usize), Vec<Box<dyn Any + Send>>>,
    statistics: Statistics,
}

/// A device with one of its streams and the memory that is kept for it. Clones are the same.
#[derive(Clone)]
pub struct Gpu {
    device: Device,
    cache: Arc<Mutex<Cache>>,
}

impl Gpu {
    /// A new, empty cache for this device and stream.
    pub fn new(device: Device) -> Self {
        Self { device, cache: Arc::default() }
    }

    /// The device and stream.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Whether this is the same cache.
    pub fn is(&self, other: &Gpu) -> bool {
        Arc::ptr_eq(&self.cache, &other.cache)
    }

    // ANCHOR: take
    /// A buffer of `len` elements that nobody has written yet.
    ///
    /// # Errors
    ///
    /// The device has not enough memory, also after the free blocks were given back to it.
    pub fn take<T: Element>(&self, len: usize) -> Result<DeviceBuffer<T>, KernelError> {
        let class = size_class(len);
        let free = self.with(|cache| {
            let block = cache.free.get_mut(&(TypeId::of::<T>(), class))?.pop()?;
            cache.statistics.reused += 1;
            cache.statistics.bytes_free -= class * size_of::<T>();
            block.downcast::<DeviceBuffer<T>>().ok()
        });
        if let Some(block) = free {
            return block.recycle(len);
        }
        let block = self.device.uninit::<T>(class).or_else(|_| {
            self.release();
            self.device.uninit::<T>(class)
        })?;
        self.with(|cache| {
            cache.statistics.allocated += 1;
            cache.statistics.bytes += class * size_of::<T>();
        });
        block.recycle(len)
    }

    /// Keeps a buffer that came from [`take`](Self::take) for the next who asks; but not one that a graph will write to again.
    pub fn give<T: Element>(&self, buffer: DeviceBuffer<T>) {
        let class = buffer.capacity();
        if buffer.is_recorded() {
            return self.with(|cache| cache.statistics.bytes -= class * size_of::<T>());
        }
        self.with(|cache| {
            cache.statistics.bytes_free += class * size_of::<T>();
            cache.free.entry((TypeId::of::<T>(), class)).or_default().push(Box::new(buffer));
        });
    }
    // ANCHOR_END: take

    /// Gives all free blocks back to the device (`torch.cuda.empty_cache`).
    pub fn release(&self) {
        let free = self.with(|cache| {
            cache.statistics.bytes -= std::mem::take(&mut cache.statistics.bytes_free);
            std::mem::take(&mut cache.free)
        });
        drop(free); // outside the lock: the device may take its time
    }

    /// What the cache did so far.
    pub fn statistics(&self) -> Statistics {
        self.with(|cache| cache.statistics)
    }

    fn with<R>(&self, act: impl FnOnce(&mut Cache) -> R) -> R {
        act(&mut self.cache.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
