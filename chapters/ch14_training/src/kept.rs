//! Checkpoints that are kept: the last few, beside the two slots and the best weights.
//!
//! The slots are for going on after a kill. To go back further, to before a loss went wrong, takes older ones: each
//! checkpoint is then written once more under the number of its step, and the oldest beyond `keep_last` are removed,
//! after the new one is on the disk, so that there are never fewer.

use std::fs;
use std::path::PathBuf;

use crate::{CheckpointError, RunDir, Saved};

impl RunDir {
    /// The checkpoints that were kept, by the number of their step, oldest first.
    pub fn kept(&self) -> Vec<(u64, PathBuf)> {
        let entries = fs::read_dir(self.path().join("checkpoints")).into_iter().flatten().flatten();
        let numbered = entries.filter_map(|entry| {
            let name = entry.file_name();
            let step = name.to_str()?.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse().ok()?;
            Some((step, entry.path()))
        });
        let mut kept: Vec<(u64, PathBuf)> = numbered.collect();
        kept.sort();
        kept
    }
}

// ANCHOR: keep
/// Keeps a checkpoint of this step, and removes the oldest beyond `last`.
pub fn keep(dir: &RunDir, content: &Saved, step: u64, last: usize) -> Result<(), CheckpointError> {
    let path = dir.path().join("checkpoints").join(format!("step-{step:09}.safetensors"));
    content.write(&**dir.disk(), &path)?;
    let kept = dir.kept();
    for (_, path) in &kept[..kept.len().saturating_sub(last)] {
        // One that cannot be removed takes room and does no other harm; the next time it is tried again.
        let _ = dir.disk().remove(path);
    }
    Ok(())
}
// ANCHOR_END: keep
