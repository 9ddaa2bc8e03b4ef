//! An array on a device.

use ch01_tensors::{Array, Shape, Tensor};
use ch22_cuda::Gpu;
use kernels::{DeviceBuffer, Element, KernelError};

/// Numbers in the memory of a device, with a shape, row by row (`torch.Tensor` on `cuda`). When it is dropped its memory goes back
/// to the cache of its [`Gpu`].
pub struct GpuTensor<T: Element = f32> {
    gpu: Gpu,
    /// None only while dropping.
    buffer: Option<DeviceBuffer<T>>,
    shape: Shape,
}

impl<T: Element> GpuTensor<T> {
    /// A tensor whose elements a kernel must write before anybody reads them.
    ///
    /// # Errors
    ///
    /// The device has not enough memory.
    pub fn uninit(gpu: &Gpu, shape: impl Into<Shape>) -> Result<Self, KernelError> {
        let shape = shape.into();
        let buffer = gpu.take(shape.iter().product())?;
        Ok(Self { gpu: gpu.clone(), buffer: Some(buffer), shape })
    }

    /// Zeros.
    ///
    /// # Errors
    ///
    /// As [`uninit`](Self::uninit).
    pub fn zeros(gpu: &Gpu, shape: impl Into<Shape>) -> Result<Self, KernelError> {
        let mut tensor = Self::uninit(gpu, shape)?;
        tensor.buffer_mut().fill_zero()?;
        Ok(tensor)
    }

    /// A copy of `values`, row by row; the host waits until it is done.
    ///
    /// # Errors
    ///
    /// As [`uninit`](Self::uninit), and [`KernelError::Length`] when there are more or fewer values than the shape has places.
    pub fn from_slice(gpu: &Gpu, values: &[T], shape: impl Into<Shape>) -> Result<Self, KernelError> {
        let mut tensor = Self::uninit(gpu, shape)?;
        tensor.buffer_mut().copy_from(values)?;
        Ok(tensor)
    }

    /// The shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The device, stream and cache.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// The memory, for kernels that read it.
    pub fn buffer(&self) -> &DeviceBuffer<T> {
        self.buffer.as_ref().expect("there until the tensor is dropped")
    }

    /// The memory, for kernels that write it.
    pub fn buffer_mut(&mut self) -> &mut DeviceBuffer<T> {
        self.buffer.as_mut().expect("there until the tensor is dropped")
    }
}

impl GpuTensor {
    /// A copy of an array of the host; the host waits until it is done.
    ///
    /// # Errors
    ///
    /// As [`uninit`](Self::uninit).
    pub fn from_array(gpu: &Gpu, array: &Tensor) -> Result<Self, KernelError> {
        Self::from_slice(gpu, array.clone().contiguous().data(), *array.shape())
    }

    /// A copy on the host, after all that was launched before on this stream.
    ///
    /// # Errors
    ///
    /// What the device reports, also of launches before.
    pub fn to_array(&self) -> Result<Tensor, KernelError> {
        Ok(Array::from_slice(&self.buffer().to_vec()?, self.shape))
    }
}

impl<T: Element> Drop for GpuTensor<T> {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            self.gpu.give(buffer);
        }
    }
}
