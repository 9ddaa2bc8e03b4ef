//! Attention: forward and backward in f32 (`cuda/attention.cu`), forward in bf16 on tensor cores (`cuda/attention_bf16.cu`).

use crate::rung::{has, kernel};
use crate::{Bf16, DeviceBuffer, Element, KernelError, Launch};

/// The rungs of [`attention`].
pub const ATTENTION: &[&str] =
    &["one block a query, scores in shared memory", "flash: tiles and an online softmax"];
/// The rungs of [`attention_backward`].
pub const ATTENTION_BACKWARD: &[&str] =
    &["flash: probabilities computed again, tile by tile", "four lanes a row"];

/// The widths for which version 2 and backward are compiled.
pub const WIDTHS: [usize; 4] = [16, 32, 64, 128];

/// The longest sequence of version 1, whose scores must fit the shared memory of a block.
pub const LONGEST_PLAIN: usize = 12_000;

type Floats = DeviceBuffer<f32>;

/// The sizes of an attention, and what it leaves out.
#[derive(Clone, Copy)]
pub struct AttentionShape<'a> {
    /// Heads times sequences.
    pub sets: usize,
    /// Queries, and keys, of a set.
    pub length: usize,
    /// Width of a head.
    pub width: usize,
    /// Query t sees keys up to t only.
    pub causal: bool,
    /// How many keys of each set are there, `[sets]`; the rest is padding. None: all.
    pub lengths: Option<&'a DeviceBuffer<i32>>,
}

impl AttentionShape<'_> {
    fn check<T: Element>(
        &self,
        operation: &'static str,
        buffers: &[(&str, &DeviceBuffer<T>)],
    ) -> Result<(), KernelError> {
        for (name, buffer) in buffers {
            has(operation, name, buffer, &[self.sets, self.length, self.width])?;
        }
        if let Some(lengths) = self.lengths {
            has(operation, "lengths", lengths, &[self.sets])?;
        }
        Ok(())
    }

    fn scale(&self) -> f32 {
        1.0 / (self.width as f32).sqrt()
    }

    /// The name of the kernel for this width, in blocks of 32 rows.
    fn flash<'a>(
        &self,
        q: &'a Floats,
        operation: &'static str,
        name: &str,
    ) -> Result<Launch<'a>, KernelError> {
        if !WIDTHS.contains(&self.width) {
            let message =
                format!("a head of width {}: flash attention is compiled for {WIDTHS:?}", self.width);
            return Err(KernelError::Shape { operation, message });
        }
        let launch = q.device().kernel(&format!("{name}_{}", self.width));
        Ok(launch.grid((self.length.div_ceil(32), self.sets)).block(32))
    }
}

/// out = softmax(q kᵀ / sqrt(width)) v per set (`torch.nn.functional.scaled_dot_product_attention`); all `[sets, length, width]`.
/// Returns the log of the sum of exponentials of every row, `[sets, length]`, for backward. A query that sees no key gets 0.
///
/// # Errors
///
/// Sizes that do not fit, a width that version 2 is not compiled for, a sequence too long for version 1, an unknown version,
/// or what the launch reports.
pub fn attention(
    version: usize,
    [q, k, v]: [&Floats; 3],
    out: &mut Floats,
    shape: &AttentionShape,
) -> Result<Floats, KernelError> {
    const NAME: &str = "attention";
    let name = kernel(NAME, version, ATTENTION)?;
    shape.check(NAME, &[("q", q), ("k", k), ("v", v), ("out", out)])?;
    let &AttentionShape { sets, length, width, causal, lengths } = shape;
    let mut lse = q.device().uninit(sets * length)?;
    if out.is_empty() {
        return Ok(lse);
    }
    if version == 1 {
        if length > LONGEST_PLAIN {
            let message = format!("length {length}: version 1 goes up to {LONGEST_PLAIN}");
            return Err(KernelError::Shape { operation: NAME, message });
        }
        let launch = q.device().kernel(&name).grid((length, sets)).block(128).shared_bytes(4 * length);
        let launch = launch.arg(q).arg(k).arg(v).arg(lengths).arg(out).arg(&mut lse);
        launch.arg(length).arg(width).arg(shape.scale()).arg(i32::from(causal)).launch()?;
    } else {
        let launch = shape.flash(q, NAME, &name)?.arg(q).arg(k).arg(v).arg(lengths).arg(out).arg(&mut lse);
        launch.arg(length).arg(shape.scale()).arg(i32::from(causal)).launch()?;
    }
    Ok(lse)
}

