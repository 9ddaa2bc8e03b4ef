//! How far sums in 32 bits are from the definition: directly, and by tiles with two choices of points.

use ch01_tensors::Rng;

const CHANNELS: usize = 64;
const TRIALS: usize = 200;

/// The root of the mean square of the error, in units of `sqrt(terms)`: of the direct sum, of tiles with the points 0, ±1,
/// ±2, and with 0, ±sqrt(1/2), ±sqrt(2), both with infinity.
pub fn measure() -> [f64; 3] {
    let mut rng = Rng::new(0, "error");
    let points = [[1.0, 2.0], [0.5f64.sqrt(), 2f64.sqrt()]].map(Points::new);
    let mut squares = [0.0; 3];
    for _ in 0..TRIALS {
        let mut draw = || (0..).map(|_| rng.normal() as f32).take(CHANNELS * 36).collect::<Vec<f32>>();
        let (x, w) = (draw(), draw());
        let (mut direct, mut want) = ([[0.0f32; 4]; 4], [[0.0f64; 4]; 4]);
        let mut sums = [[[0.0f32; 6]; 6]; 2];
        for (x, w) in x.as_chunks::<36>().0.iter().zip(w.as_chunks::<36>().0) {
            let x: [[f32; 6]; 6] = std::array::from_fn(|i| std::array::from_fn(|j| x[6 * i + j]));
            let w: [[f32; 3]; 3] = std::array::from_fn(|i| std::array::from_fn(|j| w[3 * i + j]));
            for (i, j, u, v) in (0..144).map(|n| (n / 36, n / 9 % 4, n / 3 % 3, n % 3)) {
                direct[i][j] += x[i + u][j + v] * w[u][v];
                want[i][j] += f64::from(x[i + u][j + v]) * f64::from(w[u][v]);
            }
            for (points, sums) in points.iter().zip(&mut sums) {
                let (x, w) = (both(&points.image, &x), both(&points.kernel, &w));
                (0..36).for_each(|n| sums[n / 6][n % 6] += x[n / 6][n % 6] * w[n / 6][n % 6]);
            }
        }
        let [whole, used] = [0, 1].map(|at| both(&points[at].output, &sums[at]));
        for (square, got) in squares.iter_mut().zip([direct, whole, used]) {
            *square +=
                (0..16).map(|n| (f64::from(got[n / 4][n % 4]) - want[n / 4][n % 4]).powi(2)).sum::<f64>();
        }
    }
    squares.map(|square| (square / (TRIALS * 16 * 9 * CHANNELS) as f64).sqrt())
}

/// The matrices for the points 0, ±a, ±b and infinity: those of the chapter's transforms, written out.
struct Points {
    image: [[f32; 6]; 6],
    kernel: [[f32; 3]; 6],
    output: [[f32; 6]; 4],
}

impl Points {
    fn new([a, b]: [f64; 2]) -> Self {
        let (s, t) = (a * a, b * b);
        let signs = [1.0, -1.0];
        let row = |p: f64, q: f64| [0.0, -p * q, -q, p, 1.0, 0.0];
        let [[ap, am], [bp, bm]] = [(a, t), (b, s)].map(|(p, q)| signs.map(|sign| row(sign * p, q)));
        let image =
            [[s * t, 0.0, -s - t, 0.0, 1.0, 0.0], ap, am, bp, bm, [0.0, s * t, 0.0, -s - t, 0.0, 1.0]];
        let points = [a, -a, b, -b];
        let value = |p: f64, other: f64| 2.0 * p * p * (p * p - other);
        let scaled = |p: f64, other: f64| [1.0, p, p * p].map(|power| power / value(p, other));
        let kernel = [
            [1.0 / (s * t), 0.0, 0.0],
            scaled(a, t),
            scaled(-a, t),
            scaled(b, s),
            scaled(-b, s),
            [0.0, 0.0, 1.0],
        ];
        let output: [[f64; 6]; 4] = std::array::from_fn(|r| {
            let power = |p: f64| p.powi(r as i32);
            let [c, d, e, f] = points.map(power);
            [if r == 0 { 1.0 } else { 0.0 }, c, d, e, f, if r == 3 { 1.0 } else { 0.0 }]
        });
        Points {
            image: image.map(|row| row.map(|x| x as f32)),
            kernel: kernel.map(|row| row.map(|x| x as f32)),
            output: output.map(|row| row.map(|x| x as f32)),
        }
    }
}

/// `m x mᵀ`.
fn both<const N: usize, const M: usize>(m: &[[f32; N]; M], x: &[[f32; N]; N]) -> [[f32; M]; M] {
    let dot = |row: &[f32; N], column: [f32; N]| row.iter().zip(column).map(|(a, b)| a * b).sum::<f32>();
    let down: [[f32; N]; M] =
        std::array::from_fn(|i| std::array::from_fn(|j| dot(&m[i], std::array::from_fn(|k| x[k][j]))));
    std::array::from_fn(|i| std::array::from_fn(|j| dot(&m[j], down[i])))
}
