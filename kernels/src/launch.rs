//! A launch: kernel, grid, block, shared memory and arguments, checked against the kernel's declaration before anything runs.

use std::fmt;
use std::sync::Arc;

use crate::buffer::{Buffer, Piece};
use crate::rewrite::{Parameter, Signature};
use crate::{Device, DeviceBuffer, Element, KernelError};

/// Numbers of blocks or threads along x, y and z (`dim3`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dim3 {
    /// Along x, the fastest.
    pub x: u32,
    /// Along y.
    pub y: u32,
    /// Along z.
    pub z: u32,
}

impl Dim3 {
    pub(crate) fn count(self) -> u64 {
        u64::from(self.x) * u64::from(self.y) * u64::from(self.z)
    }
}

impl fmt::Display for Dim3 {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "({}, {}, {})", self.x, self.y, self.z)
    }
}

// A size beyond u32 becomes the largest u32, which the launch refuses.
fn clamp(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl From<usize> for Dim3 {
    fn from(x: usize) -> Self {
        Self { x: clamp(x), y: 1, z: 1 }
    }
}

impl From<(usize, usize)> for Dim3 {
    fn from((x, y): (usize, usize)) -> Self {
        Self { x: clamp(x), y: clamp(y), z: 1 }
    }
}

impl From<(usize, usize, usize)> for Dim3 {
    fn from((x, y, z): (usize, usize, usize)) -> Self {
        Self { x: clamp(x), y: clamp(y), z: clamp(z) }
    }
}

/// One argument of a kernel.
#[derive(Clone, Copy)]
pub enum Arg<'a> {
    /// A buffer, and whether the kernel may write to it.
    Buffer(&'a dyn Buffer, bool),
    /// A size or index, for a parameter `int`, `unsigned int` or `unsigned long long` that it must fit.
    Size(usize),
    /// For a parameter `int`.
    I32(i32),
    /// For a parameter `unsigned int`.
    U32(u32),
    /// For a parameter `unsigned long long`.
    U64(u64),
    /// For a parameter `float`.
    F32(f32),
    /// A null pointer, where the kernel takes one for "none".
    Null,
}

impl<'a, T: Element> From<&'a DeviceBuffer<T>> for Arg<'a> {
    fn from(buffer: &'a DeviceBuffer<T>) -> Self {
        Self::Buffer(buffer, false)
    }
}
impl<'a, T: Element> From<&'a mut DeviceBuffer<T>> for Arg<'a> {
    fn from(buffer: &'a mut DeviceBuffer<T>) -> Self {
        Self::Buffer(buffer, true)
    }
}
/// An optional input: none is a null pointer.
impl<'a, T: Element> From<Option<&'a DeviceBuffer<T>>> for Arg<'a> {
    fn from(buffer: Option<&'a DeviceBuffer<T>>) -> Self {
        buffer.map_or(Self::Null, Self::from)
    }
}
impl From<usize> for Arg<'_> {
    fn from(value: usize) -> Self {
        Self::Size(value)
    }
}
impl From<i32> for Arg<'_> {
    fn from(value: i32) -> Self {
        Self::I32(value)
    }
}
impl From<u32> for Arg<'_> {
    fn from(value: u32) -> Self {
        Self::U32(value)
    }
}
impl From<u64> for Arg<'_> {
    fn from(value: u64) -> Self {
        Self::U64(value)
    }
}
impl From<f32> for Arg<'_> {
    fn from(value: f32) -> Self {
        Self::F32(value)
    }
}

/// An argument as a backend passes it: the bytes of a number, or memory (none for a null pointer).
pub(crate) enum Passed {
    Number([u8; 8]),
    /// And whether the kernel may write to it.
    Pointer(Option<Piece>, bool),
}

