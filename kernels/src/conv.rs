//! Convolution in two dimensions, forward and both gradients: in f32 (`cuda/conv.cu`), and 3 x 3 in bf16 on tensor cores
//! (`cuda/conv_bf16.cu`).

use crate::rung::{has, kernel};
use crate::{Bf16, DeviceBuffer, KernelError, Launch, elementwise};

/// The rungs of [`conv`].
pub const CONV: &[&str] = &["one thread an element", "implicit matrix product"];
/// The rungs of [`conv_backward_data`].
pub const CONV_BACKWARD_DATA: &[&str] = &["one thread an element", "implicit matrix product"];
/// The rungs of [`conv_backward_weight`].
pub const CONV_BACKWARD_WEIGHT: &[&str] = &["one thread an element", "implicit matrix product"];

type Floats = DeviceBuffer<f32>;

/// The sizes of a convolution (`torch.nn.functional.conv2d` without bias, dilation and groups).
#[derive(Clone, Copy, Debug)]
pub struct ConvShape {
    /// Images.
    pub batch: usize,
    /// Channels of x.
    pub inputs: usize,
    /// Height and width of x.
    pub image: [usize; 2],
    /// Channels of y.
    pub outputs: usize,
    /// Height and width of the weight.
    pub size: usize,
    /// Step from window to window.
    pub stride: usize,
    /// Zeros around x on every side.
    pub padding: usize,
}

impl ConvShape {
    /// `[batch, inputs, height, width]`.
    pub fn x(&self) -> [usize; 4] {
        [self.batch, self.inputs, self.image[0], self.image[1]]
    }

    /// `[outputs, inputs, size, size]`.
    pub fn weight(&self) -> [usize; 4] {
        [self.outputs, self.inputs, self.size, self.size]
    }

    /// `[batch, outputs, rows, columns]`.
    pub fn y(&self) -> [usize; 4] {
        let side = |n: usize| (n + 2 * self.padding - self.size) / self.stride + 1;
        [self.batch, self.outputs, side(self.image[0]), side(self.image[1])]
    }

    fn check(&self, operation: &'static str) -> Result<(), KernelError> {
        let least = self.image[0].min(self.image[1]) + 2 * self.padding;
        let empty = self.x().contains(&0) || self.weight().contains(&0);
        if empty || self.stride == 0 || least < self.size {
            let message = format!("no window fits, or a size is 0: {self:?}");
            return Err(KernelError::Shape { operation, message });
        }
        Ok(())
    }

    fn pass<'a>(&self, launch: Launch<'a>) -> Launch<'a> {
        let [batch, inputs, height, width] = self.x();
        let launch = launch.arg(batch).arg(inputs).arg(height).arg(width);
        launch.arg(self.outputs).arg(self.size).arg(self.stride).arg(self.padding)
    }
}

/// One thread an element, or blocks of 16 x 16 over the implicit product `[rows, columns]`.
fn over(launch: Launch<'_>, version: usize, rows: usize, columns: usize) -> Launch<'_> {
    match version {
        1 => launch.over(rows * columns, 256),
        _ => launch.grid((columns.div_ceil(16), rows.div_ceil(16))).block((16, 16)),
    }
}

/// y = x convolved with weight.
///
/// # Errors
///
/// Sizes that do not fit, an unknown version, or what the launch reports.
pub fn conv(
    version: usize,
    x: &Floats,
    weight: &Floats,
    y: &mut Floats,
    shape: &ConvShape,
) -> Result<(), KernelError> {
    let name = kernel("conv", version, CONV)?;
    shape.check("conv")?;
    has("conv", "x", x, &shape.x())?;
    has("conv", "weight", weight, &shape.weight())?;
    has("conv", "y", y, &shape.y())?;
    let [batch, outputs, rows, columns] = shape.y();
    let launch = over(x.device().kernel(&name), version, outputs, batch * rows * columns);
    shape.pass(launch.arg(x).arg(weight).arg(y)).launch()
}

/// The gradient dx from dy.
///
/// # Errors
///
/// As [`conv`].
pub fn conv_backward_data(
    version: usize,
    dy: &Floats,
    weight: &Floats,
    dx: &mut Floats,
    shape: &ConvShape,
) -> Result<(), KernelError> {
    const NAME: &str = "conv_backward_data";
    let name = kernel(NAME, version, CONV_BACKWARD_DATA)?;
    shape.check(NAME)?;
    has(NAME, "dy", dy, &shape.y())?;
    has(NAME, "weight", weight, &shape.weight())?;
    has(NAME, "dx", dx, &shape.x())?;
    let [batch, inputs, height, width] = shape.x();
    let launch = over(dy.device().kernel(&name), version, inputs, batch * height * width);
    shape.pass(launch.arg(dy).arg(weight).arg(dx)).launch()
}

/// The gradient dweight from dy and x; it is overwritten.
///
/// # Errors
///
/// As [`conv`].
pub fn conv_backward_weight(
    version: usize,
    dy: &Floats,
    x: &Floats,
    dweight: &mut Floats,
    shape: &ConvShape,
) -> Result<(), KernelError> {
    const NAME: &str = "conv_backward_weight";
    let name = kernel(NAME, version, CONV_BACKWARD_WEIGHT)?;
    shape.check(NAME)?;
    has(NAME, "dy", dy, &shape.y())?;
    has(NAME, "x", x, &shape.x())?;
    has(NAME, "dweight", dweight, &shape.weight())?;
    let k = shape.inputs * shape.size * shape.size;
    let launch = over(dy.device().kernel(&name), version, shape.outputs, k);
    shape.pass(launch.arg(dy).arg(x).arg(dweight)).launch()
}

/// The rungs of [`conv_bf16`], [`conv_backward_data_bf16`] and [`conv_backward_weight_bf16`].
pub const CONV_BF16: &[&str] =
    &["one warp a piece of 16 x 8, from memory", "tiles in shared memory, looked up a round ahead"];

type Halves = DeviceBuffer<Bf16>;

impl ConvShape {
    /// The launch, of sizes that were checked, of a product `[m, n]` in pieces of a warp (version 1) or tiles of a block (version 2).
    fn tensor<'a>(
        &self,
        operation: &'static str,
        version: usize,
        x: &'a Halves,
        [m, n]: [usize; 2],
    ) -> Result<Launch<'a>, KernelError> {
        let name = kernel(operation, version, CONV_BF16)?;
        if self.size != 3 {
            let message = format!("a weight of 3 x 3 is what it takes, not {0} x {0}", self.size);
            return Err(KernelError::Shape { operation, message });
        }
        let launch = x.device().kernel(&name);
        Ok(match version {
            1 => launch.grid((n.div_ceil(8), m.div_ceil(16))).block(32),
            _ => launch.grid((n.div_ceil(64), m.div_ceil(64))).block(128),
        })
    }

    fn pass_tensor(&self, launch: Launch<'_>) -> Result<(), KernelError> {
        let [batch, inputs, height, width] = self.x();
        let launch = launch.arg(batch).arg(inputs).arg(height).arg(width);
        launch.arg(self.outputs).arg(self.stride).arg(self.padding).launch()
    }
}

