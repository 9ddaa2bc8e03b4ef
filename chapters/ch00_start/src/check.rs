//! Comparing what a reader computed with what was wanted, and naming the mistake when it is a known one.

/// Passes when `got` equals `want` to within `tol * max(1, |want|)` in every element.
///
/// `mistakes` are pairs of a message and the values that this mistake would give. When `got` equals one of them (to
/// the same tolerance), the message is shown instead of numbers: "backward: gradient of the bias: summed over features
/// instead of the batch".
///
/// # Panics
/// With "WHAT: MESSAGE" for a recognised mistake, and otherwise with the first element that differs.
#[track_caller]
pub fn close(what: &str, got: &[f64], want: &[f64], tol: f64, mistakes: &[(&str, &[f64])]) {
    if agree(got, want, tol) {
        return;
    }
    if let Some((message, _)) = mistakes.iter().find(|(_, wrong)| agree(got, wrong, tol)) {
        panic!("{what}: {message}");
    }
    if got.len() != want.len() {
        panic!("{what}: {} values, but {} are wanted", got.len(), want.len());
    }
    let differing: Vec<usize> = (0..got.len()).filter(|&i| !near(got[i], want[i], tol)).collect();
    let i = differing[0];
    panic!(
        "{what}: element {i} is {}, but {} is wanted ({} of {} elements differ)",
        number(got[i]),
        number(want[i]),
        differing.len(),
        got.len()
    );
}

/// Same length and every element near.
fn agree(got: &[f64], want: &[f64], tol: f64) -> bool {
    got.len() == want.len() && got.iter().zip(want).all(|(&g, &w)| near(g, w, tol))
}

/// Infinities and NaN are near only to themselves.
fn near(got: f64, want: f64, tol: f64) -> bool {
    got == want || (got.is_nan() && want.is_nan()) || (got - want).abs() <= tol * want.abs().max(1.0)
}

/// Six significant digits are enough to see a difference, unless the number is very large or very small.
fn number(x: f64) -> String {
    let size = x.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) { format!("{x:.5e}") } else { format!("{x:.6}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn message(got: &[f64], want: &[f64], mistakes: &[(&str, &[f64])]) -> String {
        let panic = catch_unwind(AssertUnwindSafe(|| close("sum", got, want, 1e-6, mistakes))).unwrap_err();
        panic.downcast_ref::<String>().expect("a text").clone()
    }

    #[test]
    fn equal_values_pass() {
        close(
            "sum",
            &[1.0, 1e9 + 10.0, f64::INFINITY, f64::NAN],
            &[1.0, 1e9, f64::INFINITY, f64::NAN],
            1e-6,
            &[],
        );
        close("nothing", &[], &[], 0.0, &[("never", &[])]);
    }

    #[test]
    fn a_known_mistake_is_named() {
        let mistakes: [(&str, &[f64]); 2] = [("the sign is wrong", &[-1.0, -2.0]), ("averaged", &[0.5, 1.0])];
        assert_eq!(message(&[0.5, 1.0], &[1.0, 2.0], &mistakes), "sum: averaged");
        assert_eq!(message(&[1.0], &[1.0, 2.0], &[("too short", &[1.0])]), "sum: too short");
    }

    #[test]
    fn otherwise_the_first_difference_is_shown() {
        let text = message(&[1.0, 2.5, 9.0], &[1.0, 2.0, 3.0], &[("no", &[0.0])]);
        assert_eq!(text, "sum: element 1 is 2.500000, but 2.000000 is wanted (2 of 3 elements differ)");
        assert_eq!(message(&[1.0], &[1.0, 2.0], &[]), "sum: 1 values, but 2 are wanted");
        assert!(message(&[f64::NAN], &[1.0], &[]).contains("NaN"));
        assert!(message(&[f64::INFINITY], &[1.0], &[]).contains("inf"));
    }
}
