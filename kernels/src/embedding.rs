//! Embedding: gather, and its gradient, scatter-add (`cuda/embedding.cu`).

use crate::rung::{has, kernel};
use crate::{DeviceBuffer, KernelError};

/// The rungs of [`embedding`].
pub const EMBEDDING: &[&str] = &["one thread an element", "one warp a row"];
/// The rungs of [`embedding_backward`].
pub const EMBEDDING_BACKWARD: &[&str] = &["atomics", "sorted by word, the same bits each time"];

/// y = rows of the table: ids `[n]`, table `[vocabulary, width]`, y `[n, width]` (`torch.nn.functional.embedding`). The ids come
/// from the host, which is where they can be checked.
///
/// # Errors
///
/// An id outside the vocabulary, sizes that do not fit, an unknown version, or what the launch reports.
pub fn embedding(
    version: usize,
    table: &DeviceBuffer<f32>,
    ids: &[i32],
    y: &mut DeviceBuffer<f32>,
    [vocabulary, width]: [usize; 2],
) -> Result<(), KernelError> {
    const NAME: &str = "embedding";
    let name = kernel(NAME, version, EMBEDDING)?;
    has(NAME, "table", table, &[vocabulary, width])?;
    has(NAME, "y", y, &[ids.len(), width])?;
    check(NAME, ids, vocabulary)?;
    let n = ids.len();
    let threads = if version == 1 { n * width } else { n * 32 };
    let ids = table.device().upload(ids)?;
    table.device().kernel(&name).over(threads, 256).arg(table).arg(&ids).arg(y).arg(n).arg(width).launch()
}

/// `dtable[ids[i]] += dy[i]` for every i: dy `[n, width]`, dtable `[vocabulary, width]`, which is added to.
///
/// # Errors
///
/// As [`embedding`].
pub fn embedding_backward(
    version: usize,
    dy: &DeviceBuffer<f32>,
    ids: &[i32],
    dtable: &mut DeviceBuffer<f32>,
    [vocabulary, width]: [usize; 2],
) -> Result<(), KernelError> {
    const NAME: &str = "embedding_backward";
    let name = kernel(NAME, version, EMBEDDING_BACKWARD)?;
    has(NAME, "dy", dy, &[ids.len(), width])?;
    has(NAME, "dtable", dtable, &[vocabulary, width])?;
    check(NAME, ids, vocabulary)?;
    let (device, n) = (dy.device(), ids.len());
    if version == 1 {
        let ids = device.upload(ids)?;
        return device
            .kernel(&name)
            .over(n * width, 256)
            .arg(dy)
            .arg(&ids)
            .arg(dtable)
            .arg(n)
            .arg(width)
            .launch();
    }
    // Positions sorted by word, the earlier first, and where each word begins.
    let mut order: Vec<i32> = (0..n as i32).collect();
    order.sort_by_key(|&i| ids[i as usize]);
    let mut starts = vec![0i32; vocabulary + 1];
    for &id in ids {
        starts[id as usize + 1] += 1;
    }
    for word in 0..vocabulary {
        starts[word + 1] += starts[word];
    }
    let (order, starts) = (device.upload(&order)?, device.upload(&starts)?);
    let launch = device.kernel(&name).over(vocabulary * 32, 256).arg(dy).arg(&order).arg(&starts);
    launch.arg(dtable).arg(vocabulary).arg(width).launch()
}

fn check(operation: &'static str, ids: &[i32], vocabulary: usize) -> Result<(), KernelError> {
    match ids.iter().position(|&id| usize::try_from(id).map_or(true, |id| id >= vocabulary)) {
        None => Ok(()),
        Some(at) => {
            let message = format!("id {} at position {at} is outside a vocabulary of {vocabulary}", ids[at]);
            Err(KernelError::Shape { operation, message })
        }
    }
}
