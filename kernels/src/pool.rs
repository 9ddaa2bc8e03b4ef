//! Max and average pooling, forward and backward (`cuda/pool.cu`).

use crate::rung::{has, kernel};
use crate::{DeviceBuffer, KernelError, Launch};

/// The rungs of [`max_pool`].
pub const MAX_POOL: &[&str] = &["one thread an output", "2 x 2 windows: two outputs a thread, vector loads"];
/// The rungs of [`max_pool_backward`].
pub const MAX_POOL_BACKWARD: &[&str] =
    &["one thread an output, atomics", "one thread an input, the same bits each time"];
/// The rungs of [`avg_pool`].
pub const AVG_POOL: &[&str] = &["one thread an output", "2 x 2 windows: two outputs a thread, vector loads"];
/// The rungs of [`avg_pool_backward`].
pub const AVG_POOL_BACKWARD: &[&str] = &["one thread an input", "2 x 2 windows: eight inputs a thread"];

type Floats = DeviceBuffer<f32>;

/// The sizes of a pooling without padding; only windows that lie wholly inside count.
#[derive(Clone, Copy, Debug)]
pub struct PoolShape {
    /// Images times channels.
    pub planes: usize,
    /// Height and width of x.
    pub image: [usize; 2],
    /// Height and width of the window.
    pub size: usize,
    /// Step from window to window.
    pub stride: usize,
}

impl PoolShape {
    /// `[planes, height, width]`.
    pub fn x(&self) -> [usize; 3] {
        [self.planes, self.image[0], self.image[1]]
    }

    /// `[planes, rows, columns]`.
    pub fn y(&self) -> [usize; 3] {
        let side = |n: usize| (n - self.size) / self.stride + 1;
        [self.planes, side(self.image[0]), side(self.image[1])]
    }

    fn check(&self, operation: &'static str) -> Result<(), KernelError> {
        let least = self.image[0].min(self.image[1]);
        if self.size == 0 || self.stride == 0 || self.planes == 0 || least < self.size {
            let message = format!("no window fits, or a size is 0: {self:?}");
            return Err(KernelError::Shape { operation, message });
        }
        Ok(())
    }

    /// The version that takes this shape: version 2 is for 2 x 2 windows that touch and cover rows of a multiple of 4 and an even
    /// height; others get version 1.
    fn fitting(&self, version: usize) -> usize {
        let [height, width] = self.image;
        let fits = self.size == 2 && self.stride == 2 && width % 4 == 0 && height % 2 == 0;
        if fits { version } else { 1 }
    }

    /// The launch of version 2.
    fn pass_pairs<'a>(&self, launch: Launch<'a>) -> Launch<'a> {
        let [planes, height, width] = self.x();
        launch.arg(planes).arg(height).arg(width)
    }

    fn pass<'a>(&self, launch: Launch<'a>) -> Launch<'a> {
        let [planes, height, width] = self.x();
        launch.arg(planes).arg(height).arg(width).arg(self.size).arg(self.stride)
    }
}

/// y = the maximum of every window, and `places`, where it lay in its plane (`torch.nn.functional.max_pool2d` with
/// `return_indices`).
///
/// # Errors
///
/// Sizes that do not fit, an unknown version, or what the launch reports.
pub fn max_pool(
    version: usize,
    x: &Floats,
    y: &mut Floats,
    places: &mut DeviceBuffer<i32>,
    shape: &PoolShape,
) -> Result<(), KernelError> {
    kernel("max_pool", version, MAX_POOL)?;
    let version = shape.fitting(version);
    let name = kernel("max_pool", version, MAX_POOL)?;
    shape.check("max_pool")?;
    has("max_pool", "x", x, &shape.x())?;
    has("max_pool", "y", y, &shape.y())?;
    has("max_pool", "places", places, &shape.y())?;
    let launch = x.device().kernel(&name);
    if version == 2 {
        return shape.pass_pairs(launch.over(y.len() / 2, 256).arg(x).arg(y).arg(places)).launch();
    }
    shape.pass(launch.over(y.len(), 256).arg(x).arg(y).arg(places)).launch()
}

/// dx from dy and the places of [`max_pool`]; it is overwritten.
///
/// # Errors
///
/// As [`max_pool`].
pub fn max_pool_backward(
    version: usize,
    dy: &Floats,
    places: &DeviceBuffer<i32>,
    dx: &mut Floats,
    shape: &PoolShape,
) -> Result<(), KernelError> {
    const NAME: &str = "max_pool_backward";
    let name = kernel(NAME, version, MAX_POOL_BACKWARD)?;
    shape.check(NAME)?;
    has(NAME, "dy", dy, &shape.y())?;
    has(NAME, "places", places, &shape.y())?;
    has(NAME, "dx", dx, &shape.x())?;
    let launch = dy.device().kernel(&name);
    let launch = if version == 1 {
        dx.fill_zero()?;
        launch.over(dy.len(), 256)
    } else {
        launch.over(dx.len(), 256)
    };
    shape.pass(launch.arg(dy).arg(places).arg(dx)).launch()
}

/// y = the mean of every window (`torch.nn.functional.avg_pool2d`).
///
/// # Errors
///
/// As [`max_pool`].
pub fn avg_pool(version: usize, x: &Floats, y: &mut Floats, shape: &PoolShape) -> Result<(), KernelError> {
    kernel("avg_pool", version, AVG_POOL)?;
    let version = shape.fitting(version);
    let name = kernel("avg_pool", version, AVG_POOL)?;
    shape.check("avg_pool")?;
    has("avg_pool", "x", x, &shape.x())?;
    has("avg_pool", "y", y, &shape.y())?;
    let launch = x.device().kernel(&name);
    if version == 2 {
        return shape.pass_pairs(launch.over(y.len() / 2, 256).arg(x).arg(y)).launch();
    }
    shape.pass(launch.over(y.len(), 256).arg(x).arg(y)).launch()
}

/// dx of [`avg_pool`] from dy; it is overwritten.
///
/// # Errors
///
/// As [`max_pool`].
pub fn avg_pool_backward(
    version: usize,
    dy: &Floats,
    dx: &mut Floats,
    shape: &PoolShape,
) -> Result<(), KernelError> {
    const NAME: &str = "avg_pool_backward";
    kernel(NAME, version, AVG_POOL_BACKWARD)?;
    let version = shape.fitting(version);
    let name = kernel(NAME, version, AVG_POOL_BACKWARD)?;
    shape.check(NAME)?;
    has(NAME, "dy", dy, &shape.y())?;
    has(NAME, "dx", dx, &shape.x())?;
    let launch = dy.device().kernel(&name);
    if version == 2 {
        return shape.pass_pairs(launch.over(dy.len() / 2, 256).arg(dy).arg(dx)).launch();
    }
    shape.pass(launch.over(dx.len(), 256).arg(dy).arg(dx)).launch()
}
