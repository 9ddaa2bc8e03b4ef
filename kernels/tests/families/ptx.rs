//! The committed PTX belongs to the committed sources.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Every cuda/NAME.cu has a ptx/NAME.ptx whose first line holds the hash of that file and of all headers.
#[test]
fn compiled_kernels_are_of_these_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut headers = Vec::new();
    let mut families = Vec::new();
    for (name, text) in kernels::SOURCES {
        if name.ends_with(".cuh") { headers.push(text) } else { families.push((name, text)) }
    }
    assert!(families.len() >= 6, "only {} kernel files were found", families.len());
    for (name, text) in families {
        let mut hash = Sha256::new();
        hash.update(text);
        headers.iter().for_each(|header| hash.update(header));
        let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let path = root.join("ptx").join(name.replace(".cu", ".ptx"));
        let ptx = fs::read_to_string(&path)
            .unwrap_or_else(|e| panic!("{}: {e}; run kernels/ptx/build", path.display()));
        let first = ptx.lines().next().unwrap_or_default();
        assert!(
            first.contains(&hash),
            "{name} has changed since its PTX was made: run kernels/ptx/build and commit"
        );
        assert!(
            ptx.contains(".version 9.0") && ptx.contains(".target sm_80"),
            "{name}: not by the pinned compiler"
        );
        for kernel in kernels::rewrite::kernels(text) {
            assert!(ptx.contains(&format!(".entry {}(", kernel.name)), "{} is not in the PTX", kernel.name);
        }
    }
}

/// The same for the kernels of hopper/, which share no headers and go to one kind of GPU.
#[test]
fn compiled_kernels_for_hopper_are_of_these_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = "matmul_bf16_sm90a";
    let source = fs::read(root.join(format!("hopper/{name}.cu"))).unwrap();
    let hash: String = Sha256::digest(source).iter().map(|byte| format!("{byte:02x}")).collect();
    let ptx = kernels::PTX.iter().find(|(file, _)| *file == format!("{name}.ptx")).expect("it is listed").1;
    assert!(
        ptx.lines().next().unwrap_or_default().contains(&hash),
        "{name}.cu has changed: run kernels/ptx/build and commit"
    );
    for text in [
        ".version 9.0",
        ".target sm_90a",
        ".entry matmul_bf16_v4(",
        "wgmma.mma_async",
        "cp.async.bulk.tensor",
    ] {
        assert!(ptx.contains(text), "{text} is not in the PTX");
    }
}

/// With the feature and without a driver: one clear line, not a program that does not start.
#[cfg(feature = "cuda")]
#[test]
fn a_missing_driver_is_one_line() {
    let Err(error) = kernels::Device::cuda(99) else { panic!("there is no hundredth GPU") };
    let text = error.to_string();
    assert!(matches!(error, kernels::KernelError::NoDevice(_)), "{text}");
    let expected = [
        "no NVIDIA driver: libcuda.so.1 could not be opened",
        "the NVIDIA driver finds no device",
        "there is no GPU 99",
    ];
    assert!(expected.iter().any(|line| text.starts_with(line)) && !text.contains('\n'), "{text}");
}
