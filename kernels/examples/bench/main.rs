//! Every kernel, rung by rung: `cargo run --release -p kernels --example bench`.
//!
//! With `--features cuda` and a GPU: the time of each (CUDA events, median of seven), the bytes or operations a second that follow, and the share
//! of the ceiling, which is measured first on the same device: the bandwidth of a copy, the rate of f32, the rate of bf16 on tensor
//! cores. Bytes are those that the operation must move at least, each input and output once. Without a GPU the simulator runs small
//! sizes and prints what it can count; it has no times to tell. Prints Markdown, for RESULTS.md. An argument selects the operations
//! whose name contains it; `--probe` only says which GPU there is, or in one line why there is none.

mod memory;
mod products;

use std::time::Duration;

use kernels::{Bf16, Counts, Device, DeviceBuffer, Element, KernelError, peak};

type Floats = DeviceBuffer<f32>;
type Done = Result<(), KernelError>;

/// What an operation cannot do without, and so the ceiling that it is measured against.
#[derive(Clone, Copy)]
enum Work {
    /// Bytes moved.
    Bytes(usize),
    /// Operations in f32.
    F32(usize),
    /// Operations in bf16 on tensor cores.
    Bf16(usize),
    /// Operations in tf32 on tensor cores, which do half as many of them as in bf16.
    Tf32(usize),
}

/// Bytes or operations a second.
struct Ceilings {
    copy: f64,
    f32: f64,
    bf16: f64,
}

struct Bench {
    device: Device,
    /// None on the simulator.
    ceilings: Option<Ceilings>,
    only: String,
}

/// The seconds of one call: warmed up, median of seven samples of several calls each; a slow one is called once.
fn seconds(device: &Device, run: &mut dyn FnMut() -> Done) -> Result<Option<f64>, KernelError> {
    let mut sample = |calls: u32| {
        let time = device.timed(|| (0..calls).try_for_each(|_| run()))?;
        Ok::<_, KernelError>(time.map(|time: Duration| time.as_secs_f64() / f64::from(calls)))
    };
    sample(1)?;
    let Some(first) = sample(1)? else { return Ok(None) };
    if first > 0.3 {
        return Ok(Some(first));
    }
    let calls = (5e-3 / first).clamp(1.0, 50.0) as u32;
    let mut all =
        (0..7).map(|_| Ok(sample(calls)?.unwrap_or(first))).collect::<Result<Vec<_>, KernelError>>()?;
    all.sort_by(f64::total_cmp);
    Ok(Some(all[3]))
}

impl Bench {
    fn new(device: Device, only: String) -> Result<Self, KernelError> {
        let mut bench = Self { device, ceilings: None, only };
        let device = &bench.device;
        if device.timed(|| Ok(()))?.is_none() {
            return Ok(bench);
        }
        let n = 1 << 27;
        let (x, mut y) = (device.zeros(n)?, device.zeros(n)?);
        let copy = 8.0 * n as f64 / seconds(device, &mut || peak::copy(&x, &mut y))?.unwrap_or(f64::NAN);
        let mut y = device.zeros(1 << 20)?;
        let mut operations = 0.0;
        let mut rate = |run: &mut dyn FnMut() -> Result<f64, KernelError>| {
            let time = seconds(device, &mut || run().map(|n| operations = n))?;
            Ok::<f64, KernelError>(operations / time.unwrap_or(f64::NAN))
        };
        let f32 = rate(&mut || peak::f32_rate(&mut y, 0.5, 4096))?;
        let bf16 = rate(&mut || peak::bf16_rate(&mut y, 1024))?;
        bench.ceilings = Some(Ceilings { copy, f32, bf16 });
        Ok(bench)
    }

    /// The size for the simulator, or for a GPU.
    fn size(&self, small: usize, large: usize) -> usize {
        if self.ceilings.is_some() { large } else { small }
    }

    /// Random numbers between -2 and 2.
    fn floats(&self, n: usize) -> Result<Floats, KernelError> {
        self.device.upload(&kernels::testing::numbers(n as u64, n))
    }

