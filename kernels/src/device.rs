//! A device and the memory on it: the simulator or a GPU behind one face.

use std::any::Any;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

#[cfg(feature = "cuda")]
use crate::cuda::{self, Cuda};
use crate::launch::{Checked, Launch};
use crate::rewrite::{self, Signature};
use crate::simulator::{self, Simulator};
use crate::{Element, KernelError, SOURCES};

/// What runs kernels. Clones are the same device.
#[derive(Clone)]
pub struct Device {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    /// Kernels given as text to this device: file and declaration.
    loaded: Mutex<HashMap<String, Found>>,
}

type Found = (Arc<str>, Arc<Signature>);

enum Backend {
    Simulator(Simulator),
    #[cfg(feature = "cuda")]
    Cuda(Cuda),
}

enum Memory {
    Simulator(simulator::Memory),
    #[cfg(feature = "cuda")]
    Cuda(cuda::Memory),
}

/// The kernels of `cuda/` by name.
fn built_in() -> &'static HashMap<String, Found> {
    static FOUND: OnceLock<HashMap<String, Found>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let sources = SOURCES.iter().filter(|(file, _)| file.ends_with(".cu"));
        sources.flat_map(|(file, source)| declared(file, source)).collect()
    })
}

fn declared(file: &str, source: &str) -> Vec<(String, Found)> {
    let file: Arc<str> = file.into();
    let found = rewrite::kernels(source).into_iter();
    found.map(|signature| (signature.name.clone(), (file.clone(), Arc::new(signature)))).collect()
}

impl Device {
    /// A simulated GPU on this machine's processor.
    ///
    /// # Errors
    ///
    /// [`KernelError::NoSimulator`] where the build found no C++ compiler.
    pub fn simulator() -> Result<Self, KernelError> {
        Ok(Self::new(Backend::Simulator(Simulator::new()?)))
    }

    /// The NVIDIA GPU of this number, from 0.
    ///
    /// # Errors
    ///
    /// [`KernelError::NoDevice`] in one line: no driver, no such device, or one older than compute capability 8.0.
    #[cfg(feature = "cuda")]
    pub fn cuda(number: u32) -> Result<Self, KernelError> {
        Ok(Self::new(Backend::Cuda(Cuda::new(number)?)))
    }

    fn new(backend: Backend) -> Self {
        Self { inner: Arc::new(Inner { backend, loaded: Mutex::new(HashMap::new()) }) }
    }

    /// What this is, for people: the name of the GPU, or that it is the simulator.
    pub fn name(&self) -> String {
        match &self.inner.backend {
            Backend::Simulator(_) => "simulator".to_owned(),
            #[cfg(feature = "cuda")]
            Backend::Cuda(cuda) => cuda.name().to_owned(),
        }
    }

    /// The simulator, with blocks and threads run from the last to the first, or with the portable fibers of `ucontext`
    /// in place of the hand-written switch. For tests: a right kernel gives the same result either way.
    ///
    /// # Errors
    ///
    /// As [`Device::simulator`].
    pub fn simulator_with(reversed: bool, portable_fibers: bool) -> Result<Self, KernelError> {
        Ok(Self::new(Backend::Simulator(Simulator::with(reversed, portable_fibers)?)))
    }

    /// Compiles kernels given as text (CUDA, as in `cuda/`, whose headers it may include) and adds them to this device. A kernel
    /// of the same name as a built-in one takes its place here.
    ///
    /// # Errors
    ///
    /// [`KernelError::Compile`] with the compiler's words; the simulator alone can do it.
    pub fn load(&self, file: &str, source: &str) -> Result<(), KernelError> {
        match &self.inner.backend {
            Backend::Simulator(simulator) => simulator.load(file, source)?,
            #[cfg(feature = "cuda")]
            Backend::Cuda(_) => {
                let output = "kernels given as text run on the simulator only".to_owned();
                return Err(KernelError::Compile { file: file.to_owned(), output });
            }
        }
        let mut loaded = self.inner.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.extend(declared(file, source));
        Ok(())
    }

