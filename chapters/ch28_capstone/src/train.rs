//! The training: the five steps of chapter 5 on batches of digits, with a bar that shows how far it is.

use std::time::Duration;

use ch01_tensors::{Array, Rng, Tensor};
use ch03_neurons::Activation;
use ch04_losses::CrossEntropy;
use ch05_backprop::{Layer, Mlp, predict, train_epoch};
use datasets::mnist::{CLASSES, Images, SIZE};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Args;

/// The network and the recipe of chapter 5's experiment.
const WIDTHS: [usize; 4] = [SIZE * SIZE, 256, 128, CLASSES];
const BATCH: usize = 64;
const RATE: f64 = 0.2;

/// Points of the loss curve per epoch; each is the mean over the batches since the last.
const POINTS: usize = 20;

/// What the training gave.
pub(crate) struct Outcome {
    /// The loss on the training images while learning: (epoch, mean loss).
    pub losses: Vec<(f64, f64)>,
    /// The loss on the images kept aside, after each epoch.
    pub watched: Vec<(f64, f64)>,
    /// The digit that the network reads in each test image.
    pub read: Vec<u8>,
}

/// The loss is no number any more.
#[derive(Debug, thiserror::Error)]
#[error("the training diverged in epoch {epoch}: the loss is {loss}")]
pub struct Diverged {
    /// Counted from 1.
    pub epoch: u32,
    /// NaN or infinite.
    pub loss: f64,
}

/// Keeps the last twelfth aside, to watch the training without touching the test images: 5,000 of MNIST's 60,000.
pub(crate) fn split(images: &Images) -> (Images, Images) {
    let learning = images.len() - images.len() / 12;
    let size = images.rows * images.cols;
    let part = |range: std::ops::Range<usize>| Images {
        pixels: images.pixels[range.start * size..range.end * size].to_vec(),
        labels: images.labels[range].to_vec(),
        ..*images
    };
    (part(0..learning), part(learning..images.len()))
}

/// The fraction of the images that was read correctly.
pub(crate) fn accuracy(labels: &[u8], read: &[u8]) -> f64 {
    let right = labels.iter().zip(read).filter(|(label, read)| label == read).count();
    right as f64 / labels.len() as f64
}

/// `[count, 784]` with mean 0 and deviation 1 over MNIST's training images, and `[count]` classes.
fn tensors(images: &Images) -> (Tensor, Array<i64>) {
    let pixels = Array::from_slice(&images.pixels, [images.len(), images.rows * images.cols]);
    let labels = Array::from_slice(&images.labels, [images.len()]);
    (pixels.map_to(|pixel| (f32::from(pixel) / 255.0 - 0.1307) / 0.3081), labels.cast())
}

/// Trains on `learning`, measures on `watching` after each epoch and on `test` once, at the end.
pub(crate) fn train(
    learning: &Images,
    watching: &Images,
    test: &Images,
    args: &Args,
) -> Result<Outcome, Diverged> {
    println!(
        "Learning from {} images, {} kept aside to watch it, {} for the test at the end.",
        learning.len(),
        watching.len(),
        test.len()
    );
    let ((x, labels), (watched_x, watched_labels)) = (tensors(learning), tensors(watching));
    let mut model = Mlp::new(&WIDTHS, Activation::Relu, &mut Rng::new(args.seed, "init"));
    let mut order = Rng::new(args.seed, "shuffle");
    let batches = learning.len().div_ceil(BATCH);
    let bar = progress_bar(batches as u64 * u64::from(args.epochs));
    let (mut losses, mut watched) = (Vec::new(), Vec::new());
    for epoch in 1..=args.epochs {
        let mut curve = Curve { epoch, batches, ..Curve::default() };
        let loss =
            train_epoch(&mut model, (&x, &labels), BATCH, rate(epoch, args.epochs), &mut order, |loss| {
                if let Some(point) = curve.add(loss) {
                    losses.push(point);
                    bar.set_message(format!("loss {:.3}", point.1));
                }
                bar.inc(1);
            });
        if !loss.is_finite() {
            return Err(Diverged { epoch, loss });
        }
        let aside = CrossEntropy::default().forward(&model.infer(watched_x.clone()), &watched_labels);
        watched.push((f64::from(epoch), aside.item().into()));
        let right = 100.0 * ch05_backprop::accuracy(&model, &watched_x, &watched_labels);
        bar.suspend(|| {
            println!(
                "epoch {epoch:>2}: loss {loss:.3}; of the images kept aside {right:.1} % read correctly"
            );
        });
    }
    bar.finish_and_clear();
    let read = predict(&model, &tensors(test).0).iter().map(|class| class as u8).collect();
    Ok(Outcome { losses, watched, read })
}

/// The learning rate falls in a straight line to nothing: large steps first, then small ones to settle.
fn rate(epoch: u32, epochs: u32) -> f64 {
    RATE * (1.0 - f64::from(epoch - 1) / f64::from(epochs))
}

/// Thins the losses of an epoch's batches out to [`POINTS`] means.
#[derive(Default)]
struct Curve {
    epoch: u32,
    batches: usize,
    batch: usize,
    sum: f64,
    count: f64,
}

impl Curve {
    /// Takes the loss of the next batch; now and then gives a point, (epoch, mean loss since the last point).
    fn add(&mut self, loss: f64) -> Option<(f64, f64)> {
        let points = |batch: usize| batch * POINTS / self.batches;
        let due = points(self.batch + 1) > points(self.batch);
        (self.batch, self.sum, self.count) = (self.batch + 1, self.sum + loss, self.count + 1.0);
        due.then(|| {
            let at = f64::from(self.epoch - 1) + self.batch as f64 / self.batches as f64;
            let mean = self.sum / self.count;
            (self.sum, self.count) = (0.0, 0.0);
            (at, mean)
        })
    }
}

fn progress_bar(batches: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}  {eta} left")
        .expect("the template is fixed and well formed");
    let bar = ProgressBar::new(batches).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
