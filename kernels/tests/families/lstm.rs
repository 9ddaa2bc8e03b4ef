use kernels::lstm::*;

use crate::{close, device, numbers, wide};

#[test]
fn lstm_versions() {
    let Some(device) = device() else { return };
    for shape @ [batch, hidden] in [[1, 1], [3, 31], [2, 130], [33, 32], [3, 4]] {
        let n = batch * hidden;
        let (gates, c_old) = (numbers(1, 4 * n), numbers(2, n));
        let (dh, dc) = (numbers(3, n), numbers(4, n));
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (mut want_c, mut want_h, mut want_dc_old) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let mut want_dgates = vec![0.0; 4 * n];
        let (wide_gates, wide_old, dh64, dc64) = (wide(&gates), wide(&c_old), wide(&dh), wide(&dc));
        for at in 0..n {
            let gate = |k: usize| wide_gates[at / hidden * 4 * hidden + k * hidden + at % hidden];
            let (i, f, g, o) = (sigmoid(gate(0)), sigmoid(gate(1)), gate(2).tanh(), sigmoid(gate(3)));
            let c = f * wide_old[at] + i * g;
            want_c[at] = c;
            want_h[at] = o * c.tanh();
            let d = dc64[at] + dh64[at] * o * (1.0 - c.tanh().powi(2));
            want_dc_old[at] = d * f;
            let grads = [
                d * g * i * (1.0 - i),
                d * wide_old[at] * f * (1.0 - f),
                d * i * (1.0 - g * g),
                dh64[at] * c.tanh() * o * (1.0 - o),
            ];
            for (k, grad) in grads.into_iter().enumerate() {
                want_dgates[at / hidden * 4 * hidden + k * hidden + at % hidden] = grad;
            }
        }
        let upload = |values: &[f32]| device.upload(values).unwrap();
        let (gates, c_old, dh, dc) = (upload(&gates), upload(&c_old), upload(&dh), upload(&dc));
        for version in 1..=LSTM_STEP.len().max(LSTM_STEP_BACKWARD.len()) {
            let mut active = device.uninit(4 * n).unwrap();
            let (mut c, mut h) = (device.uninit(n).unwrap(), device.uninit(n).unwrap());
            lstm_step(version, &gates, &c_old, [&mut active, &mut c, &mut h], shape).unwrap();
            // expf and tanhf are right to about two units in the last place.
            close(&format!("lstm_step_v{version} {shape:?} c"), &c, &want_c, 1e-6);
            close(&format!("lstm_step_v{version} {shape:?} h"), &h, &want_h, 1e-6);
            let kept = LstmKept { active: &active, c_old: &c_old, c: &c };
            let (mut dgates, mut dc_old) = (device.uninit(4 * n).unwrap(), device.uninit(n).unwrap());
            lstm_step_backward(version, &dh, &dc, &kept, [&mut dgates, &mut dc_old], shape).unwrap();
            close(&format!("lstm_step_backward_v{version} {shape:?} gates"), &dgates, &want_dgates, 2e-6);
            close(&format!("lstm_step_backward_v{version} {shape:?} c_old"), &dc_old, &want_dc_old, 2e-6);
        }
    }
}
