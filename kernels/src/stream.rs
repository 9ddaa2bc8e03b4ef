//! Which work comes before which: streams, and a check that no launch meets unfinished work of another stream.
//!
//! What is launched on one stream runs in order. Between streams there is no order, unless one waits for the other
//! ([`Device::wait_for`](crate::Device::wait_for)) or the host waits for all. Every stream counts its launches and knows, for each
//! other stream, how many of its launches are surely done (a vector clock). A buffer remembers who wrote and read it last. So a
//! launch that would race is refused on every device, whether or not the race would have done harm this time.

use std::sync::{Arc, Mutex, PoisonError};

use crate::graph::Node;

/// For every stream, how many of its launches are done.
type Clock = Vec<u64>;

/// The clocks of the streams of one device, and that of the host.
#[derive(Default)]
pub(crate) struct Order {
    clocks: Mutex<(Vec<Clock>, Clock)>,
}

/// The last uses of a buffer: stream and number of the launch.
#[derive(Default)]
pub(crate) struct Uses {
    write: Option<(usize, u64)>,
    reads: Vec<(usize, u64)>,
}

fn join(into: &mut Clock, other: &Clock) {
    into.resize(into.len().max(other.len()), 0);
    for (mine, theirs) in into.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

fn done(clock: &Clock, (stream, launch): (usize, u64)) -> bool {
    clock.get(stream).is_some_and(|&n| n >= launch)
}

impl Order {
    fn with<R>(&self, act: impl FnOnce(&mut Vec<Clock>, &mut Clock) -> R) -> R {
        let mut all = self.clocks.lock().unwrap_or_else(PoisonError::into_inner);
        let (streams, host) = &mut *all;
        act(streams, host)
    }

    /// A new stream's number; it comes after all that the host has waited for.
    pub fn stream(&self) -> usize {
        self.with(|streams, host| {
            streams.push(host.clone());
            streams.len() - 1
        })
    }

    /// The next launch on `stream` touches these buffers (true: writes). The number of the first one it must not touch yet, with the
    /// stream that is not done with it; otherwise the uses are noted.
    pub fn launch(&self, stream: usize, uses: &[(&Mutex<Uses>, bool)]) -> Result<(), (usize, usize)> {
        self.with(|streams, host| {
            let clock = &mut streams[stream];
            join(clock, host);
            for (i, (buffer, writes)) in uses.iter().enumerate() {
                let buffer = buffer.lock().unwrap_or_else(PoisonError::into_inner);
                let readers = buffer.reads.iter().filter(|_| *writes);
                if let Some(other) = buffer.write.iter().chain(readers).find(|u| !done(clock, **u)) {
                    return Err((i, other.0));
                }
            }
            clock.resize(clock.len().max(stream + 1), 0);
            clock[stream] += 1;
            let now = (stream, clock[stream]);
            for (buffer, writes) in uses {
                let mut buffer = buffer.lock().unwrap_or_else(PoisonError::into_inner);
                if *writes {
                    *buffer = Uses { write: Some(now), reads: Vec::new() };
                } else {
                    buffer.reads.retain(|(other, _)| *other != stream);
                    buffer.reads.push(now);
                }
            }
            Ok(())
        })
    }

    /// What `stream` does next comes after all that was given to `other` so far.
    pub fn wait(&self, stream: usize, other: usize) {
        self.with(|streams, _| {
            let theirs = streams[other].clone();
            join(&mut streams[stream], &theirs);
        });
    }

    /// The host has waited for `stream`.
    pub fn finish(&self, stream: usize) {
        self.with(|streams, host| join(host, &streams[stream]));
    }
}

/// One stream of a device.
pub(crate) struct Lane {
    pub number: usize,
    /// What was launched since a graph began to be recorded here, if one is.
    pub recording: Mutex<Option<Vec<Node>>>,
    #[cfg(feature = "cuda")]
    pub cuda: Option<crate::cuda::Lane>,
}

/// A shared stream.
pub(crate) type SharedLane = Arc<Lane>;
