//! Memory that is used again.
//!
//! A training step makes hundreds of arrays and drops them; the next step makes the same ones. Asking the system each
//! time is slow (large blocks come as fresh pages that the kernel must zero), so dropped blocks wait here in lists,
//! one per size class, and the next array of that class takes one. After the first step a training loop allocates
//! nothing from the system.
//!
//! Four classes per power of two keep the waste below a quarter, and make batches of slightly different size share
//! blocks. A class is a size of the data alone, without the header: the arrays of networks are often a power of two long,
//! and fit exactly. What waits is capped ([`set_cap`]); beyond the cap, blocks of the class unused for longest go back to the
//! system first, so that odd sizes seen once do not stay for ever.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

/// Blocks and their data start on cache lines, which also suits the widest vector loads.
const ALIGN: usize = 64;
/// Data of the smallest class.
const MIN_BYTES: usize = 64;
const CLASSES: usize = 4 * (usize::BITS as usize - MIN_BYTES.trailing_zeros() as usize);

/// What stands in front of the data of every block: it fills one cache line.
#[repr(C, align(64))]
pub(crate) struct Header {
    /// How many arrays share the block.
    pub refs: AtomicUsize,
    class: usize,
    /// The next waiting block of the class, while this one waits.
    next: Option<Block>,
}

/// A block of memory: a [`Header`] and the data behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block(NonNull<Header>);

// SAFETY: a block is plain memory; who may touch it is decided by the counter in its header.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl Block {
    pub fn header(&self) -> &Header {
        // SAFETY: a block's header is written when it is made, and lives until the pool frees the block.
        unsafe { self.0.as_ref() }
    }

    /// The first byte of the data, aligned to a cache line.
    pub fn data(&self) -> *mut u8 {
        // SAFETY: the data follows the header, in the same block.
        unsafe { self.0.as_ptr().add(1).cast() }
    }

    fn next(&mut self) -> &mut Option<Block> {
        // SAFETY: only called on waiting blocks, under the pool's lock: nobody else sees them.
        unsafe { &mut self.0.as_mut().next }
    }
}

// ANCHOR: class
/// The data in a block of a class: 4, 5, 6 or 7 quarters of a power of two.
fn class_bytes(class: usize) -> usize {
    (MIN_BYTES / 4 * (4 + class % 4)) << (class / 4)
}
// ANCHOR_END: class

/// The smallest class whose blocks hold `bytes`.
fn class_of(bytes: usize) -> usize {
    let bytes = bytes.max(MIN_BYTES);
    let octave = (bytes / MIN_BYTES).ilog2() as usize;
    let quarter = (MIN_BYTES / 4) << octave;
    // The count of quarters, rounded up: 4 to 8, where 8 is the first class of the next octave.
    4 * octave + bytes.div_ceil(quarter) - 4
}

fn layout(class: usize) -> Layout {
    let bytes = size_of::<Header>() + class_bytes(class).next_multiple_of(ALIGN);
    Layout::from_size_align(bytes, ALIGN).expect("a size that fits in memory")
}

#[derive(Clone, Copy)]
struct List {
    first: Option<Block>,
    /// The pool's clock when the class was last asked for or given a block.
    used: u64,
}

struct Pool {
    lists: [List; CLASSES],
    clock: u64,
    cap: usize,
    stats: Stats,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    lists: [List { first: None, used: 0 }; CLASSES],
    clock: 0,
    cap: 1 << 30,
    stats: Stats { live_bytes: 0, waiting_bytes: 0, from_system: 0 },
});

/// What the pool holds, from [`stats`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Bytes in blocks that arrays use now.
    pub live_bytes: usize,
    /// Bytes in blocks that wait to be used again.
    pub waiting_bytes: usize,
    /// How many blocks the pool has asked the system for since the start of the program.
    pub from_system: usize,
}

/// A snapshot of the pool.
pub fn stats() -> Stats {
    lock().stats
}

