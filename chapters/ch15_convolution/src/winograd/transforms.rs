//! The small transforms of a tile, along one axis: vectors of tiles in, vectors of tiles out.
//!
//! With the points 0, a, -a, b, -b and infinity, where `a = sqrt(1/2)` and `b = sqrt(2)`, every matrix has two pairs of
//! rows that differ in the sign of the odd powers alone: each pair is an even part plus and minus an odd part.

use std::f32::consts::{FRAC_1_SQRT_2 as A, SQRT_2 as B};

use super::lanes::Lanes;

// ANCHOR: image
/// `Bᵀ x`: six neighbouring numbers of the image at the six points. `(t² - a²)(t² - b²)` is `1 - 5/2 t² + t⁴`, the first row;
/// the others leave out another factor each.
#[inline(always)]
pub(super) unsafe fn image<V: Lanes>(x: [V; 6]) -> [V; 6] {
    // SAFETY: the caller knows that the processor has the instructions of V; so for the others here.
    unsafe {
        let even = [x[2].multiply_add(-2.0, x[4]), x[2].multiply_add(-0.5, x[4])];
        let odd = [x[1].multiply_add(-2.0, x[3]), x[1].multiply_add(-0.5, x[3])];
        [
            x[2].multiply_add(-2.5, x[0].plus(x[4])),
            odd[0].multiply_add(A, even[0]),
            odd[0].multiply_add(-A, even[0]),
            odd[1].multiply_add(B, even[1]),
            odd[1].multiply_add(-B, even[1]),
            x[3].multiply_add(-2.5, x[1].plus(x[5])),
        ]
    }
}
// ANCHOR_END: image

/// `G w`: a row of the kernel at the six points, divided by what `Bᵀ` has left to be divided by.
#[inline(always)]
pub(super) unsafe fn kernel<V: Lanes>(w: [V; 3]) -> [V; 6] {
    // SAFETY: as above.
    unsafe {
        let even = [w[2].multiply_add(0.5, w[0]), w[2].multiply_add(2.0, w[0])];
        [
            w[0],
            w[1].multiply_add(A, even[0]).times(-2.0 / 3.0),
            w[1].multiply_add(-A, even[0]).times(-2.0 / 3.0),
            w[1].multiply_add(B, even[1]).times(1.0 / 6.0),
            w[1].multiply_add(-B, even[1]).times(1.0 / 6.0),
            w[2],
        ]
    }
}

// ANCHOR: output
/// `Aᵀ m`: the products at the six points become four neighbouring numbers of the output.
#[inline(always)]
pub(super) unsafe fn output<V: Lanes>(m: [V; 6]) -> [V; 4] {
    // SAFETY: as above.
    unsafe {
        let even = [m[1].plus(m[2]), m[3].plus(m[4])];
        let odd = [m[1].minus(m[2]), m[3].minus(m[4])];
        [
            m[0].plus(even[0]).plus(even[1]),
            odd[1].multiply_add(B, odd[0].times(A)),
            even[1].multiply_add(2.0, even[0].times(0.5)),
            odd[1].multiply_add(2.0 * B, odd[0].multiply_add(0.5 * A, m[5])),
        ]
    }
}
// ANCHOR_END: output

/// `A g`, the transpose of [`output`]: four neighbouring numbers of the output's gradient at the six points.
#[inline(always)]
pub(super) unsafe fn gradient<V: Lanes>(g: [V; 4]) -> [V; 6] {
    // SAFETY: as above.
    unsafe {
        let even = [g[2].multiply_add(0.5, g[0]), g[2].multiply_add(2.0, g[0])];
        let odd = [g[3].multiply_add(0.5, g[1]), g[3].multiply_add(2.0, g[1])];
        [
            g[0],
            odd[0].multiply_add(A, even[0]),
            odd[0].multiply_add(-A, even[0]),
            odd[1].multiply_add(B, even[1]),
            odd[1].multiply_add(-B, even[1]),
            g[3],
        ]
    }
}

/// `Gᵀ u`, the transpose of [`kernel`]: the gradient at the six points becomes that of a row of the kernel.
#[inline(always)]
pub(super) unsafe fn kernel_gradient<V: Lanes>(u: [V; 6]) -> [V; 3] {
    // SAFETY: as above.
    unsafe {
        let even = [u[1].plus(u[2]).times(-2.0 / 3.0), u[3].plus(u[4]).times(1.0 / 6.0)];
        let odd = [u[1].minus(u[2]).times(-2.0 / 3.0), u[3].minus(u[4]).times(1.0 / 6.0)];
        [
            u[0].plus(even[0]).plus(even[1]),
            odd[1].multiply_add(B, odd[0].times(A)),
            even[1].multiply_add(2.0, even[0].multiply_add(0.5, u[5])),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The matrix of a linear transform of rows of numbers.
    fn matrix<const N: usize, const M: usize>(f: unsafe fn([[f32; 4]; N]) -> [[f32; 4]; M]) -> [[f64; N]; M] {
        let columns: [[f64; M]; N] = std::array::from_fn(|column| {
            let unit = std::array::from_fn(|row| [if row == column { 1.0 } else { 0.0 }; 4]);
            // SAFETY: plain arrays need no instructions.
            unsafe { f(unit) }.map(|lanes| f64::from(lanes[0]))
        });
        std::array::from_fn(|row| std::array::from_fn(|column| columns[column][row]))
    }

    #[test]
    fn four_outputs_of_three_taps_by_six_products() {
        // y[r] = sum_u w[u] x[r + u], for all unit x and w: the identity sum_i A[i, r] G[i, u] B[i, k] = [k = r + u].
        let (a, g, b) = (matrix(output), matrix(kernel), matrix(image));
        for (r, u, k) in (0..72).map(|n| (n / 18, n / 6 % 3, n % 6)) {
            let sum: f64 = (0..6).map(|i| a[r][i] * g[i][u] * b[i][k]).sum();
            let want = if k == r + u { 1.0 } else { 0.0 };
            // Constants are rounded to 24 bits, sums reach 10.
            assert!((sum - want).abs() < 1e-6, "output {r}, tap {u}, number {k}: {sum}");
        }
    }

    #[test]
    fn the_transforms_of_gradients_are_transposes() {
        let (a, g) = (matrix(output), matrix(kernel));
        let (a_t, g_t) = (matrix(gradient), matrix(kernel_gradient));
        for i in 0..6 {
            (0..4).for_each(|r| assert!((a[r][i] - a_t[i][r]).abs() < 1e-6));
            (0..3).for_each(|u| assert!((g[i][u] - g_t[u][i]).abs() < 1e-6));
        }
    }
}
