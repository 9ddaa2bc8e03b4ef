use kernels::Bf16;
use kernels::conv::*;

use crate::{close, device, numbers};

/// y, dx and dweight in f64.
fn oracle(s: &ConvShape, [x, weight, dy]: [&[f32]; 3]) -> [Vec<f64>; 3] {
    let [batch, outputs, rows, columns] = s.y();
    let [height, width] = s.image;
    let mut want_y = vec![0.0; dy.len()];
    let mut want_dx = vec![0.0; x.len()];
    let mut want_dw = vec![0.0; weight.len()];
    for b in 0..batch {
        for (o, r, c) in
            (0..outputs * rows * columns).map(|n| (n / (rows * columns), n / columns % rows, n % columns))
        {
            let at_y = ((b * outputs + o) * rows + r) * columns + c;
            for (i, u, v) in (0..s.inputs * s.size * s.size)
                .map(|n| (n / (s.size * s.size), n / s.size % s.size, n % s.size))
            {
                let (down, across) = (r * s.stride + u, c * s.stride + v);
                let inside = |at: usize, n: usize| at >= s.padding && at - s.padding < n;
                if !inside(down, height) || !inside(across, width) {
                    continue;
                }
                let at_x = ((b * s.inputs + i) * height + down - s.padding) * width + across - s.padding;
                let at_w = ((o * s.inputs + i) * s.size + u) * s.size + v;
                want_y[at_y] += f64::from(weight[at_w]) * f64::from(x[at_x]);
                want_dx[at_x] += f64::from(weight[at_w]) * f64::from(dy[at_y]);
                want_dw[at_w] += f64::from(dy[at_y]) * f64::from(x[at_x]);
            }
        }
    }
    [want_y, want_dx, want_dw]
}

fn shape(
    batch: usize,
    inputs: usize,
    image: [usize; 2],
    outputs: usize,
    [size, stride, padding]: [usize; 3],
) -> ConvShape {
    ConvShape { batch, inputs, image, outputs, size, stride, padding }
}

fn count(shape: [usize; 4]) -> usize {
    shape.iter().product()
}

#[test]
fn conv_versions() {
    let Some(device) = device() else { return };
    let shapes = [
        shape(1, 1, [1, 1], 1, [1, 1, 0]),
        shape(2, 3, [7, 9], 5, [3, 1, 1]),
        shape(2, 2, [8, 8], 17, [3, 2, 1]),
        shape(1, 4, [6, 5], 2, [5, 2, 2]),
        shape(3, 2, [5, 11], 3, [2, 3, 0]),
    ];
    for s in shapes {
        let (x, weight, dy) =
            (numbers(1, count(s.x())), numbers(2, count(s.weight())), numbers(3, count(s.y())));
        let [want_y, want_dx, want_dw] = oracle(&s, [&x, &weight, &dy]);
        let upload = |values: &[f32]| device.upload(values).unwrap();
        let (x, weight, dy) = (upload(&x), upload(&weight), upload(&dy));
        for version in 1..=2 {
            // Sums of up to 126 products below 4, in partial sums of some tens.
            let mut y = device.uninit(dy.len()).unwrap();
            conv(version, &x, &weight, &mut y, &s).unwrap();
            close(&format!("conv_v{version} {s:?}"), &y, &want_y, 1e-5);
            let mut dx = device.uninit(x.len()).unwrap();
            conv_backward_data(version, &dy, &weight, &mut dx, &s).unwrap();
            close(&format!("conv_backward_data_v{version} {s:?}"), &dx, &want_dx, 1e-5);
            let mut dweight = device.uninit(weight.len()).unwrap();
            conv_backward_weight(version, &dy, &x, &mut dweight, &s).unwrap();
            close(&format!("conv_backward_weight_v{version} {s:?}"), &dweight, &want_dw, 1e-5);
        }
    }
    let small = shape(1, 1, [2, 2], 1, [3, 1, 0]);
    let one = device.zeros(4).unwrap();
    let error = conv(1, &one, &one, &mut device.zeros(4).unwrap(), &small).unwrap_err();
    assert!(error.to_string().contains("no window fits"), "{error}");
}

#[test]
fn conv_bf16_versions() {
    let Some(device) = device() else { return };
    // Around the pieces of 16 x 8 and the tiles of 64; strides that skip pixels; weights whose sum is cut into parts.
    let shapes = [
        shape(1, 1, [3, 3], 1, [3, 1, 0]),
        shape(2, 5, [7, 9], 17, [3, 1, 1]),
        shape(1, 8, [9, 8], 66, [3, 1, 1]),
        shape(3, 9, [11, 10], 3, [3, 2, 1]),
        shape(1, 2, [8, 12], 4, [3, 3, 2]),
    ];
    for s in shapes {
        let host = [numbers(1, count(s.x())), numbers(2, count(s.weight())), numbers(3, count(s.y()))];
        // As bf16 holds them: the products are then exact in f32.
        let halves = host.map(|x| x.into_iter().map(Bf16::from).collect::<Vec<_>>());
        let exact = halves.each_ref().map(|x| x.iter().map(|&x| f32::from(x)).collect::<Vec<_>>());
        let [want_y, want_dx, want_dw] = oracle(&s, [&exact[0], &exact[1], &exact[2]]);
        let [x, weight, dy] = halves.map(|x| device.upload(&x).unwrap());
        for version in 1..=CONV_BF16.len() {
            // Sums of up to 594 products below 4, in f32.
            let mut y = device.uninit(dy.len()).unwrap();
            conv_bf16(version, &x, &weight, &mut y, &s).unwrap();
            close(&format!("conv_bf16_v{version} {s:?}"), &y, &want_y, 2e-5);
            let mut dx = device.uninit(x.len()).unwrap();
            conv_backward_data_bf16(version, &dy, &weight, &mut dx, &s).unwrap();
            close(&format!("conv_backward_data_bf16_v{version} {s:?}"), &dx, &want_dx, 2e-5);
            let mut dweight = device.uninit(weight.len()).unwrap();
            conv_backward_weight_bf16(version, &dy, &x, &mut dweight, &s).unwrap();
            close(&format!("conv_backward_weight_bf16_v{version} {s:?}"), &dweight, &want_dw, 2e-5);
        }
    }
    let (large, one) = (shape(1, 1, [5, 5], 1, [5, 1, 0]), device.zeros::<Bf16>(25).unwrap());
    let error = conv_bf16(1, &one, &one, &mut device.zeros(1).unwrap(), &large).unwrap_err();
    assert!(error.to_string().contains("a weight of 3 x 3"), "{error}");
}
