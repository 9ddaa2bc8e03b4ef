//! Kernels written as text in a Rust file: the form of this chapter's exercises.

use std::panic::Location;

use kernels::{Device, KernelError, Launch};

/// CUDA source in a Rust file. It knows where it stands, so that compiler and simulator speak of the lines of that file.
#[derive(Clone, Copy, Debug)]
pub struct CudaSource {
    file: &'static str,
    line: u32,
    text: &'static str,
}

impl CudaSource {
    /// The source `text`, which begins on the line below this call, where rustfmt puts it.
    #[track_caller]
    pub const fn new(text: &'static str) -> Self {
        let place = Location::caller();
        Self { file: place.file(), line: place.line(), text }
    }

    /// The source as it is written.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// Compiles the source for this device, if that has not been done, and begins a launch of one of its kernels.
    ///
    /// # Errors
    ///
    /// [`KernelError::Compile`] with the compiler's words. Sources given as text run on the simulator only.
    ///
    /// # Panics
    ///
    /// When a `todo!()` is left in the source.
    #[track_caller]
    pub fn kernel<'a>(&self, device: &'a Device, name: &str) -> Result<Launch<'a>, KernelError> {
        if let Some(at) = self.todo() {
            todo!("the kernel `{name}`, line {}", at + self.line + 1);
        }
        // Two parts of the path tell the reader which file is meant, wherever the workspace lies.
        let parts: Vec<&str> = self.file.rsplit(['/', '\\']).take(2).collect();
        let file = parts.into_iter().rev().collect::<Vec<_>>().join("/");
        let text = "\n".repeat(self.line as usize) + self.text;
        device.load(&file, &text)?;
        Ok(device.kernel(name))
    }

    /// The number of lines before the first `todo!` that is no comment.
    fn todo(&self) -> Option<u32> {
        let open = |line: &str| line.split("//").next().unwrap_or_default().contains("todo!");
        self.text.lines().position(open).map(|at| at as u32)
    }
}
