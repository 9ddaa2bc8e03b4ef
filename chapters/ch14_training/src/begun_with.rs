//! What must be the same when a run is resumed, written into its checkpoints.
//!
//! The data and the schedule are functions, which cannot be written down; but what they gave so far can be: the order
//! of the first epoch, and the learning rates of the steps that were taken. Both are kept as a checksum. The number of
//! epochs and the patience may change.

use std::collections::BTreeMap;

use ch10_schedules::Schedule;
use ch13_data::{Dataset, Loader};
use flate2::Crc;

use crate::Settings;

/// The settings that a run is begun with.
pub fn begun_with<D: Dataset>(settings: &Settings, train: &Loader<D>) -> BTreeMap<String, String> {
    let mut order = Crc::new();
    for batch in train.order(0) {
        batch.iter().for_each(|&example| order.update(&(example as u64).to_le_bytes()));
        order.update(b";");
    }
    let mut all = vec![
        ("clip_norm", format!("{:?}", settings.clip_norm)),
        ("label_smoothing", format!("{:?}", settings.label_smoothing)),
        ("monitor", format!("{:?}", settings.monitor)),
        ("batches of the first epoch", format!("{} ({:08x})", train.batches(), order.sum())),
    ];
    if settings.accumulate > 1 {
        all.push(("accumulate", settings.accumulate.to_string()));
    }
    if let Some(decay) = settings.ema {
        all.push(("ema", decay.to_string()));
    }
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A checksum of the rates before a step, 64 of them at most.
pub fn rates(schedule: &dyn Schedule, step: u64) -> String {
    let mut sum = Crc::new();
    for i in 0..step.min(64) {
        sum.update(&schedule.rate(i * step / step.min(64)).to_bits().to_le_bytes());
    }
    format!("{:08x}", sum.sum())
}

/// What a checkpoint was begun with that is otherwise now; empty if nothing is.
pub fn differences(
    notes: &BTreeMap<String, String>,
    settings: &BTreeMap<String, String>,
    schedule: &dyn Schedule,
) -> String {
    let step = notes.get("step").and_then(|step| step.parse().ok()).unwrap_or(0);
    let rates = ("rates".to_owned(), rates(schedule, step));
    let now = settings.iter().chain([(&rates.0, &rates.1)]);
    let differing = now.filter_map(|(name, value)| match notes.get(&format!("setting.{name}")) {
        Some(then) if then == value => None,
        Some(then) => Some(format!("{name}: {then} then, {value} now")),
        None => Some(format!("{name}: not in the checkpoint")),
    });
    let known = |name: &str| name == "rates" || settings.contains_key(name);
    let gone = notes.iter().filter_map(|(name, then)| {
        let name = name.strip_prefix("setting.").filter(|name| !known(name))?;
        Some(format!("{name}: {then} then, not set now"))
    });
    differing.chain(gone).collect::<Vec<_>>().join("; ")
}
