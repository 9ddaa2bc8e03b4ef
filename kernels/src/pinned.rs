//! Pinned memory: memory of the host that the system does not move, so that the device can copy from and to it by itself.

#[cfg(feature = "cuda")]
use crate::cuda;
use crate::{Device, Element, KernelError};

pub(crate) enum Host<T> {
    Plain(Vec<T>),
    #[cfg(feature = "cuda")]
    Cuda(cuda::Pinned),
}

/// Numbers in pinned memory (`torch.Tensor.pin_memory`). A copy from or to it runs beside what the host does; whoever looks at
/// the numbers, or changes them, first waits for the copies that use them.
pub struct Pinned<T: Element> {
    pub(crate) host: Host<T>,
    len: usize,
}

impl Device {
    /// `len` zeros in pinned memory.
    ///
    /// # Errors
    ///
    /// The driver refuses to pin as much.
    pub fn pinned<T: Element>(&self, len: usize) -> Result<Pinned<T>, KernelError> {
        #[cfg(feature = "cuda")]
        if let Some(cuda) = self.as_cuda() {
            return Ok(Pinned { host: Host::Cuda(cuda.pinned(len * size_of::<T>())?), len });
        }
        Ok(Pinned { host: Host::Plain(vec![T::default(); len]), len })
    }
}

impl<T: Element> Pinned<T> {
    /// The number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The numbers, after all copies to this memory.
    ///
    /// # Errors
    ///
    /// The driver reports what went wrong before.
    pub fn as_slice(&self) -> Result<&[T], KernelError> {
        match &self.host {
            Host::Plain(values) => Ok(values),
            #[cfg(feature = "cuda")]
            Host::Cuda(memory) => {
                let start = memory.wait()?;
                // SAFETY: `len` elements, aligned to a page, all bits of which are an Element; no copy is under way.
                Ok(unsafe { std::slice::from_raw_parts(start.cast(), self.len) })
            }
        }
    }

    /// The numbers, to be changed, after all copies from this memory.
    ///
    /// # Errors
    ///
    /// As [`as_slice`](Self::as_slice).
    pub fn as_mut_slice(&mut self) -> Result<&mut [T], KernelError> {
        match &mut self.host {
            Host::Plain(values) => Ok(values),
            #[cfg(feature = "cuda")]
            Host::Cuda(memory) => {
                let start = memory.wait()?;
                // SAFETY: as above; `&mut self` says that nobody else looks at them.
                Ok(unsafe { std::slice::from_raw_parts_mut(start.cast(), self.len) })
            }
        }
    }
}
