//! The NVIDIA GPU, through cust: the only module that knows of it.
//!
//! Kernels come as PTX (`ptx/`), which the driver compiles for its device when a family is first used. Everything happens in one
//! stream, so launches follow one another and copies wait for them.

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_void};
use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex, PoisonError};

use cust::context::{Context, CurrentContext};
use cust::device::{Device as Gpu, DeviceAttribute};
use cust::error::{CudaError, CudaResult};
use cust::memory::{CopyDestination, DeviceBuffer};
use cust::module::Module;
use cust::stream::{Stream, StreamFlags};
use cust::sys;

use crate::device::Buffer;
use crate::launch::{Checked, Passed};
use crate::{KernelError, PTX};

unsafe extern "C" {
    /// In find_cuda_helper/src/driver.c: why there is no driver, or null.
    fn gradus_driver_problem() -> *const c_char;
}

/// What the driver answered to `action`.
fn refused(action: impl Into<String>) -> impl FnOnce(CudaError) -> KernelError {
    let action = action.into();
    move |error| KernelError::Driver { action, message: format!("{error:?}") }
}

struct Shared {
    context: Context,
    stream: Stream,
    name: String,
    /// The module of a kernel file, once loaded; kept for as long as the device.
    modules: Mutex<HashMap<String, Module>>,
}

// SAFETY: the handles of the driver may be used from any thread that has made the context current, which `current` does before
// every use.
unsafe impl Send for Shared {}
// SAFETY: as above; the driver locks what it must.
unsafe impl Sync for Shared {}

impl Shared {
    fn current(&self) -> CudaResult<()> {
        CurrentContext::set_current(&self.context)
    }
}

#[derive(Clone)]
pub(crate) struct Cuda {
    shared: Arc<Shared>,
}

impl Cuda {
    pub fn new(number: u32) -> Result<Self, KernelError> {
        // SAFETY: returns null or a text that lives for ever.
        let problem = unsafe { gradus_driver_problem() };
        if !problem.is_null() {
            // SAFETY: a C string, as above.
            let text = unsafe { CStr::from_ptr(problem) };
            return Err(KernelError::NoDevice(text.to_string_lossy().into_owned()));
        }
        let none = |what: &str| {
            let what = what.to_owned();
            move |error: CudaError| KernelError::NoDevice(format!("{what}: {error:?}"))
        };
        cust::init(cust::CudaFlags::empty()).map_err(none("the NVIDIA driver finds no device"))?;
        let count = Gpu::num_devices().map_err(none("counting the devices"))?;
        if number >= count {
            return Err(KernelError::NoDevice(format!("there is no GPU {number}: the driver finds {count}")));
        }
        let gpu = Gpu::get_device(number).map_err(none("opening the GPU"))?;
        let name = gpu.name().map_err(none("asking the GPU for its name"))?;
        let attribute = |which| gpu.get_attribute(which).map_err(none("asking the GPU for its age"));
        let major = attribute(DeviceAttribute::ComputeCapabilityMajor)?;
        let minor = attribute(DeviceAttribute::ComputeCapabilityMinor)?;
        if major < 8 {
            let text =
                format!("{name} has compute capability {major}.{minor}; the kernels need 8.0 or later");
            return Err(KernelError::NoDevice(text));
        }
        let context = Context::new(gpu).map_err(none("making a context"))?;
        CurrentContext::set_current(&context).map_err(none("making the context current"))?;
        let stream = Stream::new(StreamFlags::DEFAULT, None).map_err(none("making a stream"))?;
        let modules = Mutex::new(HashMap::new());
        Ok(Self { shared: Arc::new(Shared { context, stream, name, modules }) })
    }

    pub fn name(&self) -> &str {
        &self.shared.name
    }

    pub fn allocate(&self, bytes: usize) -> Result<Memory, KernelError> {
        let action = || format!("allocating {bytes} bytes on {}", self.shared.name);
        self.shared.current().map_err(refused(action()))?;
        // SAFETY: the bytes are read only after they were written: by `write`, `zero`, or a kernel.
        let buffer = unsafe { DeviceBuffer::uninitialized(bytes) }.map_err(refused(action()))?;
        Ok(Memory { shared: self.shared.clone(), buffer: ManuallyDrop::new(buffer) })
    }

