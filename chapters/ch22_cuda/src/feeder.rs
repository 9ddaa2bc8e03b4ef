//! Batches on their way: while the device computes on one, the next is being copied.
//!
//! There are two places on the device, and for each a place in pinned memory of the host. Copies run on a stream of their own. Two
//! rules keep them apart from the computing, and both are one call of `wait_for`: computing waits for the copy of its batch; a copy
//! waits for what computed on the batch that it overwrites.

use ch22_cuda::{Gpu, GpuTensor};
use kernels::{Device, KernelError, Pinned};

struct Place {
    host: (Pinned<f32>, Pinned<i32>),
    device: (GpuTensor, GpuTensor<i32>),
}

/// Sends batches of one size to the device (`DataLoader(pin_memory=True)` with `non_blocking=True` copies).
pub struct Feeder {
    gpu: Gpu,
    copies: Device,
    places: Vec<Place>,
    sent: usize,
    received: usize,
}

impl Feeder {
    /// Two places for batches of `batch` rows of `width` numbers and their labels.
    ///
    /// # Errors
    ///
    /// The device has not enough memory, or the host cannot pin as much.
    pub fn new(gpu: &Gpu, batch: usize, width: usize) -> Result<Self, KernelError> {
        let device = gpu.device();
        let place = || {
            Ok(Place {
                host: (device.pinned(batch * width)?, device.pinned(batch)?),
                device: (GpuTensor::uninit(gpu, [batch, width])?, GpuTensor::uninit(gpu, [batch])?),
            })
        };
        let places = (0..2).map(|_| place()).collect::<Result<Vec<_>, KernelError>>()?;
        Ok(Self { gpu: gpu.clone(), copies: device.new_stream()?, places, sent: 0, received: 0 })
    }

    // ANCHOR: feeder
    /// Starts to copy a batch; the host waits only if the pinned place is still being copied from.
    ///
    /// # Errors
    ///
    /// The sizes differ from those of [`new`](Self::new), or the driver refuses.
    ///
    /// # Panics
    ///
    /// When both places hold batches that nobody has received.
    pub fn send(&mut self, x: &[f32], labels: &[i32]) -> Result<(), KernelError> {
        assert!(self.sent < self.received + 2, "Feeder::send: both places are full: receive a batch first");
        let Place { host, device } = &mut self.places[self.sent % 2];
        fill(&mut host.0, x)?;
        fill(&mut host.1, labels)?;
        self.copies.wait_for(self.gpu.device())?;
        device.0.buffer_mut().copy_from_pinned(&host.0, &self.copies)?;
        device.1.buffer_mut().copy_from_pinned(&host.1, &self.copies)?;
        self.sent += 1;
        Ok(())
    }

    /// The oldest batch that was sent and not received: x `[batch, width]` and labels `[batch]`. What is launched from now on comes
    /// after its copy.
    ///
    /// # Errors
    ///
    /// The driver refuses.
    ///
    /// # Panics
    ///
    /// When nothing was sent.
    pub fn receive(&mut self) -> Result<(&GpuTensor, &GpuTensor<i32>), KernelError> {
        assert!(self.received < self.sent, "Feeder::receive: nothing was sent");
        self.gpu.device().wait_for(&self.copies)?;
        let Place { device, .. } = &self.places[self.received % 2];
        self.received += 1;
        Ok((&device.0, &device.1))
    }
    // ANCHOR_END: feeder
}

fn fill<T: kernels::Element>(place: &mut Pinned<T>, values: &[T]) -> Result<(), KernelError> {
    if place.len() != values.len() {
        return Err(KernelError::Length { buffer: place.len(), slice: values.len() });
    }
    place.as_mut_slice()?.copy_from_slice(values);
    Ok(())
}
