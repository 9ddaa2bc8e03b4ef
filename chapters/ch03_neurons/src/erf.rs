//! The error function `erf(x) = 2/√π ∫₀ˣ e^(-t²) dt`, in 32 bits for speed and in 64 bits for proof.
//!
//! `(1 + erf(x / √2)) / 2` is the probability that a standard normal number is below `x`: GELU needs it. There is no
//! closed form, and Rust's standard library has none.
//!
//! - 64 bits: the rational approximations of fdlibm's `s_erf.c` (Sun Microsystems 1993), error below 1 ulp.
//! - 32 bits: two polynomials of our own, found by a weighted minimax fit (`tests/golden/make_ch03.py`), both computed
//!   always and one of them chosen, so that loops become vector code. Error below 2 ulp (tested).

use crate::exp::exp_within_f32;

/// erf(x) in 32 bits, without branches.
#[inline(always)]
pub fn erf_f32(x: f32) -> f32 {
    // |x| < 1: x (1 + P(x²)). The fit is off by 1.2e-9.
    let z = x * x;
    let mut p = 7.889_12e-5;
    p = p * z - 8.020_841e-4;
    p = p * z + 5.189_535_5e-3;
    p = p * z - 2.685_444_5e-2;
    p = p * z + 1.128_36e-1;
    p = p * z - 3.761_262_7e-1;
    p = p * z + 1.283_791_7e-1;
    let near = x + x * p;
    // 1 <= |x|: 1 - e^-Q(|x|). The fit of Q, weighted by erfc, is off by 1.1e-9. From 4 on the result rounds to 1.
    let t = x.abs();
    let t = if t > 4.0 { 4.0 } else { t };
    let mut q = -1.855_748_9e-4;
    q = q * t + 2.939_615_7e-3;
    q = q * t - 2.180_535e-2;
    q = q * t + 1.030_374_4e-1;
    q = q * t + 6.382_256e-1;
    q = q * t + 1.127_040_1;
    q = q * t + 3.537_089_3e-4;
    let far = (1.0 - exp_within_f32(-q)).copysign(x);
    if x.abs() < 1.0 { near } else { far }
}

/// `c[0] + c[1] x + c[2] x² + ...`
fn polynomial(x: f64, c: &[f64]) -> f64 {
    c.iter().rev().fold(0.0, |sum, &c| sum * x + c)
}

/// erf(x) in 64 bits.
pub fn erf_f64(x: f64) -> f64 {
    let t = x.abs();
    if t.is_nan() {
        x
    } else if t < 0.84375 {
        // Below 2^-28 the rest of the series is nothing; x times 2/√π in two parts keeps subnormals exact.
        let z = x * x;
        x + x * (polynomial(z, &PP) / polynomial(z, &QQ))
    } else if t < 1.25 {
        let s = t - 1.0;
        (ERX + polynomial(s, &PA) / polynomial(s, &QA)).copysign(x)
    } else if t < 6.0 {
        let s = 1.0 / (t * t);
        let tail = if t < 1.0 / 0.35 {
            polynomial(s, &RA) / polynomial(s, &SA)
        } else {
            polynomial(s, &RB) / polynomial(s, &SB)
        };
        // e^(-t²) with t² in two parts: z holds the upper half of the bits of t, so z² is exact.
        let z = f64::from_bits(t.to_bits() & 0xffff_ffff_0000_0000);
        let erfc = (-z * z - 0.5625).exp() * ((z - t) * (z + t) + tail).exp() / t;
        (1.0 - erfc).copysign(x)
    } else {
        1.0f64.copysign(x)
    }
}

/// erf(1) to 24 bits.
const ERX: f64 = 8.450_629_115_104_675e-1;
/// erf(x)/x - 1 on [0, 0.84375], in x²: numerator and denominator.
const PP: [f64; 5] = [
    1.283_791_670_955_125_6e-1,
    -3.250_421_072_470_015e-1,
    -2.848_174_957_559_851e-2,
    -5.770_270_296_489_442e-3,
    -2.376_301_665_665_016_3e-5,
];
const QQ: [f64; 6] = [
    1.0,
    3.979_172_239_591_553_5e-1,
    6.502_224_998_876_73e-2,
    5.081_306_281_875_766e-3,
    1.324_947_380_043_216_4e-4,
    -3.960_228_278_775_368e-6,
];
/// erf(1 + s) - erf(1) on [-0.15625, 0.25].
const PA: [f64; 7] = [
    -2.362_118_560_752_659_4e-3,
    4.148_561_186_837_483_3e-1,
    -3.722_078_760_357_013e-1,
    3.183_466_199_011_617_5e-1,
    -1.108_946_942_823_966_8e-1,
    3.547_830_432_561_823_6e-2,
    -2.166_375_594_868_791e-3,
];
const QA: [f64; 7] = [
    1.0,
    1.064_208_804_008_442_3e-1,
    5.403_979_177_021_71e-1,
    7.182_865_441_419_627e-2,
    1.261_712_198_087_616_4e-1,
    1.363_708_391_202_905e-2,
    1.198_449_984_679_910_8e-2,
];
/// ln(t e^(t²) erfc(t)) + 0.5625 on [1.25, 1/0.35], in 1/t².
const RA: [f64; 8] = [
    -9.864_944_034_847_148e-3,
    -6.938_585_727_071_818e-1,
    -1.055_862_622_532_329e1,
    -6.237_533_245_032_601e1,
    -1.623_966_694_625_735e2,
    -1.846_050_929_067_110_4e2,
    -8.128_743_550_630_66e1,
    -9.814_329_344_169_145,
];
const SA: [f64; 9] = [
    1.0,
    1.965_127_166_743_926e1,
    1.376_577_541_435_190_4e2,
    4.345_658_774_752_292e2,
    6.453_872_717_332_679e2,
    4.290_081_400_275_678e2,
    1.086_350_055_417_794_4e2,
    6.570_249_770_319_282,
    -6.042_441_521_485_81e-2,
];
/// The same on [1/0.35, 6].
const RB: [f64; 7] = [
    -9.864_942_924_700_1e-3,
    -7.992_832_376_805_23e-1,
    -1.775_795_491_775_475_2e1,
    -1.606_363_848_558_219_2e2,
    -6.375_664_433_683_896e2,
    -1.025_095_131_611_077_2e3,
    -4.835_191_916_086_514e2,
];
const SB: [f64; 8] = [
    1.0,
    3.033_806_074_348_246e1,
    3.257_925_129_965_739e2,
    1.536_729_586_084_437e3,
    3.199_858_219_508_595_5e3,
    2.553_050_406_433_164_4e3,
    4.745_285_412_069_554e2,
    -2.244_095_244_658_582e1,
];
