//! The numbers that a device buffer may hold.

/// A number of the host that has the same bytes in CUDA.
///
/// # Safety
///
/// Every bit pattern is a value, there is no padding, and the types named by [`Element::CUDA`] have this size and layout.
pub unsafe trait Element: Copy + Default + Send + Sync + 'static {
    /// What a kernel may call it.
    const CUDA: &'static [&'static str];
}

// SAFETY: numbers of the same width and representation on both sides.
unsafe impl Element for f32 {
    const CUDA: &'static [&'static str] = &["float"];
}
// SAFETY: as above.
unsafe impl Element for i32 {
    const CUDA: &'static [&'static str] = &["int"];
}
// SAFETY: as above.
unsafe impl Element for u32 {
    const CUDA: &'static [&'static str] = &["unsigned int", "unsigned", "uint32_t"];
}
// SAFETY: as above.
unsafe impl Element for u64 {
    const CUDA: &'static [&'static str] = &["unsigned long long", "uint64_t"];
}
// SAFETY: as above.
unsafe impl Element for u8 {
    const CUDA: &'static [&'static str] = &["unsigned char", "uint8_t"];
}
// SAFETY: one u16, as `__nv_bfloat16`.
unsafe impl Element for Bf16 {
    const CUDA: &'static [&'static str] = &["__nv_bfloat16"];
}

/// bfloat16: the sign, the exponent and the first seven bits of the fraction of an `f32` (`torch.bfloat16`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bf16(
    /// The upper half of the bits of the `f32`.
    pub u16,
);

impl From<f32> for Bf16 {
    /// Rounds to nearest, ties to even; a NaN stays one.
    fn from(x: f32) -> Self {
        let bits = x.to_bits();
        if x.is_nan() { Self(0x7fff) } else { Self(((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16) }
    }
}

impl From<Bf16> for f32 {
    fn from(x: Bf16) -> Self {
        f32::from_bits(u32::from(x.0) << 16)
    }
}
