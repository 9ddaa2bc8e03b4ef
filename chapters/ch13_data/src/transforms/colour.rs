//! Brightness, contrast, saturation, hue, and no colour at all.
//!
//! The first three mix the image with another, `f x + (1 - f) y`, and clamp to 0..1: brightness with black, contrast with its
//! own mean grey, saturation with itself in grey. `f = 1` changes nothing, `f = 0` gives the other image, and `f > 1` moves away
//! from it. Hue turns the circle of colours: red, green and blue become hue, saturation and value (Smith 1978), a number is
//! added to the hue, and back.

use ch01_tensors::{Rng, Tensor, fail};

use super::{Transform, between, dims};

/// How much of red, green and blue is in a grey (ITU-R BT.601: the eye sees green best).
const GREY: [f32; 3] = [0.2989, 0.587, 0.114];

/// The grey values of an image, one plane.
fn grey(operation: &str, image: &Tensor) -> Vec<f32> {
    let [channels, height, width] = dims(operation, image);
    let x = image.clone().contiguous();
    match channels {
        1 => x.data().to_vec(),
        3 => {
            let area = height * width;
            let [red, green, blue] = [0, 1, 2].map(|channel| &x.data()[channel * area..][..area]);
            (0..area).map(|i| GREY[0] * red[i] + GREY[1] * green[i] + GREY[2] * blue[i]).collect()
        }
        _ => fail(operation, format_args!("an image has 1 channel or 3, not {channels}")),
    }
}

/// The image without colour, in as many channels as before (`rgb_to_grayscale`).
///
/// # Panics
/// When there are not one or three channels.
#[track_caller]
pub fn grayscale(image: &Tensor) -> Tensor {
    let grey = grey("grayscale", image);
    let mut result = Tensor::scratch(*image.shape());
    result.data_mut().chunks_mut(grey.len()).for_each(|plane| plane.copy_from_slice(&grey));
    result
}

// ANCHOR: blend
/// `factor x + (1 - factor) other`, from 0 to 1; `other(i)` belongs to element `i` of the image.
#[track_caller]
fn blend(operation: &str, image: &Tensor, factor: f64, other: impl Fn(usize) -> f32) -> Tensor {
    if factor.is_nan() || factor < 0.0 {
        fail(operation, format_args!("a factor of {factor} is below 0"));
    }
    let (own, rest) = (factor as f32, (1.0 - factor) as f32);
    let mut result = image.copy();
    for (i, x) in result.data_mut().iter_mut().enumerate() {
        *x = (own * *x + rest * other(i)).clamp(0.0, 1.0);
    }
    result
}

/// Darker below 1, brighter above (`adjust_brightness`).
#[track_caller]
pub fn adjust_brightness(image: &Tensor, factor: f64) -> Tensor {
    blend("adjust_brightness", image, factor, |_| 0.0)
}

/// Greyer below 1, more contrast above (`adjust_contrast`).
#[track_caller]
pub fn adjust_contrast(image: &Tensor, factor: f64) -> Tensor {
    let grey = grey("adjust_contrast", image);
    let mean = (grey.iter().map(|&x| f64::from(x)).sum::<f64>() / grey.len() as f64) as f32;
    blend("adjust_contrast", image, factor, |_| mean)
}

/// Paler below 1, more colourful above; an image of one channel stays as it is (`adjust_saturation`).
#[track_caller]
pub fn adjust_saturation(image: &Tensor, factor: f64) -> Tensor {
    if image.shape()[..].first() == Some(&1) {
        return image.clone();
    }
    let grey = grey("adjust_saturation", image);
    blend("adjust_saturation", image, factor, |i| grey[i % grey.len()])
}
// ANCHOR_END: blend

// ANCHOR: hue
/// The circle of colours turned by `turn` of its circumference, from -1/2 to 1/2; an image of one channel stays as it is
/// (`adjust_hue`).
///
/// # Panics
/// When `turn` is outside, or there are not one or three channels.
#[track_caller]
pub fn adjust_hue(image: &Tensor, turn: f64) -> Tensor {
    if !(-0.5..=0.5).contains(&turn) {
        fail("adjust_hue", format_args!("a turn of {turn} is not between -0.5 and 0.5"));
    }
    let [channels, height, width] = dims("adjust_hue", image);
    match channels {
        1 => return image.clone(),
        3 => {}
        _ => fail("adjust_hue", format_args!("an image has 1 channel or 3, not {channels}")),
    }
    let (area, mut result) = (height * width, image.copy());
    let x = result.data_mut();
    for i in 0..area {
        let [hue, saturation, value] = to_hsv([x[i], x[area + i], x[2 * area + i]]);
        let hue = (hue + turn as f32).rem_euclid(1.0);
        [x[i], x[area + i], x[2 * area + i]] = from_hsv([hue, saturation, value]);
    }
    result
}

