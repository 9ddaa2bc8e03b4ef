//! Looking into a network: filters, feature maps, and Grad-CAM, of a SmallCNN that this program trains for a few minutes on
//! CIFAR-10: `cargo run --release -p ch15_convolution --example looking [-- --record]`. A number sets the epochs.
//!
//! Without CIFAR-10 in the folder that `GRADUS_DATA` names it learns generated pictures, and records nothing.

mod pictures;

use std::error::Error;
use std::sync::Arc;

use ch00_start::Record;
use ch00_start::figure::{Image, image_grid};
use ch01_tensors::Tensor;
use ch07_modules::Sequential;
use ch09_optimizers::AdamW;
use ch10_schedules::OneCycle;
use ch12_regularization::Dropout;
use ch13_data::{Augment, ImageSet, Loader, Statistics};
use ch14_training::{RunDir, Settings, Trainer, evaluate};
use ch15_convolution::{Conv2d, fold_batch_norms, grad_cam, small_cnn};
use datasets::cifar10::{self, CLASS_NAMES, SIZE};

const SEED: u64 = 0;
const EPOCHS: u64 = 4;
const SHOWN: usize = 8;
/// The last ReLU before the mean of each channel, in the folded network.
const LAST_MAP: &str = "11";

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let epochs = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(EPOCHS);
    let (cifar, source) = cifar10::load_or_generate(None)?;
    println!("{}", cifar10::announce(&source));
    let set =
        |images: &cifar10::Images| ImageSet::new(images.pixels.clone(), &images.labels, [3, SIZE, SIZE]);
    let (train, test) = (set(&cifar.train), set(&cifar.test));
    let statistics = train.channel_statistics(&(0..cifar.train.len()).collect::<Vec<_>>());
    let normal = |set: ImageSet| Arc::new(set.normalise(&statistics));
    let augment = Augment { crop_padding: 4, flip: true };
    let train = Loader::new(normal(train.augment(augment)), 128).seed(SEED).shuffle(true).drop_last(true);
    let test = Loader::new(normal(test), 250);

    let mut model = small_cnn(3, CLASS_NAMES.len(), 32, 0.2, SEED);
    let schedule = OneCycle::new(4e-3, epochs * train.batches() as u64);
    let settings = Settings { epochs, ..Settings::default() };
    let mut trainer = Trainer::new(settings, Box::new(schedule), Box::new(AdamW::new().weight_decay(0.05)));
    let folder = std::env::temp_dir().join(format!("gradus-ch15-looking-{}", std::process::id()));
    trainer.fit(&mut model, &train, &test, &RunDir::create(&folder)?, false)?;
    std::fs::remove_dir_all(&folder)?;
    let result = evaluate(&model, &test);
    println!("test: {:.1} % right", 100.0 * result.accuracy);

    let mut record =
        Record::new("ch15_looking", source.is_real() && Record::from_args("ch15_looking").is_recording());
    record.seed(SEED).number("accuracy", result.accuracy).number("epochs", epochs as f64);

    // In use as layers that can be gone back through: norms folded, dropout taken out.
    let mut folded = fold_batch_norms(model)
        .into_layers()
        .into_iter()
        .filter(|layer| layer.downcast_ref::<Dropout>().is_none())
        .fold(Sequential::new(), Sequential::push_boxed);
    image_grid(
        &record.figure_path("ch15_filters"),
        "The 32 kernels of the first convolution",
        8,
        &filters(&folded),
    )?;

    let image = |number: usize| normalised(cifar.test.image(number), &statistics);
    let right = |number: &usize| result.predictions[*number] == result.labels[*number];
    // One image of each of the first classes that is taken for what it is, and some that are not.
    let of_class = |class: usize| {
        (0..cifar.test.len()).find(|number| right(number) && result.labels[*number] as usize == class)
    };
    let shown: Vec<usize> = (0..CLASS_NAMES.len()).filter_map(of_class).take(SHOWN).collect();
    let wrong: Vec<usize> = (0..cifar.test.len()).filter(|number| !right(number)).take(SHOWN).collect();

    let first = shown.first().copied().unwrap_or(0);
    let maps = feature_maps(&folded, cifar.test.image(first), &image(first));
    image_grid(
        &record.figure_path("ch15_maps"),
        "What some channels of each convolution make of it",
        9,
        &maps,
    )?;

    let probabilities = result.probabilities();
    let mut pictures = Vec::new();
    for numbers in [&shown, &wrong] {
        let name = |class: i64| CLASS_NAMES[class as usize];
        let plain = numbers.iter().map(|&n| pictures::plain(name(result.labels[n]), cifar.test.image(n)));
        pictures.extend(plain);
        for &n in numbers {
            let class = result.predictions[n];
            let heat = grad_cam(&mut folded, LAST_MAP, &image(n), class as usize);
            let percent = 100.0 * probabilities[[n, class as usize]];
            pictures.push(pictures::heated(
                &format!("{} {percent:.0}", name(class)),
                cifar.test.image(n),
                &heat,
            ));
        }
    }
    let title = "What speaks for the answer: right above, wrong below";
    image_grid(&record.figure_path("ch15_grad_cam"), title, SHOWN, &pictures)?;
    record.finish()?;
    Ok(())
}

/// An image as the network sees it, `[1, 3, 32, 32]`.
fn normalised(pixels: &[u8], statistics: &Statistics) -> Tensor {
    Tensor::from_fn([1, 3, SIZE, SIZE], |i| {
        let pixel = f32::from(pixels[(i[1] * SIZE + i[2]) * SIZE + i[3]]) / 255.0;
        (pixel - statistics.mean[i[1]]) / statistics.std[i[1]]
    })
}

/// Kernels as colours, each between its smallest and its largest number.
fn filters(model: &Sequential) -> Vec<Image> {
    let Some(conv) = model.layers()[0].downcast_ref::<Conv2d>() else { return vec![] };
    let kernels = conv.weight.value.clone().contiguous();
    kernels.data().chunks(27).map(|kernel| Image::rgb("", 3, 3, &pictures::stretched(kernel))).collect()
}

/// The picture, and the first eight channels behind each convolution's ReLU.
fn feature_maps(model: &Sequential, pixels: &[u8], x: &Tensor) -> Vec<Image> {
    let (mut images, mut y) = (Vec::new(), x.clone());
    for (number, layer) in model.layers().iter().enumerate() {
        y = layer.infer(y);
        if [1, 3, 6, 8, 11].contains(&number) {
            let [height, width] = [y.dim(2), y.dim(3)];
            images.push(match images.len() {
                0 => pictures::plain("", pixels),
                _ => Image::gray("", 1, 1, &[1.0]),
            });
            let channels = y.clone().contiguous();
            let channels = channels.data().chunks(height * width).take(8);
            images.extend(channels.map(|map| Image::gray("", height, width, &pictures::stretched(map))));
        }
    }
    images
}
