//! What the rungs of a ladder ask of memory, counted by the simulator: `cargo run --release -p ch22_cuda --example counts`.
//!
//! No times: a simulator has none to tell. But how many sectors a warp touches, and how often the lanes of a warp wait for each
//! other at a bank, follow from the addresses alone, and these are the same on a GPU.

use ch00_start::Record;
use ch00_start::figure::{self, Series};
use ch22_cuda::{A100, numbers, occupancy, simulator};
use kernels::attention::{self, AttentionShape};
use kernels::{Bf16, Counts, Device, KernelError, elementwise, matmul, softmax, transpose};

const ACCESSES: &str = r#"
extern "C" __global__ void strided(const float* x, float* y, int stride) { y[threadIdx.x] = x[threadIdx.x * stride]; }

extern "C" __global__ void column(float* y, int width) {
    extern __shared__ float tile[];
    tile[threadIdx.x * width] = 1.0f;
    y[threadIdx.x] = tile[threadIdx.x * width];
}
"#;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn counted(device: &Device, work: impl FnOnce() -> Result<(), KernelError>) -> Outcome<Counts> {
    device.start_counting();
    work()?;
    Ok(device.counts().ok_or("only the simulator counts")?)
}

/// Sectors for one load of a warp, over the distance of its lanes; passes for one access of shared memory, over the length of a row.
fn accesses(device: &Device, record: &mut Record) -> Outcome<()> {
    device.load("accesses.cu", ACCESSES)?;
    let (mut sectors, mut passes) = (Vec::new(), Vec::new());
    for stride in 1..=40usize {
        let x = device.zeros::<f32>(32 * stride)?;
        let mut y = device.uninit::<f32>(32)?;
        let load =
            counted(device, || device.kernel("strided").block(32).arg(&x).arg(&mut y).arg(stride).launch())?;
        sectors.push((stride as f64, load.load_sectors as f64));
        let launch = device.kernel("column").block(32).shared_bytes(32 * stride * 4);
        let shared = counted(device, || launch.arg(&mut y).arg(stride).launch())?;
        passes.push((stride as f64, shared.shared_passes as f64 / shared.shared_requests as f64));
    }
    for stride in [1, 2, 8, 32, 33] {
        record.number(&format!("sectors_{stride}"), sectors[stride - 1].1);
        record.number(&format!("passes_{stride}"), passes[stride - 1].1);
    }
    let path = record.figure_path("ch22_accesses");
    let series =
        [Series::new("sectors of global memory", sectors), Series::new("passes of shared memory", passes)];
    let title = "One access of a warp whose lanes are so many floats apart";
    figure::lines(&path, title, "distance of neighbouring lanes (floats)", "sectors, or passes", &series)?;
    println!("Figure: {}", path.display());
    Ok(())
}

fn transposes(device: &Device, record: &mut Record) -> Outcome<()> {
    let shape = [128, 128];
    let x = device.upload(&numbers(1, 128 * 128))?;
    println!("\ntranspose 128 x 128          bytes used  bytes moved  shared requests  passes");
    for (i, rung) in transpose::TRANSPOSE.iter().enumerate() {
        let mut y = device.uninit(128 * 128)?;
        let c = counted(device, || transpose::transpose(i + 1, &x, &mut y, shape))?;
        let [used, moved] = [c.bytes_asked(), c.bytes_moved()];
        println!(
            "v{} {rung:30.30} {used:7} {moved:12} {:12} {:10}",
            i + 1,
            c.shared_requests,
            c.shared_passes
        );
        record.number(&format!("transpose_v{}_moved", i + 1), moved as f64);
        record.number(&format!("transpose_v{}_passes", i + 1), c.shared_passes as f64);
        record.number(&format!("transpose_v{}_requests", i + 1), c.shared_requests as f64);
        record.number("transpose_used", used as f64);
    }
    Ok(())
}

