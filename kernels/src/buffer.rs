//! Memory of a device.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};

#[cfg(feature = "cuda")]
use crate::cuda;
use crate::graph::Node;
use crate::pinned::Host;
use crate::stream::Uses;
use crate::{Device, Element, KernelError, Pinned, simulator};

pub(crate) enum Memory {
    Simulator(simulator::Memory),
    #[cfg(feature = "cuda")]
    Cuda(cuda::Memory),
}

/// Memory and its last uses. A buffer has it; graphs that use the buffer have it too.
pub(crate) struct Store {
    pub memory: Memory,
    pub uses: Mutex<Uses>,
}

/// The bytes of a store that are in use.
#[derive(Clone)]
pub(crate) struct Piece {
    pub store: Arc<Store>,
    pub bytes: usize,
}

/// A buffer whatever its elements: what a launch needs of it.
pub trait Buffer {
    /// The device it lives on.
    fn device(&self) -> &Device;
    /// What a kernel may call its elements.
    fn cuda_types(&self) -> &'static [&'static str];
    /// The buffer's memory, of a type that this crate keeps to itself, and the bytes of it that are in use.
    fn hidden(&self) -> (&dyn Any, usize);
}

impl dyn Buffer + '_ {
    pub(crate) fn piece(&self) -> Option<Piece> {
        let (store, bytes) = self.hidden();
        Some(Piece { store: store.downcast_ref::<Arc<Store>>()?.clone(), bytes })
    }
}

impl<T: Element> Buffer for DeviceBuffer<T> {
    fn device(&self) -> &Device {
        &self.device
    }
    fn cuda_types(&self) -> &'static [&'static str] {
        T::CUDA
    }
    fn hidden(&self) -> (&dyn Any, usize) {
        (&self.store, self.bytes())
    }
}

/// An array of numbers in the memory of a device, freed when dropped, or with the last [`Graph`](crate::Graph) that uses it.
pub struct DeviceBuffer<T: Element> {
    pub(crate) device: Device,
    pub(crate) store: Arc<Store>,
    pub(crate) len: usize,
    pub(crate) capacity: usize,
    pub(crate) element: PhantomData<T>,
}

impl<T: Element> DeviceBuffer<T> {
    /// The number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of elements that its memory was allocated for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The device it lives on, with the stream on which it is used.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Whether a [`Graph`](crate::Graph) uses this memory, and would write to it also under another owner.
    pub fn is_recorded(&self) -> bool {
        Arc::strong_count(&self.store) > 1
    }

    fn bytes(&self) -> usize {
        self.len * size_of::<T>()
    }

    /// The same memory for `len` other elements, which nobody has written yet. What was launched before on this buffer's
    /// stream still comes first.
    ///
    /// # Errors
    ///
    /// [`KernelError::Length`] if `len` is above the capacity.
    pub fn recycle(mut self, len: usize) -> Result<Self, KernelError> {
        if len > self.capacity {
            return Err(KernelError::Length { buffer: self.capacity, slice: len });
        }
        self.len = len;
        match &self.store.memory {
            Memory::Simulator(memory) => memory.forget(),
            #[cfg(feature = "cuda")]
            Memory::Cuda(_) => {}
        }
        Ok(self)
    }

    fn check(&self, len: usize) -> Result<(), KernelError> {
        if len == self.len { Ok(()) } else { Err(KernelError::Length { buffer: self.len, slice: len }) }
    }

    /// Copies to the device, and waits until it is done.
    ///
    /// # Errors
    ///
    /// The lengths differ, another stream is still using the buffer, or the driver refuses.
    pub fn copy_from(&mut self, values: &[T]) -> Result<(), KernelError> {
        self.check(values.len())?;
        self.device.order_copy("copying to the device", &self.store.uses, true)?;
        match &self.store.memory {
            Memory::Simulator(memory) => memory.write(bytes_of(values)),
            #[cfg(feature = "cuda")]
            Memory::Cuda(memory) => memory.write(bytes_of(values), self.device.lane())?,
        }
        self.device.synchronize()
    }

