//! Takes the place of the crate `find_cuda_helper`, which the build scripts of cust and cust_raw call.
//!
//! The original looks for an installed CUDA, panics if there is none, and makes every program link to `libcuda.so`, so that
//! it does not even start on a machine without a driver. Here the driver's functions are defined by `driver.c`, which opens
//! `libcuda.so.1` at the first call and passes the calls on.

/// Called by the build scripts: the shim is compiled once, for cust_raw, and cust finds it there.
pub fn include_cuda() {
    if std::env::var("CARGO_PKG_NAME").as_deref() != Ok("cust_raw") {
        return;
    }
    let shim = concat!(env!("CARGO_MANIFEST_DIR"), "/src/driver.c");
    println!("cargo:rerun-if-changed={shim}");
    cc::Build::new().file(shim).warnings(false).compile("gradus_cuda_driver");
}