/// Bytes moved for each operation, and the roofline with the rungs on it.
fn products(device: &Device, record: &mut Record) -> Outcome<()> {
    let size @ [m, n, k] = [128, 128, 128];
    let operations = (2 * m * n * k) as f64;
    let (a, b) = (numbers(1, m * k), numbers(2, k * n));
    let half = |x: &[f32]| x.iter().map(|&x| Bf16::from(x)).collect::<Vec<_>>();
    let (a16, b16) = (device.upload(&half(&a))?, device.upload(&half(&b))?);
    let (a, b) = (device.upload(&a)?, device.upload(&b)?);
    println!("\nmatmul 128 x 128 x 128       bytes moved  operations a byte  shared requests  passes");
    let (mut labels, mut bytes, mut intensities) = (Vec::new(), Vec::new(), Vec::new());
    let mut note = |name: String, rung: &str, c: Counts| {
        let intensity = operations / c.bytes_moved() as f64;
        println!(
            "{name:9} {rung:26.26} {:8} {intensity:14.2} {:16} {:10}",
            c.bytes_moved(),
            c.shared_requests,
            c.shared_passes
        );
        record.number(&format!("{name}_bytes"), c.bytes_moved() as f64);
        record.number(&format!("{name}_intensity"), intensity);
        record.number(&format!("{name}_requests"), c.shared_requests as f64);
        record.number(&format!("{name}_passes"), c.shared_passes as f64);
        labels.push(name);
        bytes.push(c.bytes_moved() as f64 / 1e6);
        intensities.push(intensity);
    };
    for (i, rung) in matmul::MATMUL.iter().enumerate() {
        let mut c = device.uninit(m * n)?;
        let counts = counted(device, || matmul::matmul(i + 1, &a, &b, &mut c, size))?;
        note(format!("matmul_v{}", i + 1), rung, counts);
    }
    for (i, rung) in matmul::MATMUL_BF16.iter().enumerate() {
        let mut c = device.uninit(m * n)?;
        let counts = counted(device, || matmul::matmul_bf16(i + 1, &a16, &b16, &mut c, size))?;
        // Which lane loads which element of a wmma fragment is not specified, so its passes mean nothing.
        note(format!("bf16_v{}", i + 1), rung, Counts { shared_requests: 0, shared_passes: 0, ..counts });
    }
    for (i, rung) in matmul::MATMUL_TF32.iter().enumerate() {
        let mut c = device.uninit(m * n)?;
        let counts = counted(device, || matmul::matmul_tf32(i + 1, &a, &b, &mut c, size))?;
        note(format!("tf32_v{}", i + 1), rung, counts);
    }
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let path = record.figure_path("ch22_matmul_bytes");
    let title = "Megabytes that 128 x 128 x 128 moves between caches and multiprocessors";
    let short: Vec<String> = labels.iter().map(|label| label.replace("matmul_", "f32_")).collect();
    let short: Vec<&str> = short.iter().map(String::as_str).collect();
    figure::bars(&path, title, "megabytes", &short, &[("", &bytes)])?;
    println!("Figure: {}", path.display());
    roofline(record, &labels, &intensities)
}

/// The roofs of an A100 as its data sheet gives them; no time was measured, so the rungs stand at their intensity on the roof, which is
/// the most that they could reach.
fn roofline(record: &mut Record, labels: &[&str], intensities: &[f64]) -> Outcome<()> {
    const BYTES: f64 = 1555e9;
    const F32: f64 = 19.5e12;
    const BF16: f64 = 312e12;
    record.number("ridge_f32", F32 / BYTES).number("ridge_bf16", BF16 / BYTES);
    let roof = |name: &str, peak: f64| {
        let points = (0..=60)
            .map(|i| 10f64.powf(-1.0 + f64::from(i) * 0.07))
            .map(|x| (x, (x * BYTES).min(peak) / 1e12));
        Series::new(name, points.collect())
    };
    let mut series = vec![roof("f32", F32), roof("bf16 on tensor cores", BF16)];
    let place = |(_, &x): (&&str, &f64)| (x, (x * BYTES).min(F32) / 1e12);
    let f32_rungs: Vec<(f64, f64)> =
        labels.iter().zip(intensities).filter(|(label, _)| label.starts_with("matmul")).map(place).collect();
    series.push(Series::new("matmul v1 to v5, at most", f32_rungs).marked());
    let path = record.figure_path("ch22_roofline");
    let title = "Roofline of an A100 (data sheet), and what the rungs could reach at most";
    figure::lines_log_log(&path, title, "operations a byte", "TFLOP/s", &series)?;
    println!("Figure: {}", path.display());
    Ok(())
}

