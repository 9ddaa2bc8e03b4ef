//! Compiles the kernels of `cuda/` for the simulator, if there is a C++ compiler, and lists their sources for the library.
//!
//! Without one the crate still builds: the cfg `simulator` stays unset, and `Device::simulator` says why it fails.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/rewrite.rs"]
#[allow(dead_code)]
mod rewrite;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(simulator)");
    println!("cargo::rerun-if-env-changed=GRADUS_NO_CXX");
    for path in ["build.rs", "src/rewrite.rs", "cuda", "sim", "ptx"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let sources = files("cuda");
    list_sources(&sources, &out);
    match build(&sources, &out) {
        Ok(compiler) => {
            println!("cargo::rustc-cfg=simulator");
            println!("cargo::rustc-env=GRADUS_CXX={compiler}");
        }
        Err(why) => println!("cargo::warning=the CUDA simulator is left out: {why}"),
    }
}

/// The files of a folder, in order of their names.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a readable folder entry").path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a file name in UTF-8")
}

/// `sources.rs`: the text of every kernel file, header and part of the simulator.
fn list_sources(sources: &[PathBuf], out: &Path) {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let mut text = String::new();
    let mut ptx = files("ptx");
    ptx.retain(|path| path.extension().is_some_and(|extension| extension == "ptx"));
    for (constant, what, paths) in [
        ("SOURCES", "kernel sources and their headers", sources),
        ("SIMULATOR", "simulator", &files("sim")),
        ("PTX", "compiled kernels", &ptx),
    ] {
        writeln!(text, "/// The {what}: file name and text.\npub const {constant}: &[(&str, &str)] = &[")
            .unwrap();
        for path in paths {
            writeln!(text, "    ({:?}, include_str!({:?})),", name(path), Path::new(&root).join(path))
                .unwrap();
        }
        text += "];\n";
    }
    fs::write(out.join("sources.rs"), text).expect("OUT_DIR can be written");
}

/// Compiles everything into a static library and returns the compiler's path.
fn build(sources: &[PathBuf], out: &Path) -> Result<String, String> {
    if env::var_os("GRADUS_NO_CXX").is_some() {
        return Err("GRADUS_NO_CXX is set".into());
    }
    if env::var("CARGO_CFG_TARGET_FAMILY").as_deref() != Ok("unix") {
        return Err("it needs a Unix system".into());
    }
    let folder = out.join("sim");
    fs::create_dir_all(&folder).expect("OUT_DIR can be written");
    let mut table = String::from("#include \"runtime.hpp\"\n");
    let mut rows = String::new();
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").warnings(false).cargo_warnings(false).opt_level(1).debug(false);
    build.flag("-fno-strict-aliasing").include("sim").include(&folder);
    for path in sources {
        let source = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let rewritten = format!("#line 1 {:?}\n{}", path.display().to_string(), rewrite::rewrite(&source));
        fs::write(folder.join(name(path)), rewritten).expect("OUT_DIR can be written");
        if path.extension().is_none_or(|extension| extension != "cu") {
            continue;
        }
        let mut wrapper = format!("#include \"sim.hpp\"\n#include {:?}\n", name(path));
        for kernel in rewrite::kernels(&source) {
            let kernel = kernel.name;
            writeln!(
                wrapper,
                "extern \"C\" void run_{kernel}(void* const* args) {{ sim::run<&{kernel}>(args); }}"
            )
            .unwrap();
            writeln!(table, "extern \"C\" void run_{kernel}(void* const*);").unwrap();
            writeln!(rows, "    {{\"{kernel}\", run_{kernel}}},").unwrap();
        }
        let file = folder.join(name(path)).with_extension("cpp");
        fs::write(&file, wrapper).expect("OUT_DIR can be written");
        build.file(file);
    }
    write!(table, "extern \"C\" const sim::Entry sim_entries[] = {{\n{rows}    {{nullptr, nullptr}}}};\n")
        .unwrap();
    let file = folder.join("table.cpp");
    fs::write(&file, table).expect("OUT_DIR can be written");
    build.file(file);
    for part in ["runtime.cpp", "shadow.cpp", "count.cpp", "fiber.cpp"] {
        build.file(Path::new("sim").join(part));
    }
    let compiler = build.try_get_compiler().map_err(|e| e.to_string())?;
    let works = compiler.to_command().arg("--version").output().is_ok_and(|output| output.status.success());
    if !works {
        return Err(format!("no C++ compiler: {} does not run", compiler.path().display()));
    }
    // From here on a failure is an error in a kernel, not a missing compiler.
    build.compile("gradus_kernels");
    Ok(compiler.path().display().to_string())
}