/// The gradients dq, dk and dv (in `to`, overwritten) from dout, and from out and lse of [`attention`].
///
/// # Errors
///
/// As [`attention`].
pub fn attention_backward(
    version: usize,
    [q, k, v]: [&Floats; 3],
    [out, lse, dout]: [&Floats; 3],
    [dq, dk, dv]: [&mut Floats; 3],
    shape: &AttentionShape,
) -> Result<(), KernelError> {
    const NAME: &str = "attention_backward";
    kernel(NAME, version, ATTENTION_BACKWARD)?;
    shape.check(
        NAME,
        &[("q", q), ("k", k), ("v", v), ("out", out), ("dout", dout), ("dq", dq), ("dk", dk), ("dv", dv)],
    )?;
    let &AttentionShape { sets, length, width, causal, lengths } = shape;
    has(NAME, "lse", lse, &[sets, length])?;
    if q.is_empty() {
        return Ok(());
    }
    let rows = sets * length;
    let mut delta = q.device().uninit::<f32>(rows)?;
    let launch = q.device().kernel("attention_delta_v1").over(rows * 32, 128);
    launch.arg(dout).arg(out).arg(&mut delta).arg(rows).arg(width).launch()?;
    let (scale, causal) = (shape.scale(), i32::from(causal));
    let threads = [32, 128][version - 1];
    let launch = shape
        .flash(q, NAME, &format!("attention_backward_query_v{version}"))?
        .block(threads)
        .arg(q)
        .arg(k)
        .arg(v)
        .arg(lengths);
    launch.arg(dout).arg(lse).arg(&delta).arg(dq).arg(length).arg(scale).arg(causal).launch()?;
    let launch = shape
        .flash(q, NAME, &format!("attention_backward_key_v{version}"))?
        .block(threads)
        .arg(q)
        .arg(k)
        .arg(v)
        .arg(lengths);
    launch.arg(dout).arg(lse).arg(&delta).arg(dk).arg(dv).arg(length).arg(scale).arg(causal).launch()
}

/// The rungs of [`attention_bf16`].
pub const ATTENTION_BF16: &[&str] = &["flash with mma.sync", "the next tiles on their way, powers of 2"];

/// The widths for which [`attention_bf16`] is compiled.
pub const WIDTHS_BF16: [usize; 2] = [64, 128];

/// As [`attention`], on tensor cores: q, k and v in bf16, out and the result in f32. Probabilities are rounded to bf16 before they
/// meet the values, so an element of out is off by at most 2^-8 of the mean of |v|.
///
/// # Errors
///
/// As [`attention`], and a width that it is not compiled for.
pub fn attention_bf16(
    version: usize,
    [q, k, v]: [&DeviceBuffer<Bf16>; 3],
    out: &mut Floats,
    shape: &AttentionShape,
) -> Result<Floats, KernelError> {
    const NAME: &str = "attention_bf16";
    let name = kernel(NAME, version, ATTENTION_BF16)?;
    shape.check(NAME, &[("q", q), ("k", k), ("v", v)])?;
    shape.check(NAME, &[("out", out)])?;
    let &AttentionShape { sets, length, width, causal, lengths } = shape;
    if !WIDTHS_BF16.contains(&width) {
        let message = format!("a head of width {width}: it is compiled for {WIDTHS_BF16:?}");
        return Err(KernelError::Shape { operation: NAME, message });
    }
    let mut lse = q.device().uninit(sets * length)?;
    if out.is_empty() {
        return Ok(lse);
    }
    let launch = q.device().kernel(&format!("{name}_{width}"));
    let launch = launch.grid((length.div_ceil(64), sets)).block(128);
    // Version 2: two pairs of tiles, 64 rows of `width` numbers each.
    let launch = if version == 2 { launch.shared_bytes(2 * 2 * 64 * width * 2) } else { launch };
    let launch = launch.arg(q).arg(k).arg(v).arg(lengths).arg(out).arg(&mut lse);
    launch.arg(length).arg(shape.scale()).arg(i32::from(causal)).launch()?;
    Ok(lse)
}