/// Hue (0 is red, 1/3 green, 2/3 blue), saturation and value of a colour, all from 0 to 1.
fn to_hsv([red, green, blue]: [f32; 3]) -> [f32; 3] {
    let (high, low) = (red.max(green).max(blue), red.min(green).min(blue));
    let spread = high - low;
    if spread == 0.0 {
        return [0.0, 0.0, high];
    }
    // How far each lies below the highest, as a share of the spread: which sixth of the circle it is, and where in it.
    let [r, g, b] = [red, green, blue].map(|x| (high - x) / spread);
    let sixths = match high {
        _ if high == red => b - g,
        _ if high == green => 2.0 + r - b,
        _ => 4.0 + g - r,
    };
    [(sixths / 6.0 + 1.0) % 1.0, spread / high, high]
}

/// The colour of a hue, saturation and value.
fn from_hsv([hue, saturation, value]: [f32; 3]) -> [f32; 3] {
    let sixths = hue * 6.0;
    let within = sixths - sixths.floor();
    let low = (value * (1.0 - saturation)).clamp(0.0, 1.0);
    let falling = (value * (1.0 - saturation * within)).clamp(0.0, 1.0);
    let rising = (value * (1.0 - saturation * (1.0 - within))).clamp(0.0, 1.0);
    match sixths as u32 % 6 {
        0 => [value, rising, low],
        1 => [falling, value, low],
        2 => [low, value, rising],
        3 => [low, falling, value],
        4 => [rising, low, value],
        _ => [value, low, falling],
    }
}
// ANCHOR_END: hue

/// What a jitter does to an image: four factors, and in which order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColourFactors {
    /// For [`adjust_brightness`]; 1 is nothing.
    pub brightness: f64,
    /// For [`adjust_contrast`]; 1 is nothing.
    pub contrast: f64,
    /// For [`adjust_saturation`]; 1 is nothing.
    pub saturation: f64,
    /// For [`adjust_hue`]; 0 is nothing.
    pub hue: f64,
    /// Which comes when: 0 brightness, 1 contrast, 2 saturation, 3 hue.
    pub order: [usize; 4],
}

/// The four adjustments in the order given; one that would change nothing is not made.
#[track_caller]
pub fn jitter(image: &Tensor, factors: &ColourFactors) -> Tensor {
    factors.order.iter().fold(image.clone(), |image, which| match which {
        0 if factors.brightness != 1.0 => adjust_brightness(&image, factors.brightness),
        1 if factors.contrast != 1.0 => adjust_contrast(&image, factors.contrast),
        2 if factors.saturation != 1.0 => adjust_saturation(&image, factors.saturation),
        3 if factors.hue != 0.0 => adjust_hue(&image, factors.hue),
        _ => image,
    })
}

/// Random brightness, contrast, saturation and hue, in random order (`ColorJitter`). Each number says how far the
/// factor may be from that which changes nothing; 0 is not at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct ColourJitter {
    /// Factors from `1 - brightness` (at least 0) to `1 + brightness`.
    pub brightness: f64,
    /// The same for contrast.
    pub contrast: f64,
    /// The same for saturation.
    pub saturation: f64,
    /// Turns from `-hue` to `hue`; at most 1/2.
    pub hue: f64,
}

impl ColourJitter {
    /// Factors and order.
    pub fn draw(&self, rng: &mut Rng) -> ColourFactors {
        let mut order = [0, 1, 2, 3];
        rng.shuffle(&mut order);
        let mut factor = |reach: f64| between(rng, (1.0 - reach).max(0.0), 1.0 + reach);
        let [brightness, contrast, saturation] =
            [factor(self.brightness), factor(self.contrast), factor(self.saturation)];
        let hue = between(rng, -self.hue, self.hue);
        ColourFactors { brightness, contrast, saturation, hue, order }
    }
}

impl Transform for ColourJitter {
    fn apply(&self, image: Tensor, rng: &mut Rng) -> Tensor {
        jitter(&image, &self.draw(rng))
    }
}

/// No colour, with probability `p` (`RandomGrayscale`).
#[derive(Clone, Copy, Debug)]
pub struct RandomGrayscale {
    /// The probability.
    pub p: f64,
}

impl RandomGrayscale {
    /// Whether the colour goes.
    pub fn draw(&self, rng: &mut Rng) -> bool {
        rng.uniform() < self.p
    }
}

impl Transform for RandomGrayscale {
    fn apply(&self, image: Tensor, rng: &mut Rng) -> Tensor {
        if self.draw(rng) { grayscale(&image) } else { image }
    }
}
