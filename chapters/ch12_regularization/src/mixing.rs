//! Examples made of two: Mixup (Zhang et al. 2018) and CutMix (Yun et al. 2019; `torchvision.transforms.v2.MixUp`, `CutMix`).
//!
//! Each example of a batch gets a partner, another example of the batch, and a share `λ` of itself. Mixup fades one into the
//! other, CutMix pastes a rectangle of the partner; the labels are mixed by the same share:
//!
//! - Mixup: `x' = λ x + (1 - λ) x_partner`, `y' = λ y + (1 - λ) y_partner`;
//! - CutMix: inside a rectangle the partner's pixels; `λ' = 1 - area / (height width)` by what was really pasted, since
//!   rectangles end at the border, and `y' = λ' y + (1 - λ') y_partner`.
//!
//! Labels become distributions, `[batch, classes]`, and cross-entropy takes those (chapter 4): it is linear in the target, so the
//! loss of a mixture is `λ` times that of one label plus `1 - λ` times that of the other.
//!
//! `λ` is drawn from Beta(α, α), once for a batch, as in the papers. Left out: a share for each example.

use ch01_tensors::{Array, Float, Rng, fail};

/// Which example each example is mixed with: a random order of the batch.
pub fn partners(batch: usize, rng: &mut Rng) -> Array<i64> {
    let mut order: Vec<i64> = (0..batch as i64).collect();
    rng.shuffle(&mut order);
    Array::from_slice(&order, [batch])
}

// ANCHOR: beta
/// A number from 0 to 1 drawn from Beta(α, α) (Jöhnk 1964): `U^(1/α) / (U^(1/α) + V^(1/α))` for two even numbers from 0 to 1,
/// if the sum is at most 1; else again. Small α give numbers near 0 or 1, α = 1 gives even ones, large α numbers near 1/2
/// (after many tries: about 4^α).
///
/// # Panics
/// When `alpha` is not positive.
#[track_caller]
pub fn beta(alpha: f64, rng: &mut Rng) -> f64 {
    if alpha <= 0.0 || alpha.is_nan() {
        fail("beta", format_args!("α = {alpha} is not positive"));
    }
    loop {
        // As logarithms: U^(1/α) is too small for a float when α is.
        let [a, b] = [(); 2].map(|()| rng.uniform().ln() / alpha);
        let largest = a.max(b);
        if largest + ((a - largest).exp() + (b - largest).exp()).ln() <= 0.0 {
            return 1.0 / (1.0 + (b - a).exp());
        }
    }
}
// ANCHOR_END: beta

#[track_caller]
fn check<T: Float>(operation: &str, x: &Array<T>, targets: &Array<T>, partners: &Array<i64>) {
    let batch = x.shape().first();
    if batch.is_none()
        || targets.ndim() != 2
        || batch != targets.shape().first()
        || *partners.shape() != [x.dim(0)]
    {
        let (x, targets, partners) = (x.shape(), targets.shape(), partners.shape());
        let rule = format_args!(
            "examples {x:?}, targets {targets:?} and partners {partners:?} are not [batch, ..], [batch, classes] and [batch]"
        );
        fail(operation, rule);
    }
}

// ANCHOR: mixup
/// Fades each example into its partner: the share `lambda` is its own. `x` is `[batch, ..]`, `targets` are distributions
/// `[batch, classes]`.
///
/// # Panics
/// When the shapes do not fit.
#[track_caller]
pub fn mixup<T: Float>(
    x: &Array<T>,
    targets: &Array<T>,
    partners: &Array<i64>,
    lambda: f64,
) -> [Array<T>; 2] {
    check("mixup", x, targets, partners);
    // exercise: mixup - Both arrays as `blend` makes them: of examples and their partners, and of targets and theirs.
    [x, targets].map(|own| blend(own, &own.index_select(0, partners), lambda))
    // exercise: end
}

/// `lambda a + (1 - lambda) b`.
fn blend<T: Float>(a: &Array<T>, b: &Array<T>, lambda: f64) -> Array<T> {
    // exercise: blend - The share `lambda` of `a` and the rest of `b`. `T::from_f64` makes a T of a number.
    a * T::from_f64(lambda) + b * T::from_f64(1.0 - lambda)
    // exercise: end
}
// ANCHOR_END: mixup

/// A rectangle of pixels: from `top` to before `bottom`, from `left` to before `right`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rectangle {
    /// The first row.
    pub top: usize,
    /// The row after the last.
    pub bottom: usize,
    /// The first column.
    pub left: usize,
    /// The column after the last.
    pub right: usize,
}

impl Rectangle {
    // ANCHOR: rectangle
    /// The rectangle for a share: as high and wide as the image times `sqrt(1 - lambda)`, in whole pixels on each side of
    /// its middle, and cut off at the border (as torchvision does it).
    pub fn around([row, column]: [usize; 2], [height, width]: [usize; 2], lambda: f64) -> Self {
        let half = |size: usize| (0.5 * (1.0 - lambda).sqrt() * size as f64) as usize;
        Rectangle {
            top: row.saturating_sub(half(height)),
            bottom: (row + half(height)).min(height),
            left: column.saturating_sub(half(width)),
            right: (column + half(width)).min(width),
        }
    }

    /// A rectangle for this share with its middle anywhere.
    pub fn draw([height, width]: [usize; 2], lambda: f64, rng: &mut Rng) -> Self {
        Rectangle::around([rng.below(height), rng.below(width)], [height, width], lambda)
    }
    // ANCHOR_END: rectangle
}

// ANCHOR: cutmix
/// Pastes the partner's pixels into a rectangle of each image. `x` is `[batch, channels, height, width]`, `targets` are
/// distributions `[batch, classes]`.
///
/// # Panics
/// When the shapes do not fit, or the rectangle lies outside.
#[track_caller]
pub fn cutmix<T: Float>(
    x: &Array<T>,
    targets: &Array<T>,
    partners: &Array<i64>,
    rectangle: Rectangle,
) -> [Array<T>; 2] {
    check("cutmix", x, targets, partners);
    let Rectangle { top, bottom, left, right } = rectangle;
    if x.ndim() != 4 || top > bottom || bottom > x.dim(2) || left > right || right > x.dim(3) {
        fail("cutmix", format_args!("{rectangle:?} does not lie in images of {:?}", x.shape()));
    }
    let (height, width) = (x.dim(2), x.dim(3));
    let mut y = x.copy();
    if !y.is_empty() {
        let partner = x.index_select(0, partners).contiguous();
        for (y, partner) in y
            .data_mut()
            .chunks_mut(width)
            .zip(partner.data().chunks(width))
            .enumerate()
            .filter_map(|(row, rows)| (top..bottom).contains(&(row % height)).then_some(rows))
        {
            y[left..right].copy_from_slice(&partner[left..right]);
        }
    }
    let lambda = own_share((bottom - top) * (right - left), height * width);
    [y, blend(targets, &targets.index_select(0, partners), lambda)]
}

/// Which share of an image is still its own, if `pasted` of its `pixels` are its partner's.
fn own_share(pasted: usize, pixels: usize) -> f64 {
    // exercise: share - The share of the example itself, as a number from 0 to 1.
    1.0 - pasted as f64 / pixels as f64
    // exercise: end
}
// ANCHOR_END: cutmix