/// y = x convolved with a weight of 3 x 3, on tensor cores: x and weight in bf16, y in f32.
///
/// # Errors
///
/// As [`conv`], and a weight of another size.
pub fn conv_bf16(
    version: usize,
    x: &Halves,
    weight: &Halves,
    y: &mut Floats,
    shape: &ConvShape,
) -> Result<(), KernelError> {
    const NAME: &str = "conv_bf16";
    shape.check(NAME)?;
    let [batch, outputs, rows, columns] = shape.y();
    let launch = shape.tensor(NAME, version, x, [outputs, batch * rows * columns])?;
    has(NAME, "x", x, &shape.x())?;
    has(NAME, "weight", weight, &shape.weight())?;
    has(NAME, "y", y, &shape.y())?;
    shape.pass_tensor(launch.arg(x).arg(weight).arg(y))
}

/// The gradient dx in f32 from dy and the weight of 3 x 3 in bf16, on tensor cores.
///
/// # Errors
///
/// As [`conv_bf16`].
pub fn conv_backward_data_bf16(
    version: usize,
    dy: &Halves,
    weight: &Halves,
    dx: &mut Floats,
    shape: &ConvShape,
) -> Result<(), KernelError> {
    const NAME: &str = "conv_backward_data_bf16";
    shape.check(NAME)?;
    let [batch, inputs, height, width] = shape.x();
    let launch = shape.tensor(NAME, version, dy, [inputs, batch * height * width])?;
    has(NAME, "dy", dy, &shape.y())?;
    has(NAME, "weight", weight, &shape.weight())?;
    has(NAME, "dx", dx, &shape.x())?;
    shape.pass_tensor(launch.arg(dy).arg(weight).arg(dx))
}

/// The gradient dweight (3 x 3) in f32 from dy and x in bf16, on tensor cores; it is overwritten.
///
/// # Errors
///
/// As [`conv_bf16`].
pub fn conv_backward_weight_bf16(
    version: usize,
    dy: &Halves,
    x: &Halves,
    dweight: &mut Floats,
    shape: &ConvShape,
) -> Result<(), KernelError> {
    const NAME: &str = "conv_backward_weight_bf16";
    shape.check(NAME)?;
    let ([batch, m, rows, columns], n) = (shape.y(), shape.inputs * 9);
    let launch = shape.tensor(NAME, version, dy, [m, n])?;
    has(NAME, "dy", dy, &shape.y())?;
    has(NAME, "x", x, &shape.x())?;
    has(NAME, "dweight", dweight, &shape.weight())?;
    // Version 2: as many parts of the sum as give some hundred blocks, added up by a second launch, in the same order each time.
    let (blocks, rounds) = (n.div_ceil(64) * m.div_ceil(64), (batch * rows * columns).div_ceil(32));
    let parts = if version == 1 { 1 } else { (256 / blocks).clamp(1, rounds.min(64)) };
    if parts == 1 {
        return shape.pass_tensor(launch.arg(dy).arg(x).arg(dweight));
    }
    let mut partial = dy.device().uninit(parts * m * n)?;
    let launch = launch.grid((n.div_ceil(64), m.div_ceil(64), parts));
    shape.pass_tensor(launch.arg(dy).arg(x).arg(&mut partial))?;
    elementwise::bias_backward(1, &partial, dweight, [parts, m * n])
}
