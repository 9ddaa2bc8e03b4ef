//! The launch of the kernel for Hopper, which takes its matrices as maps that the driver makes.

use std::ffi::c_void;

use cust::sys;

use super::{Cuda, Lane, of, result};
use crate::{KernelError, buffer};

/// What the tensor memory accelerator knows of a matrix (`CUtensorMap`).
#[repr(C, align(64))]
struct TensorMap([u64; 16]);

unsafe extern "C" {
    // In find_cuda_helper/src/driver.c: cust does not know it.
    fn cuTensorMapEncodeTiled(
        map: *mut TensorMap,
        element: u32,
        rank: u32,
        address: *mut c_void,
        sizes: *const u64,
        strides: *const u64,
        fetched: *const u32,
        steps: *const u32,
        interleave: u32,
        swizzle: u32,
        promotion: u32,
        fill: u32,
    ) -> u32;
}

/// The map of a matrix in bf16, which is fetched in boxes `[rows, columns]`, swizzled over 128 bytes.
fn map(address: u64, [rows, columns]: [usize; 2], fetched: [u32; 2]) -> Result<TensorMap, KernelError> {
    const BF16: u32 = 9;
    const SWIZZLE_128: u32 = 3;
    const PROMOTE_256: u32 = 3;
    let mut to = TensorMap([0; 16]);
    // The fastest dimension comes first; the strides are those of the others, in bytes.
    let (sizes, strides) = ([columns as u64, rows as u64], [2 * columns as u64]);
    let fetched = [fetched[1], fetched[0]];
    // SAFETY: the arrays have as many elements as a matrix asks for, and the driver only reads them and writes the map.
    let code = unsafe {
        cuTensorMapEncodeTiled(
            &raw mut to,
            BF16,
            2,
            address as *mut c_void,
            sizes.as_ptr(),
            strides.as_ptr(),
            fetched.as_ptr(),
            [1, 1].as_ptr(),
            0,
            SWIZZLE_128,
            PROMOTE_256,
            0,
        )
    };
    if code == 0 {
        return Ok(to);
    }
    let action = format!("making the map of a matrix of {rows} x {columns}");
    Err(KernelError::Driver { action, message: format!("the driver answers {code}") })
}

impl Cuda {
    /// c = a b; the caller has checked the sizes, and that all memory is of this device.
    pub fn matmul_bf16_hopper(
        &self,
        memory: [&buffer::Memory; 3],
        [m, n, k]: [usize; 3],
        lane: &Lane,
    ) -> Result<(), KernelError> {
        const KERNEL: &str = "matmul_bf16_v4";
        // The same as in hopper/matmul_bf16_sm90a.cu.
        const ROWS: usize = 128;
        const COLUMNS: usize = 256;
        const SHARED: u32 = 4 * (128 * 64 + 64 * 256) * 2 + 1024;
        let (major, minor) = self.shared.capability;
        if (major, minor) != (9, 0) {
            let text = format!(
                "{KERNEL}: it is compiled for compute capability 9.0; {} has {major}.{minor}",
                self.name()
            );
            return Err(KernelError::NeedsDevice(text));
        }
        let modules = self.module("matmul_bf16_sm90a.cu", KERNEL)?;
        let failed = |doing: &str| super::refused(format!("{KERNEL}: {doing} for {m} x {n} x {k}"));
        let function = modules["matmul_bf16_sm90a.cu"].get_function(KERNEL).map_err(failed("finding it"))?;
        let [a, b, mut c] = memory.map(|memory| of(memory).buffer.as_device_ptr().as_raw());
        let (mut a, mut b) = (map(a, [m, k], [128, 64])?, map(b, [k, n], [64, 64])?);
        let mut sizes = [m as i32, n as i32, k as i32];
        let [m_at, n_at, k_at] = sizes.each_mut().map(|size| (size as *mut i32).cast::<c_void>());
        let mut arguments: [*mut c_void; 6] =
            [(&raw mut a).cast(), (&raw mut b).cast(), (&raw mut c).cast(), m_at, n_at, k_at];
        let blocks = (m.div_ceil(ROWS) * n.div_ceil(COLUMNS)) as u32;
        let which = sys::CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        // SAFETY: a function of a loaded module, and arguments as it declares them: two maps, an address, three ints.
        let launched = unsafe {
            result(sys::cuFuncSetAttribute(function.to_raw(), which, SHARED as i32)).and_then(|()| {
                result(sys::cuLaunchKernel(
                    function.to_raw(),
                    blocks,
                    1,
                    1,
                    384,
                    1,
                    1,
                    SHARED,
                    lane.stream.as_inner(),
                    arguments.as_mut_ptr(),
                    std::ptr::null_mut(),
                ))
            })
        };
        launched.map_err(failed("launching"))
    }
}
