//! The NVIDIA GPU, through cust: the only module that knows of it.
//!
//! Kernels come as PTX (`ptx/`), which the driver compiles for its device when a family is first used. Launches, copies and the
//! setting to zero go to the stream of the buffer's device, one after the other.

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_void};
use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cust::context::{Context, CurrentContext};
use cust::device::{Device as Gpu, DeviceAttribute};
use cust::error::{CudaError, CudaResult};
use cust::event::{Event, EventFlags};
use cust::memory::DeviceBuffer;
use cust::module::Module;
use cust::stream::{Stream, StreamFlags, StreamWaitEventFlags};
use cust::sys;

use crate::buffer;
use crate::graph::Node;
use crate::launch::{Checked, Passed};
use crate::{KernelError, PTX};

mod hopper;
mod memory;

pub(crate) use memory::{Memory, Pinned};

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
    name: String,
    /// Major and minor.
    capability: (i32, i32),
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

/// A stream.
pub(crate) struct Lane {
    shared: Arc<Shared>,
    stream: ManuallyDrop<Stream>,
}

// SAFETY: as for `Shared`.
unsafe impl Send for Lane {}
// SAFETY: as above.
unsafe impl Sync for Lane {}

impl Drop for Lane {
    fn drop(&mut self) {
        if self.shared.current().is_ok() {
            // SAFETY: dropped here and nowhere else.
            unsafe { ManuallyDrop::drop(&mut self.stream) };
        }
    }
}

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
        let modules = Mutex::new(HashMap::new());
        Ok(Self { shared: Arc::new(Shared { context, name, capability: (major, minor), modules }) })
    }

    pub fn name(&self) -> &str {
        &self.shared.name
    }

    pub fn lane(&self) -> Result<Lane, KernelError> {
        self.shared.current().map_err(refused("making a stream"))?;
        let stream = Stream::new(StreamFlags::DEFAULT, None).map_err(refused("making a stream"))?;
        Ok(Lane { shared: self.shared.clone(), stream: ManuallyDrop::new(stream) })
    }

    pub fn wait(&self, lane: &Lane, other: &Lane) -> Result<(), KernelError> {
        let act = || {
            self.shared.current()?;
            let event = Event::new(EventFlags::DISABLE_TIMING)?;
            event.record(&other.stream)?;
            lane.stream.wait_event(event, StreamWaitEventFlags::DEFAULT)
        };
        act().map_err(refused("letting a stream wait for another"))
    }

    pub fn synchronize(&self, lane: &Lane) -> Result<(), KernelError> {
        let act = || {
            self.shared.current()?;
            lane.stream.synchronize()
        };
        act().map_err(refused("waiting for the kernels"))
    }

    pub fn timed(
        &self,
        lane: &Lane,
        work: impl FnOnce() -> Result<(), KernelError>,
    ) -> Result<Duration, KernelError> {
        let event = || {
            self.shared.current()?;
            let event = Event::new(EventFlags::DEFAULT)?;
            event.record(&lane.stream)?;
            Ok(event)
        };
        let start = event().map_err(refused("recording an event"))?;
        work()?;
        let end = event().map_err(refused("recording an event"))?;
        end.synchronize().map_err(refused("waiting for the kernels"))?;
        let milliseconds = end.elapsed_time_f32(&start).map_err(refused("reading the time"))?;
        Ok(Duration::from_secs_f64(f64::from(milliseconds) / 1e3))
    }

    pub fn pinned(&self, bytes: usize) -> Result<Pinned, KernelError> {
        let action = format!("pinning {bytes} bytes of the host");
        let act = || {
            self.shared.current()?;
            let event = Event::new(EventFlags::DISABLE_TIMING)?;
            let mut start = std::ptr::null_mut();
            // SAFETY: the driver writes the address; the bytes are zeroed before anybody reads them.
            unsafe {
                result(sys::cuMemAllocHost_v2(&raw mut start, bytes.max(1)))?;
                std::ptr::write_bytes(start.cast::<u8>(), 0, bytes);
            }
            Ok(Pinned { shared: self.shared.clone(), start: start.cast(), event: ManuallyDrop::new(event) })
        };
        act().map_err(refused(action))
    }

    pub fn allocate(&self, bytes: usize) -> Result<Memory, KernelError> {
        let action = || format!("allocating {bytes} bytes on {}", self.shared.name);
        self.shared.current().map_err(refused(action()))?;
        // SAFETY: the bytes are read only after they were written: by `write`, `zero`, or a kernel.
        let buffer = unsafe { DeviceBuffer::uninitialized(bytes) }.map_err(refused(action()))?;
        Ok(Memory { shared: self.shared.clone(), buffer: ManuallyDrop::new(buffer) })
    }

    /// The modules, that of this file among them.
    fn module(
        &self,
        file: &str,
        kernel: &str,
    ) -> Result<MutexGuard<'_, HashMap<String, Module>>, KernelError> {
        self.shared.current().map_err(refused("making the context current"))?;
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
        Ok(modules)
    }

    pub fn run(&self, launch: &Checked, lane: &Lane) -> Result<(), KernelError> {
        let Checked { ref file, grid, block, shared_bytes, ref args, .. } = *launch;
        let (kernel, file) = (launch.kernel(), &**file);
        let failed = |doing: &str| {
            refused(format!(
                "{kernel}: {doing} (grid {grid}, block {block}, {shared_bytes} bytes of shared memory)"
            ))
        };
        self.shared.current().map_err(failed("making the context current"))?;
        let modules = self.module(file, kernel)?;
        let function = modules[file].get_function(kernel).map_err(failed("finding the kernel in its PTX"))?;
        let addresses: Vec<u64> = args
            .iter()
            .map(|passed| match passed {
                Passed::Number(bytes) => u64::from_ne_bytes(*bytes),
                Passed::Pointer(Some(piece), _) => of(&piece.store.memory).buffer.as_device_ptr().as_raw(),
                Passed::Pointer(None, _) => 0,
            })
            .collect();
        let mut pointers: Vec<*mut c_void> =
            addresses.iter().map(|value| std::ptr::from_ref(value).cast_mut().cast()).collect();
        if shared_bytes > 48 * 1024 {
            let which = sys::CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            // SAFETY: a function of a loaded module.
            let status = unsafe { sys::cuFuncSetAttribute(function.to_raw(), which, shared_bytes as i32) };
            result(status).map_err(failed("asking for more than 48 KB of shared memory"))?;
        }
        // SAFETY: `Launch` has checked count and types of the arguments against the kernel's declaration; the buffers live until
        // their memory is freed, which waits for the device.
        let status = unsafe {
            sys::cuLaunchKernel(
                function.to_raw(),
                grid.x,
                grid.y,
                grid.z,
                block.x,
                block.y,
                block.z,
                shared_bytes,
                lane.stream.as_inner(),
                pointers.as_mut_ptr(),
                std::ptr::null_mut(),
            )
        };
        result(status).map_err(failed("launching"))
    }

    /// The graph of these nodes: they are launched on the stream while the driver takes them down.
    pub fn graph(&self, nodes: &[Node], lane: &Lane) -> Result<Graph, KernelError> {
        let stream = lane.stream.as_inner();
        let failed = || refused(format!("making a graph of {} launches", nodes.len()));
        for node in nodes {
            if let Node::Launch(launch) = node {
                drop(self.module(&launch.file, launch.kernel())?); // not in the middle of a capture
            }
        }
        let mode = sys::CUstreamCaptureMode_enum::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        self.shared.current().map_err(failed())?;
        // SAFETY: a stream of this context.
        result(unsafe { sys::cuStreamBeginCapture_v2(stream, mode) }).map_err(failed())?;
        let launched = nodes.iter().try_for_each(|node| match node {
            Node::Launch(launch) => self.run(launch, lane),
            Node::Zero(piece) => of(&piece.store.memory).zero(piece.bytes, lane),
        });
        let (mut graph, mut exec) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: ends the capture that was begun above; the driver writes the handles. The executable graph is a copy.
        let made = unsafe {
            let ended = result(sys::cuStreamEndCapture(stream, &raw mut graph));
            let made = ended.and_then(|()| result(sys::cuGraphInstantiateWithFlags(&raw mut exec, graph, 0)));
            if !graph.is_null() {
                sys::cuGraphDestroy(graph);
            }
            made
        };
        launched?;
        made.map_err(failed())?;
        Ok(Graph { shared: self.shared.clone(), exec, len: nodes.len() })
    }
}

fn of(memory: &buffer::Memory) -> &Memory {
    match memory {
        buffer::Memory::Cuda(memory) => memory,
        buffer::Memory::Simulator(_) => unreachable!("the launch has seen that the buffer is of this device"),
    }
}

/// A graph that the driver has taken down.
pub(crate) struct Graph {
    shared: Arc<Shared>,
    exec: sys::CUgraphExec,
    len: usize,
}

// SAFETY: as for `Shared`.
unsafe impl Send for Graph {}
// SAFETY: as above.
unsafe impl Sync for Graph {}

impl Graph {
    pub fn launch(&self, lane: &Lane) -> Result<(), KernelError> {
        // SAFETY: the graph and its memory live until their owner is dropped.
        let launched = self
            .shared
            .current()
            .and_then(|()| result(unsafe { sys::cuGraphLaunch(self.exec, lane.stream.as_inner()) }));
        launched.map_err(refused(format!("launching a graph of {} launches", self.len)))
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        if self.shared.current().is_ok() {
            // SAFETY: made by `Cuda::graph` and destroyed once; first all work of the device ends.
            unsafe {
                sys::cuCtxSynchronize();
                sys::cuGraphExecDestroy(self.exec);
            }
        }
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
