//! Six looks at an image: as it is, shifted by a pixel up and left, and down and right, each mirrored too
//! (Jordan 2024, test-time augmentation).
//!
//! What a shift brings into the image is the image mirrored at its edge, as in training ([`FastImages`](crate::FastImages)).

use ch01_tensors::{Array, Float};

// ANCHOR: six_views
/// The mean of `predict` over the views of `images`, `[batch, channels, h, w]`: half of the weight to the image and its mirror
/// image, half to the four others. `predict` gives `[batch, classes]`.
///
/// # Panics
/// When the images have fewer than two rows or columns.
#[track_caller]
pub fn six_views<T: Float>(images: &Array<T>, predict: impl Fn(Array<T>) -> Array<T>) -> Array<T> {
    let both = |images: Array<T>| predict(images.clone()) + &predict(images.flip(-1).contiguous());
    let shifted = both(shift(images, -1)) + &both(shift(images, 1));
    both(images.clone()) * T::from_f64(0.25) + &(shifted * T::from_f64(0.125))
}

/// The window of the same size that begins `by` rows down and `by` columns to the right.
#[track_caller]
fn shift<T: Float>(images: &Array<T>, by: isize) -> Array<T> {
    let shape = *images.shape();
    let (height, width) = (shape[2], shape[3]);
    let images = images.clone().contiguous();
    let mut shifted = Array::scratch(shape);
    let planes = shifted.data_mut().chunks_mut((height * width).max(1));
    for (plane, out) in images.data().chunks((height * width).max(1)).zip(planes) {
        for (y, out) in out.chunks_mut(width).enumerate() {
            let row = &plane[reflect(y as isize + by, height) * width..][..width];
            for (x, out) in out.iter_mut().enumerate() {
                *out = row[reflect(x as isize + by, width)];
            }
        }
    }
    shifted
}
// ANCHOR_END: six_views

/// The place of `0..length` that is seen at `place`, if the edges are mirrors: -1 shows 1, `length` shows `length - 2`
/// (`torch.nn.functional.pad(mode="reflect")`).
///
/// # Panics
/// When the place is further outside than the mirror image reaches.
#[track_caller]
pub fn reflect(place: isize, length: usize) -> usize {
    let inside = if place < 0 { -place } else { place };
    let last = length as isize - 1;
    let inside = if inside > last { 2 * last - inside } else { inside };
    usize::try_from(inside).expect("reflect: no further outside than the mirror image")
}