    /// Copies from pinned memory on the stream of `on`; the host goes on at once.
    ///
    /// # Errors
    ///
    /// As [`copy_from`](Self::copy_from).
    pub fn copy_from_pinned(&mut self, values: &Pinned<T>, on: &Device) -> Result<(), KernelError> {
        self.check(values.len())?;
        self.device.same(on)?;
        on.order_copy("copying from pinned memory", &self.store.uses, true)?;
        match (&self.store.memory, &values.host) {
            (Memory::Simulator(memory), Host::Plain(values)) => memory.write(bytes_of(values)),
            #[cfg(feature = "cuda")]
            (Memory::Cuda(memory), Host::Cuda(values)) => {
                memory.write_from(values, self.bytes(), on.lane())?
            }
            #[cfg(feature = "cuda")]
            _ => return Err(KernelError::NoDevice("the pinned memory is of another device".to_owned())),
        }
        Ok(())
    }

    /// Copies to pinned memory on the stream of `on`; the host goes on at once, and waits when it looks at `values`.
    ///
    /// # Errors
    ///
    /// As [`copy_from`](Self::copy_from).
    pub fn copy_to_pinned(&self, values: &mut Pinned<T>, on: &Device) -> Result<(), KernelError> {
        self.check(values.len())?;
        self.device.same(on)?;
        on.order_copy("copying to pinned memory", &self.store.uses, false)?;
        match (&self.store.memory, &mut values.host) {
            (Memory::Simulator(memory), Host::Plain(values)) => memory.read(bytes_of_mut(values)),
            #[cfg(feature = "cuda")]
            (Memory::Cuda(memory), Host::Cuda(values)) => memory.read_to(values, self.bytes(), on.lane())?,
            #[cfg(feature = "cuda")]
            _ => return Err(KernelError::NoDevice("the pinned memory is of another device".to_owned())),
        }
        Ok(())
    }

    /// Sets every element to 0, on this buffer's stream.
    ///
    /// # Errors
    ///
    /// Another stream is still using the buffer, or the driver refuses.
    pub fn fill_zero(&mut self) -> Result<(), KernelError> {
        if let Some(nodes) = &mut *self.device.recording() {
            nodes.push(Node::Zero(Piece { store: self.store.clone(), bytes: self.bytes() }));
            return Ok(());
        }
        self.device.order_copy("setting to zero", &self.store.uses, true)?;
        match &self.store.memory {
            Memory::Simulator(memory) => memory.zero(),
            #[cfg(feature = "cuda")]
            Memory::Cuda(memory) => memory.zero(self.bytes(), self.device.lane())?,
        }
        Ok(())
    }

    /// Copies back to the host, after all that was launched before on this buffer's stream.
    ///
    /// # Errors
    ///
    /// Another stream is still writing, the driver refuses, or reports what a kernel did wrong.
    pub fn to_vec(&self) -> Result<Vec<T>, KernelError> {
        self.device.order_copy("copying to the host", &self.store.uses, false)?;
        let mut values = vec![T::default(); self.len];
        self.device.synchronize()?;
        match &self.store.memory {
            Memory::Simulator(memory) => memory.read(bytes_of_mut(&mut values)),
            #[cfg(feature = "cuda")]
            Memory::Cuda(memory) => memory.read(bytes_of_mut(&mut values))?,
        }
        Ok(values)
    }
}

pub(crate) fn bytes_of<T: Element>(values: &[T]) -> &[u8] {
    // SAFETY: an Element has no padding, so all its bytes are initialised; u8 has no alignment.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

pub(crate) fn bytes_of_mut<T: Element>(values: &mut [T]) -> &mut [u8] {
    // SAFETY: as above, and every bit pattern is an Element.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), size_of_val(values)) }
}