fn softmaxes(device: &Device, record: &mut Record) -> Outcome<()> {
    let shape = [64, 512];
    let x = device.upload(&numbers(1, 64 * 512))?;
    println!("\nsoftmax 64 x 512             loads of warps  bytes moved  barriers");
    for (i, rung) in softmax::SOFTMAX.iter().enumerate() {
        let mut y = device.uninit(64 * 512)?;
        let c = counted(device, || softmax::softmax(i + 1, &x, &mut y, shape))?;
        println!("v{} {rung:30.30} {:8} {:12} {:9}", i + 1, c.loads, c.bytes_moved(), c.barriers);
        record.number(&format!("softmax_v{}_loads", i + 1), c.loads as f64);
        record.number(&format!("softmax_v{}_moved", i + 1), c.bytes_moved() as f64);
    }
    Ok(())
}

fn attentions(device: &Device, record: &mut Record) -> Outcome<()> {
    const LENGTH: usize = 256;
    let shape = AttentionShape { sets: 1, length: LENGTH, width: 64, causal: false, lengths: None };
    let host = [1, 2, 3].map(|seed| numbers(seed, LENGTH * 64));
    let halves = host.each_ref().map(|x| x.iter().map(|&x| Bf16::from(x)).collect::<Vec<_>>());
    let mut out = device.uninit(LENGTH * 64)?;
    println!("\nattention 256 x 64             bytes moved  tensor operations");
    let mut note = |name: String, rung: &str, c: Counts| {
        println!("{name:17} {rung:40.40} {:9} {:10}", c.bytes_moved(), c.tensor_operations);
        record.number(&format!("{name}_bytes"), c.bytes_moved() as f64);
    };
    let [q, k, v] = [device.upload(&host[0])?, device.upload(&host[1])?, device.upload(&host[2])?];
    for (i, rung) in attention::ATTENTION.iter().enumerate() {
        let counts =
            counted(device, || attention::attention(i + 1, [&q, &k, &v], &mut out, &shape).map(drop))?;
        note(format!("attention_v{}", i + 1), rung, counts);
    }
    let [q, k, v] = [device.upload(&halves[0])?, device.upload(&halves[1])?, device.upload(&halves[2])?];
    for (i, rung) in attention::ATTENTION_BF16.iter().enumerate() {
        let counts =
            counted(device, || attention::attention_bf16(i + 1, [&q, &k, &v], &mut out, &shape).map(drop))?;
        note(format!("attention_bf16_v{}", i + 1), rung, counts);
    }
    record.number("attention_length", LENGTH as f64);
    Ok(())
}

fn additions(device: &Device, record: &mut Record) -> Outcome<()> {
    let n = 1 << 16;
    let (a, b) = (device.upload(&numbers(1, n))?, device.upload(&numbers(2, n))?);
    println!("\nadd of 65536                 loads of warps  bytes moved");
    for (i, rung) in elementwise::ADD.iter().enumerate() {
        let mut y = device.uninit(n)?;
        let c = counted(device, || elementwise::add(i + 1, &a, &b, &mut y))?;
        println!("v{} {rung:30.30} {:8} {:12}", i + 1, c.loads, c.bytes_moved());
        record.number(&format!("add_v{}_loads", i + 1), c.loads as f64);
        record.number(&format!("add_v{}_moved", i + 1), c.bytes_moved() as f64);
    }
    Ok(())
}

fn occupancies(record: &mut Record) -> Outcome<()> {
    let curve = |threads: usize| {
        let share = |registers: usize| (registers as f64, 100.0 * occupancy(&A100, threads, registers, 0).1);
        Series::new(&format!("blocks of {threads}"), (16..=255).map(share).collect())
    };
    let path = record.figure_path("ch22_occupancy");
    let series = [curve(128), curve(256), curve(1024)];
    figure::lines(
        &path,
        "Occupancy by registers, compute capability 8.0",
        "registers a thread",
        "occupancy (%)",
        &series,
    )?;
    println!("\nFigure: {}", path.display());
    record.number("occupancy_32", occupancy(&A100, 256, 32, 0).1);
    record.number("occupancy_64", occupancy(&A100, 256, 64, 0).1);
    record.number("occupancy_128", occupancy(&A100, 256, 128, 0).1);
    // matmul v5: two tiles twice, 16 KB.
    record.number("occupancy_v5", occupancy(&A100, 256, 128, 4 * 8 * 128 * 4).1);
    Ok(())
}

fn main() -> Outcome<()> {
    let device = simulator();
    let mut record = Record::from_args("ch22_counts");
    accesses(&device, &mut record)?;
    additions(&device, &mut record)?;
    transposes(&device, &mut record)?;
    softmaxes(&device, &mut record)?;
    products(&device, &mut record)?;
    attentions(&device, &mut record)?;
    occupancies(&mut record)?;
    record.finish()?;
    Ok(())
}