    /// The same, rounded to bf16.
    fn halves(&self, n: usize) -> Result<DeviceBuffer<Bf16>, KernelError> {
        let values = self.floats(n)?.to_vec()?;
        self.device.upload(&values.into_iter().map(Bf16::from).collect::<Vec<_>>())
    }

    fn zeros<T: Element>(&self, n: usize) -> Result<DeviceBuffer<T>, KernelError> {
        self.device.zeros(n)
    }

    /// The rungs of one operation: `run` takes the version.
    fn ladder(
        &self,
        operation: &str,
        rungs: &[&str],
        size: &str,
        work: Work,
        mut run: impl FnMut(usize) -> Done,
    ) -> Done {
        if !operation.contains(&self.only) {
            return Ok(());
        }
        for (i, rung) in rungs.iter().enumerate() {
            let name = format!("| {operation} | v{}: {rung} | {size}", i + 1);
            self.device.start_counting();
            match run(i + 1) {
                Err(KernelError::NeedsDevice(why)) => {
                    println!("{name} | not here: {why} |");
                    continue;
                }
                done => done?,
            }
            match &self.ceilings {
                None => {
                    println!("{name} | {}", counted(&self.device.counts().unwrap_or_default()));
                }
                Some(ceilings) => {
                    let time = seconds(&self.device, &mut || run(i + 1))?.unwrap_or(f64::NAN);
                    println!("{name} | {}", measured(time, work, ceilings));
                }
            }
        }
        Ok(())
    }
}

fn counted(c: &Counts) -> String {
    format!(
        "{} | {} | {} | {} | {} |",
        c.launches,
        c.bytes_asked(),
        c.bytes_moved(),
        c.bank_conflicts(),
        c.tensor_operations
    )
}

fn measured(time: f64, work: Work, ceilings: &Ceilings) -> String {
    let (amount, ceiling, unit, scale) = match work {
        Work::Bytes(n) => (n, ceilings.copy, "GB/s", 1e9),
        Work::F32(n) => (n, ceilings.f32, "TFLOP/s", 1e12),
        Work::Bf16(n) => (n, ceilings.bf16, "TFLOP/s", 1e12),
        Work::Tf32(n) => (n, ceilings.bf16 / 2.0, "TFLOP/s", 1e12),
    };
    let rate = amount as f64 / time;
    format!("{:.4} ms | {:.1} {unit} | {:.1} % |", 1e3 * time, rate / scale, 100.0 * rate / ceiling)
}

/// The name of the first GPU, or one line that says why there is none.
fn probe() -> Result<String, KernelError> {
    #[cfg(feature = "cuda")]
    return Device::cuda(0).map(|device| device.name());
    #[cfg(not(feature = "cuda"))]
    Err(KernelError::NoDevice("this program was built without the feature `cuda`".to_owned()))
}

/// The first GPU if this build knows of GPUs and there is one, else the simulator.
fn device() -> Result<Device, KernelError> {
    #[cfg(feature = "cuda")]
    match Device::cuda(0) {
        Ok(device) => return Ok(device),
        Err(error) => println!("{error}\n"),
    }
    Device::simulator()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().any(|argument| argument == "--probe") {
        match probe() {
            Ok(name) => println!("{name}"),
            Err(error) => {
                eprintln!("{error}");
                std::process::exit(1);
            }
        }
        return Ok(());
    }
    // Arguments of cargo's own (`--bench`) are none of ours.
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let bench = Bench::new(device()?, only)?;
    println!("Device: {}\n", bench.device.name());
    if let Some(Ceilings { copy, f32, bf16 }) = &bench.ceilings {
        let (copy, f32, bf16) = (copy / 1e9, f32 / 1e12, bf16 / 1e12);
        println!("Ceilings on it: copy {copy:.0} GB/s, f32 {f32:.1} TFLOP/s, bf16 {bf16:.0} TFLOP/s\n");
        println!(
            "| operation | rung | size | time | rate | share of the ceiling |\n| --- | --- | --- | --- | --- | --- |"
        );
    } else {
        println!("The simulator: counts of one call at a small size, no times.\n");
        println!(
            "| operation | rung | size | launches | bytes asked | bytes moved | bank conflicts | tensor operations |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    }
    memory::run(&bench)?;
    products::run(&bench)?;
    Ok(())
}
