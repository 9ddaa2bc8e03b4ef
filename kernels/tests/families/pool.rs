use kernels::pool::*;

use crate::{close, device, numbers};

#[test]
fn pool_versions() {
    let Some(device) = device() else { return };
    let shape = |planes, image, size, stride| PoolShape { planes, image, size, stride };
    // Windows that touch, that overlap, that leave gaps, and that do not reach the edge.
    for s in [
        shape(1, [1, 1], 1, 1),
        shape(3, [8, 6], 2, 2),
        shape(3, [6, 8], 2, 2),
        shape(5, [4, 20], 2, 2),
        shape(2, [7, 9], 3, 2),
        shape(5, [11, 10], 2, 3),
        shape(2, [6, 7], 3, 1),
    ] {
        let [planes, rows, columns] = s.y();
        let [height, width] = s.image;
        let (x, dy) = (numbers(1, planes * height * width), numbers(2, planes * rows * columns));
        let (mut want_max, mut want_places, mut want_avg) = (Vec::new(), Vec::new(), Vec::new());
        let (mut want_dmax, mut want_davg) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        for n in 0..dy.len() {
            let (plane, r, c) = (n / (rows * columns), n / columns % rows, n % columns);
            let window: Vec<usize> = (0..s.size * s.size)
                .map(|k| (r * s.stride + k / s.size) * width + c * s.stride + k % s.size)
                .collect();
            let at = |place: usize| x[plane * height * width + place];
            let best =
                window.iter().copied().fold(window[0], |best, p| if at(p) > at(best) { p } else { best });
            want_max.push(at(best));
            want_places.push(best as i32);
            let area = (s.size * s.size) as f64;
            want_avg.push(window.iter().map(|&p| f64::from(at(p))).sum::<f64>() / area);
            want_dmax[plane * height * width + best] += f64::from(dy[n]);
            for p in window {
                want_davg[plane * height * width + p] += f64::from(dy[n]) / area;
            }
        }
        let (x, dy) = (device.upload(&x).unwrap(), device.upload(&dy).unwrap());
        let mut places = device.uninit(dy.len()).unwrap();
        for version in 1..=MAX_POOL.len() {
            let mut y = device.uninit(dy.len()).unwrap();
            places = device.uninit(dy.len()).unwrap();
            max_pool(version, &x, &mut y, &mut places, &s).unwrap();
            assert_eq!(y.to_vec().unwrap(), want_max, "max_pool_v{version} {s:?}");
            assert_eq!(places.to_vec().unwrap(), want_places, "max_pool_v{version} {s:?}");
        }
        for version in 1..=MAX_POOL_BACKWARD.len() {
            let mut dx = device.uninit(x.len()).unwrap();
            max_pool_backward(version, &dy, &places, &mut dx, &s).unwrap();
            // At most nine additions.
            close(&format!("max_pool_backward_v{version} {s:?}"), &dx, &want_dmax, 1e-6);
        }
        for version in 1..=AVG_POOL.len() {
            let mut y = device.uninit(dy.len()).unwrap();
            avg_pool(version, &x, &mut y, &s).unwrap();
            close(&format!("avg_pool_v{version} {s:?}"), &y, &want_avg, 1e-6);
        }
        for version in 1..=AVG_POOL_BACKWARD.len() {
            let mut dx = device.uninit(x.len()).unwrap();
            avg_pool_backward(version, &dy, &mut dx, &s).unwrap();
            close(&format!("avg_pool_backward_v{version} {s:?}"), &dx, &want_davg, 1e-6);
        }
    }
}