impl Arg<'_> {
    /// The argument for this parameter, or what is wrong with it.
    fn pass(self, parameter: &Parameter) -> Result<Passed, String> {
        let Parameter { element, pointer, read_only, .. } = parameter;
        let number = |bytes: &[u8]| {
            let mut all = [0; 8];
            all[..bytes.len()].copy_from_slice(bytes);
            Ok(Passed::Number(all))
        };
        let integer = |value: i128, kind: &str| match element.as_str() {
            "int" => i32::try_from(value)
                .map(|v| v.to_ne_bytes().to_vec())
                .map_err(|_| format!("{value} is no int")),
            "unsigned int" | "unsigned" | "uint32_t" => u32::try_from(value)
                .map(|v| v.to_ne_bytes().to_vec())
                .map_err(|_| format!("{value} is no unsigned int")),
            "unsigned long long" | "uint64_t" => u64::try_from(value)
                .map(|v| v.to_ne_bytes().to_vec())
                .map_err(|_| format!("{value} is below 0")),
            _ => Err(kind.to_owned()),
        };
        match self {
            Self::Buffer(buffer, writable) if *pointer => {
                if !buffer.cuda_types().contains(&element.as_str()) {
                    return Err(format!("is a buffer of {}", buffer.cuda_types()[0]));
                }
                match (writable, *read_only) {
                    (true, true) => Err("is `&mut`, but the kernel only reads it: pass `&`".to_owned()),
                    (false, false) => Err("is `&`, but the kernel may write to it: pass `&mut`".to_owned()),
                    _ => Ok(Passed::Pointer(buffer.piece(), writable)),
                }
            }
            Self::Null if *pointer => Ok(Passed::Pointer(None, false)),
            Self::Buffer(..) => Err("is a buffer".to_owned()),
            Self::Null => Err("is a null pointer".to_owned()),
            _ if *pointer => Err("is a number".to_owned()),
            Self::F32(value) if element == "float" => number(&value.to_ne_bytes()),
            Self::F32(_) => Err("is an f32".to_owned()),
            Self::I32(value) if element == "int" => number(&value.to_ne_bytes()),
            Self::I32(_) => Err("is an i32".to_owned()),
            Self::U32(value) => integer(i128::from(value), "is a u32").and_then(|bytes| number(&bytes)),
            Self::U64(value) => integer(i128::from(value), "is a u64").and_then(|bytes| number(&bytes)),
            Self::Size(value) => integer(value as i128, "is a usize").and_then(|bytes| number(&bytes)),
        }
    }
}

/// A launch in the making; [`Device::kernel`] begins one.
#[must_use = "nothing runs before `launch`"]
pub struct Launch<'a> {
    device: &'a Device,
    kernel: String,
    grid: Dim3,
    block: Dim3,
    shared_bytes: usize,
    args: Vec<Arg<'a>>,
}

/// A launch that was checked, as a backend receives it and a graph keeps it.
pub(crate) struct Checked {
    pub signature: Arc<Signature>,
    pub file: Arc<str>,
    pub grid: Dim3,
    pub block: Dim3,
    pub shared_bytes: u32,
    /// One for each parameter.
    pub args: Vec<Passed>,
}

impl Checked {
    pub fn kernel(&self) -> &str {
        &self.signature.name
    }

    /// The memory that it uses: name of the parameter, piece, and whether the kernel may write to it.
    pub fn pieces(&self) -> impl Iterator<Item = (&str, &Piece, bool)> {
        self.signature.parameters.iter().zip(&self.args).filter_map(|(parameter, passed)| match passed {
            Passed::Pointer(Some(piece), writes) => Some((parameter.name.as_str(), piece, *writes)),
            _ => None,
        })
    }
}

impl<'a> Launch<'a> {
    pub(crate) fn new(device: &'a Device, kernel: &str) -> Self {
        let one = Dim3 { x: 1, y: 1, z: 1 };
        Self { device, kernel: kernel.to_owned(), grid: one, block: one, shared_bytes: 0, args: Vec::new() }
    }