    pub fn run<'a>(
        &self,
        launch: &Checked<'a>,
        memory: &dyn Fn(&'a dyn Buffer) -> &'a Memory,
    ) -> Result<(), KernelError> {
        let Checked { kernel, file, grid, block, shared_bytes, ref args } = *launch;
        let failed = |doing: &str| {
            refused(format!(
                "{kernel}: {doing} (grid {grid}, block {block}, {shared_bytes} bytes of shared memory)"
            ))
        };
        self.shared.current().map_err(failed("making the context current"))?;
        let mut modules = self.shared.modules.lock().unwrap_or_else(PoisonError::into_inner);
        if !modules.contains_key(file) {
            let ptx = file.replace(".cu", ".ptx");
            let text = PTX.iter().find(|(name, _)| *name == ptx).map(|(_, text)| *text);
            let text =
                text.ok_or_else(|| KernelError::UnknownKernel(format!("{kernel}: there is no ptx/{ptx}")))?;
            let module =
                Module::from_ptx(text, &[]).map_err(refused(format!("loading ptx/{ptx} for {kernel}")))?;
            modules.insert(file.to_owned(), module);
        }
        let function = modules[file].get_function(kernel).map_err(failed("finding the kernel in its PTX"))?;
        let addresses: Vec<u64> = args
            .iter()
            .map(|(_, passed)| match passed {
                Passed::Number(bytes) => u64::from_ne_bytes(*bytes),
                Passed::Pointer(Some(buffer)) => memory(*buffer).buffer.as_device_ptr().as_raw(),
                Passed::Pointer(None) => 0,
            })
            .collect();
        let mut pointers: Vec<*mut c_void> =
            addresses.iter().map(|value| std::ptr::from_ref(value).cast_mut().cast()).collect();
        // SAFETY: `Launch` has checked count and types of the arguments against the kernel's declaration; the buffers live until
        // their memory is freed, which waits for the stream.
        let status = unsafe {
            if shared_bytes > 48 * 1024 {
                let which = sys::CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
                sys::cuFuncSetAttribute(function.to_raw(), which, shared_bytes as i32);
            }
            sys::cuLaunchKernel(
                function.to_raw(),
                grid.x,
                grid.y,
                grid.z,
                block.x,
                block.y,
                block.z,
                shared_bytes,
                self.shared.stream.as_inner(),
                pointers.as_mut_ptr(),
                std::ptr::null_mut(),
            )
        };
        if status == sys::cudaError_enum::CUDA_SUCCESS {
            return Ok(());
        }
        Err(KernelError::Driver {
            action: format!(
                "{kernel}: launching (grid {grid}, block {block}, {shared_bytes} bytes of shared memory)"
            ),
            message: format!("{status:?}"),
        })
    }
}

/// Memory of the GPU.
pub(crate) struct Memory {
    shared: Arc<Shared>,
    buffer: ManuallyDrop<DeviceBuffer<u8>>,
}

// SAFETY: a device address; every use makes the context current first.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    fn with<R>(&self, what: &str, act: impl FnOnce() -> CudaResult<R>) -> Result<R, KernelError> {
        let action = || format!("{what} {} bytes on {}", self.buffer.len(), self.shared.name);
        self.shared.current().map_err(refused(action()))?;
        act().map_err(refused(action()))
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), KernelError> {
        let address = self.buffer.as_device_ptr().as_raw();
        self.with("copying to", || {
            // SAFETY: the caller has checked the length; the copy is done when the call returns.
            unsafe { result(sys::cuMemcpyHtoD_v2(address, bytes.as_ptr().cast(), bytes.len())) }
        })
    }

    pub fn zero(&mut self) -> Result<(), KernelError> {
        let (address, bytes) = (self.buffer.as_device_ptr().as_raw(), self.buffer.len());
        if bytes == 0 {
            return Ok(());
        }
        self.with("setting to zero", || {
            // SAFETY: all of the buffer.
            unsafe { result(sys::cuMemsetD8_v2(address, 0, bytes)) }
        })
    }

    pub fn read(&self, bytes: &mut [u8]) -> Result<(), KernelError> {
        self.with("waiting for the kernels before copying", || self.shared.stream.synchronize())?;
        self.with("copying from", || self.buffer.copy_to(bytes))
    }
}

fn result(status: sys::cudaError_enum) -> CudaResult<()> {
    match status {
        sys::cudaError_enum::CUDA_SUCCESS => Ok(()),
        sys::cudaError_enum::CUDA_ERROR_OUT_OF_MEMORY => Err(CudaError::OutOfMemory),
        sys::cudaError_enum::CUDA_ERROR_INVALID_VALUE => Err(CudaError::InvalidValue),
        sys::cudaError_enum::CUDA_ERROR_ILLEGAL_ADDRESS => Err(CudaError::IllegalAddress),
        _ => Err(CudaError::UnknownError),
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
