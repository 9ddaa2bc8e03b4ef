//! The memory under an array: a pooled block, shared by counting.
//!
//! This is `Arc<[T]>` with two differences: the memory comes from the [`pool`](crate::pool), counter included, and a
//! storage that has only one owner can be written.

use std::marker::PhantomData;
use std::sync::atomic::{Ordering, fence};

use crate::Element;
use crate::pool::{self, Block};

/// A run of `len` elements that several arrays may share.
pub(crate) struct Storage<T> {
    block: Block,
    len: usize,
    _elements: PhantomData<T>,
}

impl<T: Element> Storage<T> {
    /// New storage whose contents are valid but arbitrary: what was last there, or zeros.
    pub fn scratch(len: usize) -> Self {
        let bytes = len.checked_mul(size_of::<T>()).expect("a size that fits in memory");
        let mut storage = Storage { block: pool::take(bytes), len, _elements: PhantomData };
        if !T::ANY_BITS {
            let data: *mut T = storage.block.data().cast();
            // SAFETY: the block holds `len` elements and is new, so ours alone. Written through the pointer: no
            // reference may be made to elements whose bits are not yet valid.
            (0..len).for_each(|i| unsafe { data.add(i).write(T::default()) });
        }
        debug_assert!(storage.unique().is_some());
        storage
    }

    pub fn as_slice(&self) -> &[T] {
        // SAFETY: the block holds `len` elements, aligned; all its bytes were written (the pool allocates zeroed), and
        // `Element` promises that they are valid values. A block is only written through `unique`.
        unsafe { std::slice::from_raw_parts(self.block.data().cast(), self.len) }
    }

    // ANCHOR: unique
    /// The elements for writing, if nobody shares them.
    pub fn unique(&mut self) -> Option<&mut [T]> {
        // Acquire: the writes of owners that have just let go come before ours.
        if self.block.header().refs.load(Ordering::Acquire) != 1 {
            return None;
        }
        // SAFETY: as for `as_slice`; the count is 1 and `self` is borrowed mutably, so nobody else can reach them.
        Some(unsafe { std::slice::from_raw_parts_mut(self.block.data().cast(), self.len) })
    }
    // ANCHOR_END: unique

    /// Whether both are the same memory.
    pub fn same(&self, other: &Self) -> bool {
        self.block == other.block
    }
}

impl<T> Clone for Storage<T> {
    fn clone(&self) -> Self {
        // Relaxed: who clones holds a reference already, so the block cannot go away meanwhile.
        self.block.header().refs.fetch_add(1, Ordering::Relaxed);
        Storage { ..*self }
    }
}

impl<T> Drop for Storage<T> {
    fn drop(&mut self) {
        // Release and Acquire: every owner's last use comes before the block is used again.
        if self.block.header().refs.fetch_sub(1, Ordering::Release) == 1 {
            fence(Ordering::Acquire);
            pool::give_back(self.block);
        }
    }
}