    /// The number of blocks.
    pub fn grid(mut self, grid: impl Into<Dim3>) -> Self {
        self.grid = grid.into();
        self
    }

    /// The number of threads of a block.
    pub fn block(mut self, block: impl Into<Dim3>) -> Self {
        self.block = block.into();
        self
    }

    /// Blocks of `block` threads, as many as cover `n` threads (at least one).
    pub fn over(self, n: usize, block: usize) -> Self {
        self.grid(n.div_ceil(block).max(1)).block(block)
    }

    /// The bytes of dynamic shared memory of a block.
    pub fn shared_bytes(mut self, bytes: usize) -> Self {
        self.shared_bytes = bytes;
        self
    }

    /// The next argument: a number, `&buffer` for what the kernel reads, `&mut buffer` for what it writes.
    pub fn arg(mut self, arg: impl Into<Arg<'a>>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Runs the kernel.
    ///
    /// # Errors
    ///
    /// The kernel is unknown; an argument does not fit its parameter; a size is outside what a GPU allows; the simulator found
    /// a fault, or the driver refused.
    pub fn launch(self) -> Result<(), KernelError> {
        let Self { device, kernel, grid, block, shared_bytes, args } = self;
        let (file, signature) =
            device.find(&kernel).ok_or_else(|| KernelError::UnknownKernel(kernel.clone()))?;
        let shared = clamp(shared_bytes);
        if let Some(message) = broken_limit(grid, block, shared_bytes) {
            return Err(KernelError::Launch { kernel, grid, block, shared_bytes: shared, message });
        }
        let args = pass_all(device, &signature, &args)?;
        device.run(Checked { signature, file, grid, block, shared_bytes: shared, args })
    }
}

/// What the sizes of a launch break, if anything. Compute capability 8.0 and later.
fn broken_limit(grid: Dim3, block: Dim3, shared_bytes: usize) -> Option<String> {
    const SHARED: usize = 163 * 1024;
    let rules = [
        (grid.count() > 0 && block.count() > 0, "no size may be 0"),
        (block.count() <= 1024, "a block has at most 1024 threads"),
        (block.z <= 64, "a block has at most 64 threads along z"),
        (grid.x <= i32::MAX as u32, "a grid has at most 2147483647 blocks along x"),
        (grid.y <= 65535 && grid.z <= 65535, "a grid has at most 65535 blocks along y and z"),
        (shared_bytes <= SHARED, "a block has at most 166912 bytes of shared memory"),
    ];
    rules.iter().find(|(holds, _)| !holds).map(|(_, rule)| (*rule).to_owned())
}

fn pass_all(device: &Device, signature: &Signature, args: &[Arg]) -> Result<Vec<Passed>, KernelError> {
    let kernel = || signature.name.clone();
    let parameters = &signature.parameters;
    if args.len() != parameters.len() {
        let names: Vec<&str> = parameters.iter().map(|p| p.name.as_str()).collect();
        let message = format!("takes {} arguments ({}), got {}", names.len(), names.join(", "), args.len());
        return Err(KernelError::Arguments { kernel: kernel(), message });
    }
    let mut passed = Vec::new();
    for (i, (arg, parameter)) in args.iter().zip(parameters).enumerate() {
        let Parameter { name, element, pointer, read_only } = parameter;
        let value = arg.pass(parameter).map_err(|why| {
            let declared = format!(
                "{}{element}{}",
                if *read_only { "const " } else { "" },
                if *pointer { "*" } else { "" }
            );
            KernelError::Arguments {
                kernel: kernel(),
                message: format!("argument {i} `{name}` is declared {declared}; what was passed {why}"),
            }
        })?;
        if let Arg::Buffer(buffer, _) = arg
            && !device.owns(*buffer)
        {
            return Err(KernelError::OtherDevice { kernel: kernel(), argument: i, name: name.clone() });
        }
        passed.push(value);
    }
    Ok(passed)
}
