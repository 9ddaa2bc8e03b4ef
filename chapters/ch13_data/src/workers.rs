//! Making batches in the background.
//!
//! Workers take numbers of batches in order, make them side by side, and put each into its place of a ring. The consumer
//! takes them out in order. The ring has as many places as batches may be ahead: a worker waits before it starts a batch
//! that has no place yet, so memory stays bounded. Nothing is allocated but the batches themselves.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::order::Plan;
use crate::{Batch, Dataset};

/// A batch, or the panic that occurred in making it.
type Made<I> = Result<Batch<I>, Box<dyn Any + Send>>;

/// The batches of one epoch, in order; made by [`Loader::epoch`](crate::Loader::epoch). Dropping it stops the workers and
/// waits for them to end.
pub struct Epoch<D: Dataset> {
    job: Arc<Job<D>>,
    /// The next batch to hand out.
    next: usize,
    workers: Vec<JoinHandle<()>>,
}

/// What consumer and workers share.
struct Job<D: Dataset> {
    data: Arc<D>,
    plan: Plan,
    order: Vec<Vec<usize>>,
    epoch: u64,
    ring: Mutex<Ring<D::Input>>,
    /// Rung when a batch was put in.
    filled: Condvar,
    /// Rung when a place became free, or when all is over.
    emptied: Condvar,
}

struct Ring<I> {
    /// Batch `b` goes to place `b % places.len()`.
    places: Vec<Option<Made<I>>>,
    /// The next batch that a worker begins.
    begin: usize,
    /// The next batch to hand out: batches from here to `taken + places.len()` have a place.
    taken: usize,
    stop: bool,
}

impl<D: Dataset> Epoch<D> {
    #[track_caller]
    pub(crate) fn start(
        data: &Arc<D>,
        plan: &Plan,
        order: Vec<Vec<usize>>,
        epoch: u64,
        from: usize,
        [workers, prefetch]: [usize; 2],
    ) -> Self {
        let workers = workers.min(order.len() - from);
        let places = (0..prefetch.max(workers)).map(|_| None).collect();
        let ring = Mutex::new(Ring { places, begin: from, taken: from, stop: false });
        let (data, plan, filled, emptied) = (data.clone(), plan.clone(), Condvar::new(), Condvar::new());
        let job = Arc::new(Job { data, plan, order, epoch, ring, filled, emptied });
        // If a later one cannot be started, dropping the epoch ends the earlier ones.
        let mut epoch = Epoch { job, next: from, workers: Vec::with_capacity(workers) };
        for number in 0..workers {
            let job = epoch.job.clone();
            let worker = thread::Builder::new().name(format!("loader-{number}")).spawn(move || job.work());
            epoch.workers.push(worker.expect("the system starts a thread for the loader"));
        }
        epoch
    }
}

impl<D: Dataset> Job<D> {
    /// Nothing panics while it holds the lock, and the ring is consistent at every step anyway.
    fn lock(&self) -> MutexGuard<'_, Ring<D::Input>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self, batch: usize) -> Batch<D::Input> {
        self.data.batch_of(self.epoch, &self.order[batch], &mut self.plan.rng(self.epoch, batch))
    }

    // ANCHOR: work
    /// The life of a worker.
    fn work(&self) {
        let mut ring = self.lock();
        loop {
            while !ring.stop && ring.begin < self.order.len() && ring.begin >= ring.taken + ring.places.len()
            {
                ring = self.emptied.wait(ring).unwrap_or_else(PoisonError::into_inner);
            }
            if ring.stop || ring.begin == self.order.len() {
                return;
            }
            let batch = ring.begin;
            ring.begin += 1;
            drop(ring);
            let made = catch_unwind(AssertUnwindSafe(|| self.make(batch)));
            ring = self.lock();
            let place = batch % ring.places.len();
            ring.places[place] = Some(made);
            self.filled.notify_one();
        }
    }
    // ANCHOR_END: work

    /// Waits for a batch to be made and takes it out of its place.
    fn take(&self, batch: usize) -> Made<D::Input> {
        let mut ring = self.lock();
        let place = batch % ring.places.len();
        loop {
            if let Some(made) = ring.places[place].take() {
                ring.taken = batch + 1;
                self.emptied.notify_one();
                return made;
            }
            ring = self.filled.wait(ring).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<D: Dataset> Iterator for Epoch<D> {
    type Item = Batch<D::Input>;

    fn next(&mut self) -> Option<Batch<D::Input>> {
        let batch = self.next;
        if batch == self.job.order.len() {
            return None;
        }
        self.next += 1;
        if self.workers.is_empty() {
            return Some(self.job.make(batch));
        }
        match self.job.take(batch) {
            Ok(made) => Some(made),
            Err(panic) => {
                // Nothing comes after a batch that could not be made.
                self.next = self.job.order.len();
                panic!("loader: batch {batch} of epoch {}: {}", self.job.epoch, message(&*panic));
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.job.order.len() - self.next;
        (left, Some(left))
    }
}

impl<D: Dataset> ExactSizeIterator for Epoch<D> {}

impl<D: Dataset> Drop for Epoch<D> {
    fn drop(&mut self) {
        self.job.lock().stop = true;
        self.job.emptied.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches the panics of the data set and has none of its own.
            let _ = worker.join();
        }
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message")
}
