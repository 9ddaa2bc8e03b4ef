//! Graphs: the launches of a piece of work, recorded once and launched again as one.
//!
//! A launch costs the host some microseconds, whatever the kernel does; a training step of small kernels is made of little else. A
//! graph is told to the driver once and then costs about one launch. It knows nothing but addresses and numbers: what it reads and
//! writes are always the same buffers, and a learning rate stays what it was when it was recorded.
//!
//! While work is recorded nothing runs, on no device. So the work must not wait for results, nor copy between host and device.

use std::sync::{Arc, MutexGuard, PoisonError};

use crate::buffer::{Memory, Piece, Store};
#[cfg(feature = "cuda")]
use crate::cuda;
use crate::device::Backend;
use crate::launch::Checked;
use crate::{Device, KernelError};

/// What a graph repeats.
pub(crate) enum Node {
    Launch(Checked),
    Zero(Piece),
}

/// Recorded work of one stream (`torch.cuda.CUDAGraph`). It keeps the memory that it uses, also when the buffers are dropped.
pub struct Graph {
    #[cfg(feature = "cuda")]
    cuda: Option<cuda::Graph>,
    nodes: Vec<Node>,
    device: Device,
    /// All memory that the nodes use, the name by which the first one does, and whether any of them writes to it.
    uses: Vec<(Arc<Store>, String, bool)>,
}

/// Ends the recording also when the work panics.
struct Recording<'a>(&'a Device);

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.0.recording().take();
    }
}

impl Device {
    pub(crate) fn recording(&self) -> MutexGuard<'_, Option<Vec<Node>>> {
        self.lane.recording.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// That no work is being recorded on this stream, which could not do this.
    pub(crate) fn not_recording(&self, action: &str) -> Result<(), KernelError> {
        match *self.recording() {
            Some(_) => Err(KernelError::Recording(action.to_owned())),
            None => Ok(()),
        }
    }

    /// Takes down what `work` launches on this stream, without running it. The graph, and what `work` returns: buffers that hold
    /// nothing yet, and will hold the results of the latest launch of the graph.
    ///
    /// # Errors
    ///
    /// What `work` reports; [`KernelError::Recording`] when it copies between host and device or waits; or what the driver says to the
    /// graph.
    pub fn record<R>(
        &self,
        work: impl FnOnce() -> Result<R, KernelError>,
    ) -> Result<(Graph, R), KernelError> {
        self.not_recording("recording")?;
        let guard = Recording(self);
        *self.recording() = Some(Vec::new());
        let result = work()?;
        let nodes = self.recording().take().unwrap_or_default();
        drop(guard);
        let mut uses: Vec<(Arc<Store>, String, bool)> = Vec::new();
        let mut note = |name: &str, store: &Arc<Store>, writes| match uses
            .iter_mut()
            .find(|(known, ..)| Arc::ptr_eq(known, store))
        {
            Some((.., written)) => *written |= writes,
            None => uses.push((store.clone(), name.to_owned(), writes)),
        };
        for node in &nodes {
            match node {
                Node::Launch(launch) => {
                    launch.pieces().for_each(|(name, piece, writes)| note(name, &piece.store, writes));
                }
                Node::Zero(piece) => note("the buffer", &piece.store, true),
            }
        }
        let graph = Graph {
            #[cfg(feature = "cuda")]
            cuda: self.as_cuda().map(|cuda| cuda.graph(&nodes, self.lane())).transpose()?,
            nodes,
            device: self.clone(),
            uses,
        };
        Ok((graph, result))
    }
}

impl Graph {
    /// The number of launches in it, and of buffers that it sets to 0.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing was launched while it was recorded.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Launches all of it, in order, on the stream where it was recorded; the host does not wait.
    ///
    /// # Errors
    ///
    /// Another stream is still using a buffer of it; the simulator found a fault, or the driver refused.
    pub fn launch(&self) -> Result<(), KernelError> {
        self.device.not_recording("launching a graph")?;
        let uses: Vec<_> = self.uses.iter().map(|(store, _, writes)| (&store.uses, *writes)).collect();
        self.device.order(&uses, |i| ("a graph".to_owned(), self.uses[i].1.clone()))?;
        match &self.device.inner.backend {
            Backend::Simulator(simulator) => self.nodes.iter().try_for_each(|node| match node {
                Node::Launch(launch) => simulator.run_again(launch),
                Node::Zero(piece) => match &piece.store.memory {
                    Memory::Simulator(memory) => {
                        memory.zero();
                        Ok(())
                    }
                    #[cfg(feature = "cuda")]
                    Memory::Cuda(_) => {
                        unreachable!("the launches have seen that all memory is of this device")
                    }
                },
            }),
            #[cfg(feature = "cuda")]
            Backend::Cuda(_) => match &self.cuda {
                Some(graph) => graph.launch(self.device.lane()),
                None => unreachable!("a graph of a GPU was made with it"),
            },
        }
    }
}