/// Sets how many bytes may wait in the pool (1 GiB at the start), and frees what is beyond.
pub fn set_cap(bytes: usize) {
    let mut pool = lock();
    pool.cap = bytes;
    pool.trim();
}

fn lock() -> std::sync::MutexGuard<'static, Pool> {
    // Nothing in this file panics with the lists half changed, so a poisoned lock is still sound.
    POOL.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A block with room for `bytes` of data, and one reference. Every byte has been written at some time.
pub(crate) fn take(bytes: usize) -> Block {
    // Far above any machine, and far enough below the top for the arithmetic of classes.
    assert!(bytes <= isize::MAX as usize / 4, "an array of {bytes} bytes does not fit in memory");
    let class = class_of(bytes);
    let size = layout(class).size();
    let recycled = {
        let mut pool = lock();
        pool.stats.live_bytes += size;
        let list = pool.touch(class);
        let first = list.first;
        if let Some(mut block) = first {
            list.first = block.next().take();
            pool.stats.waiting_bytes -= size;
        } else {
            pool.stats.from_system += 1;
        }
        first
    };
    if let Some(block) = recycled {
        block.header().refs.store(1, std::sync::atomic::Ordering::Relaxed);
        return block;
    }
    // SAFETY: the layout's size is not 0.
    let memory = unsafe { alloc_zeroed(layout(class)) };
    let Some(header) = NonNull::new(memory.cast::<Header>()) else { handle_alloc_error(layout(class)) };
    // SAFETY: the memory is aligned and long enough for a header, and nobody else knows it.
    unsafe { header.write(Header { refs: AtomicUsize::new(1), class, next: None }) };
    Block(header)
}

/// Takes a block back whose last array is gone.
pub(crate) fn give_back(mut block: Block) {
    let class = block.header().class;
    let size = layout(class).size();
    let mut pool = lock();
    pool.stats.live_bytes -= size;
    if size > pool.cap {
        // It could never wait; and making room for it would throw away all that can.
        drop(pool);
        // SAFETY: the block came from `alloc_zeroed` with the layout of its class, and its last array is gone.
        return unsafe { dealloc(block.0.as_ptr().cast(), layout(class)) };
    }
    pool.stats.waiting_bytes += size;
    let list = pool.touch(class);
    *block.next() = list.first.replace(block);
    pool.trim();
}

impl Pool {
    fn touch(&mut self, class: usize) -> &mut List {
        self.clock += 1;
        self.lists[class].used = self.clock;
        &mut self.lists[class]
    }

    /// Frees waiting blocks, least recently used class first, until the cap is kept.
    fn trim(&mut self) {
        while self.stats.waiting_bytes > self.cap {
            let occupied = (0..CLASSES).filter(|&class| self.lists[class].first.is_some());
            let Some(class) = occupied.min_by_key(|&class| self.lists[class].used) else { return };
            let mut block = self.lists[class].first.take().expect("the class is occupied");
            self.lists[class].first = block.next().take();
            self.stats.waiting_bytes -= layout(class).size();
            // SAFETY: the block came from `alloc_zeroed` with the layout of its class, and no list holds it now.
            unsafe { dealloc(block.0.as_ptr().cast(), layout(class)) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_monotonic_and_waste_less_than_a_quarter() {
        for bytes in (1..5000).chain([1 << 20, (1 << 20) + 1, 3 << 33]) {
            let class = class_of(bytes);
            assert!(class_bytes(class) >= bytes, "{bytes} bytes do not fit class {class}");
            if bytes > MIN_BYTES {
                assert!(class_bytes(class - 1) < bytes, "{bytes} bytes would fit the class below {class}");
                assert!(class_bytes(class) * 4 <= bytes * 5 + 4 * ALIGN, "class {class} wastes on {bytes}");
            }
        }
        assert!((6..40).all(|power| class_bytes(class_of(1 << power)) == 1 << power));
    }
}