    /// Begins a launch of the kernel of this name.
    pub fn kernel(&self, name: &str) -> Launch<'_> {
        Launch::new(self, name)
    }

    /// A buffer with these elements.
    ///
    /// # Errors
    ///
    /// The device has not enough memory.
    pub fn upload<T: Element>(&self, values: &[T]) -> Result<DeviceBuffer<T>, KernelError> {
        let mut buffer = self.uninit(values.len())?;
        buffer.copy_from(values)?;
        Ok(buffer)
    }

    /// A buffer of `len` zeros.
    ///
    /// # Errors
    ///
    /// As [`Device::upload`].
    pub fn zeros<T: Element>(&self, len: usize) -> Result<DeviceBuffer<T>, KernelError> {
        let mut buffer = self.uninit(len)?;
        buffer.fill_zero()?;
        Ok(buffer)
    }

    /// A buffer of `len` elements that a kernel must write before anybody reads them; the simulator watches over that.
    ///
    /// # Errors
    ///
    /// As [`Device::upload`].
    pub fn uninit<T: Element>(&self, len: usize) -> Result<DeviceBuffer<T>, KernelError> {
        let bytes = len * size_of::<T>();
        let memory = match &self.inner.backend {
            Backend::Simulator(simulator) => Memory::Simulator(simulator.allocate(bytes, size_of::<T>())),
            #[cfg(feature = "cuda")]
            Backend::Cuda(cuda) => Memory::Cuda(cuda.allocate(bytes)?),
        };
        Ok(DeviceBuffer { device: self.clone(), memory, len, element: PhantomData })
    }

    pub(crate) fn find(&self, kernel: &str) -> Option<Found> {
        let loaded = self.inner.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.get(kernel).or_else(|| built_in().get(kernel)).cloned()
    }

    pub(crate) fn owns(&self, buffer: &dyn Buffer) -> bool {
        Arc::ptr_eq(&self.inner, &buffer.device().inner)
    }

    pub(crate) fn run(&self, launch: &Checked) -> Result<(), KernelError> {
        match &self.inner.backend {
            Backend::Simulator(simulator) => simulator.run(launch, &|buffer| match buffer.memory() {
                Some(Memory::Simulator(memory)) => memory,
                _ => unreachable!("`owns` has seen that the buffer is of this device"),
            }),
            #[cfg(feature = "cuda")]
            Backend::Cuda(cuda) => cuda.run(launch, &|buffer| match buffer.memory() {
                Some(Memory::Cuda(memory)) => memory,
                _ => unreachable!("`owns` has seen that the buffer is of this device"),
            }),
        }
    }
}

/// A buffer whatever its elements: what a launch needs of it.
pub trait Buffer {
    /// The device it lives on.
    fn device(&self) -> &Device;
    /// What a kernel may call its elements.
    fn cuda_types(&self) -> &'static [&'static str];
    /// The buffer's memory, of a type that this crate keeps to itself.
    fn hidden(&self) -> &dyn Any;
}

impl dyn Buffer + '_ {
    fn memory(&self) -> Option<&Memory> {
        self.hidden().downcast_ref()
    }
}

impl<T: Element> Buffer for DeviceBuffer<T> {
    fn device(&self) -> &Device {
        &self.device
    }
    fn cuda_types(&self) -> &'static [&'static str] {
        T::CUDA
    }
    fn hidden(&self) -> &dyn Any {
        &self.memory
    }
}

/// An array of numbers in the memory of a device, freed when dropped.
pub struct DeviceBuffer<T: Element> {
    device: Device,
    memory: Memory,
    len: usize,
    element: PhantomData<T>,
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

    /// The device it lives on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Copies to the device.
    ///
    /// # Errors
    ///
    /// The lengths differ, or the driver refuses.
    pub fn copy_from(&mut self, values: &[T]) -> Result<(), KernelError> {
        if values.len() != self.len {
            return Err(KernelError::Length { buffer: self.len, slice: values.len() });
        }
        match &mut self.memory {
            Memory::Simulator(memory) => memory.write(bytes_of(values)),
            #[cfg(feature = "cuda")]
            Memory::Cuda(memory) => memory.write(bytes_of(values))?,
        }
        Ok(())
    }

    /// Sets every element to 0.
    ///
    /// # Errors
    ///
    /// The driver refuses.
    pub fn fill_zero(&mut self) -> Result<(), KernelError> {
        match &mut self.memory {
            Memory::Simulator(memory) => memory.zero(),
            #[cfg(feature = "cuda")]
            Memory::Cuda(memory) => memory.zero()?,
        }
        Ok(())
    }

    /// Copies back to the host, after all that was launched before.
    ///
    /// # Errors
    ///
    /// The driver refuses, or reports what a kernel did wrong.
    pub fn to_vec(&self) -> Result<Vec<T>, KernelError> {
        let mut values = vec![T::default(); self.len];
        match &self.memory {
            Memory::Simulator(memory) => memory.read(bytes_of_mut(&mut values)),
            #[cfg(feature = "cuda")]
            Memory::Cuda(memory) => memory.read(bytes_of_mut(&mut values))?,
        }
        Ok(values)
    }
}

fn bytes_of<T: Element>(values: &[T]) -> &[u8] {
    // SAFETY: an Element has no padding, so all its bytes are initialised; u8 has no alignment.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

fn bytes_of_mut<T: Element>(values: &mut [T]) -> &mut [u8] {
    // SAFETY: as above, and every bit pattern is an Element.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), size_of_val(values)) }
}
