//! Checks exercise e05_kl_div.
#[allow(unused)]
#[path = "../exercises/e05_kl_div.rs"]
mod kl_div;

use ch00_start::check::close;
use ch01_tensors::Array;
use ch04_losses::Reduction;
use kl_div::KlDiv;

const P: [f64; 6] = [0.2, 0.3, 0.5, 0.7, 0.2, 0.1];
const Q: [f64; 6] = [0.1, 0.6, 0.3, 0.5, 0.25, 0.25];

fn each(f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    P.iter().zip(Q).map(|(&p, q)| f(p, q)).collect()
}

fn array(x: [f64; 6]) -> Array<f64> {
    Array::from_slice(&x, [2, 3])
}

fn kl(log_target: bool) -> KlDiv {
    KlDiv { log_target, reduction: Reduction::None }
}

#[test]
fn forward() {
    let log_q = array(Q.map(f64::ln));
    let want = each(|p, q| p * (p / q).ln());
    let mistakes = [
        (
            "that is KL(q || p): the target weighs the terms, not the prediction",
            each(|p, q| q * (q / p).ln()),
        ),
        ("the sign is wrong", each(|p, q| -p * (p / q).ln())),
        ("that is cross-entropy: the entropy of the target is missing", each(|p, q| -p * q.ln())),
        ("the logarithm of what is a logarithm already: the prediction is ln q", each(|_, _| f64::NAN)),
        (
            "the target is a logarithm here: take exp of it where the probability is wanted",
            each(|p, q| p.ln() * (p.ln() - q.ln())),
        ),
    ];
    let mistakes: Vec<(&str, &[f64])> = mistakes.iter().map(|(text, values)| (*text, &values[..])).collect();
    close("forward", &kl(false).forward(&log_q, &array(P)).to_vec(), &want, 1e-9, &mistakes);
    let got = kl(true).forward(&log_q, &array(P.map(f64::ln))).to_vec();
    close("forward, log_target", &got, &want, 1e-9, &mistakes);
}

#[test]
fn a_probability_of_zero_costs_nothing() {
    let got = kl(false).forward(&Array::from([-1.0, -2.0]), &Array::from([0.0, 1.0])).to_vec();
    close(
        "forward, p = 0",
        &got,
        &[0.0, 2.0],
        1e-12,
        &[("0 ln 0 is NaN on a computer: give 0 where p is 0", &[f64::NAN, 2.0])],
    );
}

#[test]
fn backward() {
    let log_q = array(Q.map(f64::ln));
    let g = array([1.0, 2.0, 1.0, 1.0, 1.0, 3.0]);
    let scaled = |k: f64| each(|p, _| k * p).iter().zip(g.iter()).map(|(p, g)| p * g).collect::<Vec<_>>();
    let ratio: Vec<f64> = each(|p, q| -p / q).iter().zip(g.iter()).map(|(p, g)| p * g).collect();
    let logs: Vec<f64> = each(|p, _| -p.ln()).iter().zip(g.iter()).map(|(p, g)| p * g).collect();
    let mistakes: [(&str, &[f64]); 4] = [
        ("the sign is wrong: the term holds -p x", &scaled(1.0)),
        ("-p/q is the slope in q; the prediction is ln q, whose slope is -p", &ratio),
        ("the target is a logarithm here: take exp of it", &logs),
        ("the gradient from above, `g`, is not used", &each(|p, _| -p)),
    ];
    close("backward", &kl(false).backward(&g, &log_q, &array(P)).to_vec(), &scaled(-1.0), 1e-9, &mistakes);
    let got = kl(true).backward(&g, &log_q, &array(P.map(f64::ln))).to_vec();
    close("backward, log_target", &got, &scaled(-1.0), 1e-9, &mistakes);
}
