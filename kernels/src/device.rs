//! A device and the memory on it: the simulator or a GPU behind one face.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::buffer::{Buffer, Memory, Store};
#[cfg(feature = "cuda")]
use crate::cuda::{self, Cuda};
use crate::graph::Node;
use crate::launch::{Checked, Launch};
use crate::rewrite::{self, Signature};
use crate::simulator::Simulator;
use crate::stream::{Lane, Order, SharedLane, Uses};
use crate::{Counts, DeviceBuffer, Element, KernelError, SOURCES};

/// What runs kernels, and the stream on which it does. Clones are the same device and stream.
#[derive(Clone)]
pub struct Device {
    pub(crate) inner: Arc<Inner>,
    pub(crate) lane: SharedLane,
}

pub(crate) struct Inner {
    pub backend: Backend,
    order: Order,
    /// Kernels given as text to this device: file and declaration.
    loaded: Mutex<HashMap<String, Found>>,
}

type Found = (Arc<str>, Arc<Signature>);

pub(crate) enum Backend {
    Simulator(Simulator),
    #[cfg(feature = "cuda")]
    Cuda(Cuda),
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
        Self::new(Backend::Simulator(Simulator::new()?))
    }

    /// The NVIDIA GPU of this number, from 0.
    ///
    /// # Errors
    ///
    /// [`KernelError::NoDevice`] in one line: no driver, no such device, or one older than compute capability 8.0.
    #[cfg(feature = "cuda")]
    pub fn cuda(number: u32) -> Result<Self, KernelError> {
        Self::new(Backend::Cuda(Cuda::new(number)?))
    }

    fn new(backend: Backend) -> Result<Self, KernelError> {
        let inner = Inner { backend, order: Order::default(), loaded: Mutex::new(HashMap::new()) };
        Self::on_new_stream(&Arc::new(inner))
    }

    fn on_new_stream(inner: &Arc<Inner>) -> Result<Self, KernelError> {
        #[cfg(feature = "cuda")]
        let cuda = match &inner.backend {
            Backend::Cuda(cuda) => Some(cuda.lane()?),
            Backend::Simulator(_) => None,
        };
        let lane = Lane {
            number: inner.order.stream(),
            recording: Mutex::new(None),
            #[cfg(feature = "cuda")]
            cuda,
        };
        Ok(Self { inner: inner.clone(), lane: Arc::new(lane) })
    }

    /// The same device on another stream: buffers made through the result, and what is launched on them, are on that stream. Work of
    /// two streams may run at the same time, in any order; [`wait_for`](Device::wait_for) orders them. (The simulator does all work at
    /// once, but refuses what is not ordered, as every device does here.)
    ///
    /// # Errors
    ///
    /// The driver refuses.
    pub fn new_stream(&self) -> Result<Self, KernelError> {
        Self::on_new_stream(&self.inner)
    }

    /// The number of the stream, from 0.
    pub fn stream(&self) -> usize {
        self.lane.number
    }

    /// What is launched here from now on comes after all that was launched on `other` so far; the host does not wait
    /// (`torch.cuda.Stream.wait_stream`).
    ///
    /// # Errors
    ///
    /// `other` is another device, or the driver refuses.
    pub fn wait_for(&self, other: &Device) -> Result<(), KernelError> {
        self.same(other)?;
        [self, other].iter().try_for_each(|stream| stream.not_recording("waiting for a stream"))?;
        self.inner.order.wait(self.lane.number, other.lane.number);
        #[cfg(feature = "cuda")]
        if let (Some(cuda), Some(mine), Some(theirs)) = (self.as_cuda(), &self.lane.cuda, &other.lane.cuda) {
            cuda.wait(mine, theirs)?;
        }
        Ok(())
    }

    /// The host waits for all that was launched on this stream.
    ///
    /// # Errors
    ///
    /// The driver reports what a kernel did wrong.
    pub fn synchronize(&self) -> Result<(), KernelError> {
        self.not_recording("waiting for the device")?;
        #[cfg(feature = "cuda")]
        if let Some(cuda) = self.as_cuda() {
            cuda.synchronize(self.lane())?;
        }
        self.inner.order.finish(self.lane.number);
        Ok(())
    }

    /// How long the device takes for what `work` launches on this stream; none on the simulator, whose time says nothing.
    ///
    /// # Errors
    ///
    /// What `work` reports, or the driver.
    pub fn timed(
        &self,
        work: impl FnOnce() -> Result<(), KernelError>,
    ) -> Result<Option<Duration>, KernelError> {
        self.not_recording("measuring a time")?;
        #[cfg(feature = "cuda")]
        if let Some(cuda) = self.as_cuda() {
            return cuda.timed(self.lane(), work).map(Some);
        }
        work().map(|()| None)
    }

    /// Begins to count what launches ask of the device, from 0. A GPU counts nothing.
    pub fn start_counting(&self) {
        match &self.inner.backend {
            Backend::Simulator(simulator) => simulator.start_counting(),
            #[cfg(feature = "cuda")]
            Backend::Cuda(_) => {}
        }
    }

    /// The counts since [`start_counting`](Device::start_counting), if it was called and this is the simulator.
    pub fn counts(&self) -> Option<Counts> {
        match &self.inner.backend {
            Backend::Simulator(simulator) => simulator.counts(),
            #[cfg(feature = "cuda")]
            Backend::Cuda(_) => None,
        }
    }

    #[cfg(feature = "cuda")]
    pub(crate) fn as_cuda(&self) -> Option<&Cuda> {
        match &self.inner.backend {
            Backend::Simulator(_) => None,
            Backend::Cuda(cuda) => Some(cuda),
        }
    }

    #[cfg(feature = "cuda")]
    pub(crate) fn lane(&self) -> &cuda::Lane {
        self.lane.cuda.as_ref().expect("a stream of a GPU is a stream of CUDA")
    }

    /// That `other` is a stream of the same device.
    pub(crate) fn same(&self, other: &Device) -> Result<(), KernelError> {
        if Arc::ptr_eq(&self.inner, &other.inner) {
            return Ok(());
        }
        Err(KernelError::NoDevice("the stream is one of another device".to_owned()))
    }

    /// Notes a copy on this stream, or says that another stream is in the way.
    pub(crate) fn order_copy(
        &self,
        action: &str,
        uses: &Mutex<Uses>,
        writes: bool,
    ) -> Result<(), KernelError> {
        self.not_recording(action)?;
        self.order(&[(uses, writes)], |_| (action.to_owned(), "the buffer".to_owned()))
    }

    /// Notes that what runs next on this stream uses these, or says that another stream is in the way: `name` gives the action and the
    /// name of the one that is still in use.
    pub(crate) fn order(
        &self,
        uses: &[(&Mutex<Uses>, bool)],
        name: impl FnOnce(usize) -> (String, String),
    ) -> Result<(), KernelError> {
        self.inner.order.launch(self.lane.number, uses).map_err(|(i, other)| {
            let (action, name) = name(i);
            KernelError::StreamRace { action, name, stream: self.lane.number, other }
        })
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
        Self::new(Backend::Simulator(Simulator::with(reversed, portable_fibers)?))
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
        let store = Arc::new(Store { memory, uses: Mutex::new(Uses::default()) });
        Ok(DeviceBuffer { device: self.clone(), store, len, capacity: len, element: PhantomData })
    }

    pub(crate) fn find(&self, kernel: &str) -> Option<Found> {
        let loaded = self.inner.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.get(kernel).or_else(|| built_in().get(kernel)).cloned()
    }

    pub(crate) fn owns(&self, buffer: &dyn Buffer) -> bool {
        Arc::ptr_eq(&self.inner, &buffer.device().inner)
    }

    /// Runs a launch, or takes it down if work is being recorded on this stream.
    pub(crate) fn run(&self, launch: Checked) -> Result<(), KernelError> {
        if let Some(nodes) = &mut *self.recording() {
            nodes.push(Node::Launch(launch));
            return Ok(());
        }
        let (names, uses): (Vec<&str>, Vec<_>) =
            launch.pieces().map(|(name, piece, writes)| (name, (&piece.store.uses, writes))).unzip();
        self.order(&uses, |i| (launch.kernel().to_owned(), names[i].to_owned()))?;
        match &self.inner.backend {
            Backend::Simulator(simulator) => simulator.run(&launch),
            #[cfg(feature = "cuda")]
            Backend::Cuda(cuda) => cuda.run(&launch, self.lane()),
        }
    }
}
