//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Trains neural networks on pictures and on text, and shows what they learned.
///
/// Without a command it trains a small convolutional network on generated pictures and a small Transformer on generated
/// reviews, in less than three minutes on two cores. The same seed gives the same result, on any number of threads.
#[derive(Clone, Debug, Parser)]
#[command(name = "gradus", version, args_conflicts_with_subcommands = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// What the demonstration takes.
    #[command(flatten)]
    pub demo: DemoArgs,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Trains on CIFAR-10: 60,000 small photographs in ten classes
    Cifar10(TrainArgs<CifarRecipe>),
    /// Trains on IMDb: 50,000 film reviews, for or against the film
    Imdb(TrainArgs<ImdbRecipe>),
    /// Tests the network of a finished run again
    Evaluate(EvaluateArgs),
    /// Says what the network of a finished run makes of pictures or texts
    Predict(PredictArgs),
    /// Writes a page about a run, in one file that needs no network: RUN/report.html
    Report(RunArgs),
    /// Measures the speed of training steps on made-up data
    Bench(BenchArgs),
}

/// For the demonstration.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// Seed of everything random: the data, the first weights, the order of the examples
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,

    /// Folder for the runs, made if it is not there [default: runs/demo in this workspace]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Writes the result to book/results, for the book
    #[arg(long, hide = true)]
    pub record: bool,
}

/// For training. What is not given is the recipe's choice, or with `--resume` the run's.
#[derive(Clone, Debug, clap::Args)]
pub struct TrainArgs<R: ValueEnum + Clone + Send + Sync + 'static> {
    /// Which network and how it is trained
    #[arg(long, value_enum)]
    pub recipe: Option<R>,

    /// Folder with the data, or the official archive; else $GRADUS_DATA and the cache folder are searched
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Folder with published weights to begin with: config.json, model.safetensors, vocab.txt
    #[arg(long, value_name = "DIR")]
    pub weights: Option<PathBuf>,

    /// How often the network sees every training example (with `transfer` those of the six classes, with `pretrain` those
    /// that have a label)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub epochs: Option<u32>,

    /// Seed of everything random: the split, the first weights, the order and the changes of the examples [default: 0]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,

    /// Folder of the run, made if it is not there [default: the first free one of runs/TASK-RECIPE-1, -2, ...]
    #[arg(long, value_name = "RUN", conflicts_with = "resume")]
    pub out: Option<PathBuf>,

    /// Goes on with a run that was stopped, from its last checkpoint
    #[arg(long, value_name = "RUN")]
    pub resume: Option<PathBuf>,

    /// Number of threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,

    /// Writes the result to book/results, for the book
    #[arg(long, hide = true)]
    pub record: bool,
}

/// How to learn CIFAR-10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CifarRecipe {
    /// Five convolutions, trained from scratch
    #[default]
    Smallcnn,
    /// Six convolutions behind a whitening layer: the most accuracy for its time
    Fast,
    /// A residual network of 18 layers: takes hours, can be stopped and resumed
    Resnet18,
    /// Six classes first; then the other four from 50, 250 and 1,000 pictures each, in four ways
    Transfer,
}

/// How to learn IMDb.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ImdbRecipe {
    /// A Transformer encoder, trained from scratch
    #[default]
    Transformer,
    /// Logistic regression on which words occur: what the others have to beat
    Bagofwords,
    /// An LSTM in both directions, trained from scratch
    Bilstm,
    /// An encoder that guesses missing words of the unlabelled reviews first
    Pretrain,
    /// A published encoder of sentences, all-MiniLM-L6-v2: give its folder with --weights
    Minilm,
}

/// For one run.
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
}

/// For testing again.
#[derive(Clone, Debug, clap::Args)]
pub struct EvaluateArgs {
    /// Folder of a finished run
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// Folder with the data, or the official archive; else where the run found it
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// For predicting.
#[derive(Clone, Debug, clap::Args)]
pub struct PredictArgs {
    /// Folder of a finished run
    #[arg(value_name = "RUN")]
    pub run: PathBuf,

    /// Pictures (PNG or JPEG files) for a network that sees, texts for one that reads
    #[arg(value_name = "FILE or TEXT", required = true)]
    pub inputs: Vec<String>,
}

/// For measuring.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// What to measure
    #[arg(long, value_enum)]
    pub workload: Workload,

    /// Number of threads
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = threads)]
    pub threads: usize,

    /// The type of the numbers
    #[arg(long, value_enum, default_value = "f32")]
    pub dtype: Dtype,

    /// The size of a batch in training [default: the workload's]
    #[arg(long, value_parser = batch, conflicts_with = "infer")]
    pub batch: Option<usize>,

    /// Measures the forward pass for use, with batches of this size
    #[arg(long, value_name = "BATCH", value_parser = batch)]
    pub infer: Option<usize>,

    /// How long to measure
    #[arg(long, value_name = "S", default_value_t = 6.0, value_parser = seconds)]
    pub seconds: f64,

    /// At least so many steps are measured, however long they take
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = steps)]
    pub min_steps: usize,

    /// Prints one line of JSON
    #[arg(long)]
    pub json: bool,
}

/// Networks with a batch and an optimizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// 784, 256, 128, 10; SGD with momentum
    Mlp,
    /// Five convolutions on 32 x 32 pixels; AdamW
    Smallcnn,
    /// Four blocks of width 128 on 256 tokens; AdamW
    Transformer,
    /// A residual network of 18 layers on 32 x 32 pixels; SGD with momentum
    Resnet18,
    /// The network of the recipe `fast`; SGD with Nesterov's momentum
    Airbench,
    /// An LSTM in both directions on 200 tokens; AdamW
    Lstm,
    /// Six causal blocks of width 256 on 256 characters; AdamW
    Gpt,
}

impl Workload {
    /// The name on the command line and in the result.
    pub fn name(self) -> &'static str {
        match self {
            Workload::Mlp => "mlp",
            Workload::Smallcnn => "smallcnn",
            Workload::Transformer => "transformer",
            Workload::Resnet18 => "resnet18",
            Workload::Airbench => "airbench",
            Workload::Lstm => "lstm",
            Workload::Gpt => "gpt",
        }
    }

    /// Examples in a training step.
    pub fn batch(self) -> usize {
        match self {
            Workload::Mlp | Workload::Smallcnn | Workload::Resnet18 => 128,
            Workload::Airbench => 512,
            Workload::Lstm => 64,
            Workload::Transformer => 32,
            Workload::Gpt => 16,
        }
    }
}

/// The types of numbers that can be measured so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dtype {
    /// 32-bit floats
    F32,
}

fn threads(text: &str) -> Result<usize, String> {
    within(text, 1, 1024)
}

fn batch(text: &str) -> Result<usize, String> {
    within(text, 1, 65_536)
}

fn steps(text: &str) -> Result<usize, String> {
    within(text, 1, 10_000)
}

fn within(text: &str, low: usize, high: usize) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (low..=high).contains(number));
    number.ok_or_else(|| format!("a whole number from {low} to {high} is needed"))
}

fn seconds(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|seconds| (0.0..=60.0).contains(seconds));
    number.ok_or_else(|| "a number from 0 to 60 is needed".to_owned())
}
