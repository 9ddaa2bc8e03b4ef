//! Writing in the background, one thing after the other.

use std::thread::{self, JoinHandle};

use crate::CheckpointError;

type Outcome = Result<(), CheckpointError>;

/// Runs one job at a time on a thread of its own; the next waits for the one before. Dropping it waits too, so that
/// whoever holds the lock of a run folder never lets go of it while something is still being written there.
#[derive(Default)]
pub struct Writer {
    job: Option<JoinHandle<Outcome>>,
}

impl Writer {
    /// Starts a job once the one before is done.
    ///
    /// # Errors
    /// With what the job before ran into; this job is not started then.
    pub fn start(&mut self, job: impl FnOnce() -> Outcome + Send + 'static) -> Outcome {
        self.wait()?;
        self.job = Some(thread::spawn(job));
        Ok(())
    }

    /// Waits for the job, if there is one.
    ///
    /// # Errors
    /// With what it ran into.
    pub fn wait(&mut self) -> Outcome {
        let Some(job) = self.job.take() else { return Ok(()) };
        job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Whether nothing is being written.
    pub fn is_idle(&self) -> bool {
        self.job.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // What went wrong is reported by `wait`; here something else has gone wrong already.
        let _ = self.job.take().map(JoinHandle::join);
    }
}
