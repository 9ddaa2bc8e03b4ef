//! The Rust side of the simulator (`sim/`): memory with shadows, launches, and kernels compiled at run time.

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{env, fs, ptr};

use crate::buffer;
use crate::launch::{Checked, Passed};
use crate::{Counts, FaultKind, KernelError, SIMULATOR, SOURCES, rewrite};

mod memory;

pub(crate) use memory::Memory;
use memory::{Block, REPLAY};

// The same as in sim/runtime.hpp.
#[repr(C)]
struct Region {
    base: *mut u8,
    bytes: u64,
    shadow: *mut u8,
    name: *const c_char,
    unit: u32,
    shared: u32,
    initialised: u32,
}

#[repr(C)]
struct Request {
    grid: [u32; 3],
    block: [u32; 3],
    shared_bytes: u32,
    reversed: u32,
    plain_fibers: u32,
    epoch: u32,
    args: *const *const c_void,
    message: *mut c_char,
    message_bytes: u32,
    counts: *mut Counts,
}

#[repr(C)]
struct Entry {
    name: *const c_char,
    run: *const c_void,
}

type Run = unsafe extern "C" fn(*const Entry, *mut Request) -> c_int;

unsafe extern "C" {
    static sim_entries: Entry;
    fn sim_run(entry: *const Entry, request: *mut Request) -> c_int;
    fn sim_shadow_bytes() -> u32;
    fn dlopen(file: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
}

/// A compiled kernel: its entry, and the copy of the simulator that it was linked with.
#[derive(Clone, Copy)]
struct Kernel {
    entry: *const Entry,
    run: Run,
}

/// A library of compiled kernels: its table, and its copy of the simulator.
#[derive(Clone, Copy)]
struct Library {
    entries: *const Entry,
    run: Run,
}

// SAFETY: libraries are never unloaded, and nothing writes to the table.
unsafe impl Send for Library {}

struct State {
    kernels: HashMap<String, Kernel>,
    epoch: u32,
    /// What launches since [`Simulator::start_counting`] asked for, if anybody wants to know.
    counts: Option<Counts>,
}

// SAFETY: the pointers lead to constants of this program or of a library that is never unloaded.
unsafe impl Send for State {}

pub(crate) struct Simulator {
    reversed: bool,
    portable_fibers: bool,
    /// Held during a launch: launches on one device run one after the other.
    state: Mutex<State>,
}

/// The entries from `first` to the one without a name.
///
/// # Safety
///
/// `first` is the beginning of a table that ends with an entry without a name, and the table lives for ever.
unsafe fn table(first: *const Entry, run: Run) -> impl Iterator<Item = (String, Kernel)> {
    let mut entry = first;
    std::iter::from_fn(move || {
        // SAFETY: the caller vouches for the table, and we stop at its end.
        let name = unsafe { (*entry).name };
        if name.is_null() {
            return None;
        }
        let kernel = Kernel { entry, run };
        // SAFETY: as above; a name is a C string.
        let (name, next) = unsafe { (CStr::from_ptr(name), entry.add(1)) };
        entry = next;
        Some((name.to_string_lossy().into_owned(), kernel))
    })
}

impl Simulator {
    pub fn new() -> Result<Self, KernelError> {
        Self::with(false, env::var_os("GRADUS_UCONTEXT").is_some())
    }

    pub fn with(reversed: bool, portable_fibers: bool) -> Result<Self, KernelError> {
        // SAFETY: build.rs writes the table, with such an end.
        let kernels = unsafe { table(&raw const sim_entries, sim_run) }.collect();
        Ok(Self { reversed, portable_fibers, state: Mutex::new(State { kernels, epoch: 1, counts: None }) })
    }

    pub fn allocate(&self, bytes: usize, element: usize) -> Memory {
        let unit = element.min(4);
        // SAFETY: it only returns a size.
        let shadow_bytes = unsafe { sim_shadow_bytes() } as usize * (bytes / unit);
        let (data, shadow) = (Block::new(bytes), Block::new(shadow_bytes));
        Memory { data, shadow, unit: unit as u32, initialised: AtomicBool::new(false) }
    }

    pub fn start_counting(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).counts = Some(Counts::default());
    }

    pub fn counts(&self) -> Option<Counts> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).counts
    }

    /// Runs a launch whose buffers nobody has borrowed: no copy may come in between.
    pub fn run_again(&self, launch: &Checked) -> Result<(), KernelError> {
        let _alone = REPLAY.write().unwrap_or_else(PoisonError::into_inner);
        self.run(launch)
    }

    pub fn run(&self, launch: &Checked) -> Result<(), KernelError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let kernel = *state
            .kernels
            .get(launch.kernel())
            .ok_or_else(|| KernelError::UnknownKernel(launch.kernel().into()))?;
        let failed = |message: &str| KernelError::Launch {
            kernel: launch.kernel().into(),
            grid: launch.grid,
            block: launch.block,
            shared_bytes: launch.shared_bytes,
            message: message.into(),
        };
        if launch.grid.count() > u64::from(u32::MAX) {
            return Err(failed("more blocks than the simulator counts"));
        }
        if state.epoch > u32::MAX / 2 {
            return Err(failed(
                "this simulated device has passed two thousand million barriers: make a new one",
            ));
        }
        let parameters = launch.signature.parameters.iter();
        let names: Vec<CString> =
            parameters.map(|p| CString::new(p.name.as_str()).expect("a name from a source")).collect();
        let regions: Vec<Region> = (launch.args.iter().zip(&names))
            .map(|(passed, name)| match passed {
                Passed::Pointer(Some(piece), _) => match &piece.store.memory {
                    buffer::Memory::Simulator(memory) => memory.region(name, piece.bytes),
                    #[cfg(feature = "cuda")]
                    buffer::Memory::Cuda(_) => {
                        unreachable!("the launch has seen that the buffer is of this device")
                    }
                },
                _ => Region::none(name),
            })
            .collect();
        let args: Vec<*const c_void> = (launch.args.iter().zip(&regions))
            .map(|(passed, region)| match passed {
                Passed::Number(bytes) => bytes.as_ptr().cast(),
                Passed::Pointer(Some(_), _) => ptr::from_ref(region).cast(),
                Passed::Pointer(None, _) => ptr::null(),
            })
            .collect();
        let mut message = [0u8; 512];
        let mut request = Request {
            grid: [launch.grid.x, launch.grid.y, launch.grid.z],
            block: [launch.block.x, launch.block.y, launch.block.z],
            shared_bytes: launch.shared_bytes,
            reversed: self.reversed.into(),
            plain_fibers: self.portable_fibers.into(),
            epoch: state.epoch,
            args: args.as_ptr(),
            message: message.as_mut_ptr().cast(),
            message_bytes: message.len() as u32,
            counts: state.counts.as_mut().map_or(ptr::null_mut(), ptr::from_mut),
        };
        // SAFETY: `Launch` has checked count and types of the arguments against the kernel's declaration, and the sizes; the
        // regions describe live memory that nobody else touches: launches hold the lock, what a kernel may write is borrowed
        // `&mut` by the caller or kept from copies by `run_again`, and reads change only the shadow.
        let code = unsafe { (kernel.run)(kernel.entry, &raw mut request) };
        state.epoch = request.epoch;
        if code == 0 {
            return Ok(());
        }
        let text = CStr::from_bytes_until_nul(&message).map_or("".into(), CStr::to_string_lossy);
        Err(KernelError::Fault {
            kernel: launch.kernel().into(),
            file: launch.file.to_string(),
            grid: launch.grid,
            block: launch.block,
            kind: FaultKind::from_code(code),
            message: text.into_owned(),
        })
    }

    /// Adds the kernels of a source, compiled into a library of its own the first time that this program asks for it.
    pub fn load(&self, file: &str, source: &str) -> Result<(), KernelError> {
        static LOADED: Mutex<Vec<(String, Library)>> = Mutex::new(Vec::new());
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let find = |text: &str| {
            let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
            loaded.iter().find(|(known, _)| known == text).map(|(_, library)| *library)
        };
        let library = match find(source) {
            Some(library) => library,
            None => {
                let number = COUNT.fetch_add(1, Ordering::Relaxed);
                let folder = env::temp_dir().join(format!("gradus-kernels-{}-{number}", std::process::id()));
                let opened = compile(&folder, file, source).and_then(|()| open(&folder.join("kernels.so")));
                // An open library stays in memory without its file.
                let _ = fs::remove_dir_all(&folder);
                let library = opened.map_err(|output| KernelError::Compile { file: file.into(), output })?;
                LOADED.lock().unwrap_or_else(PoisonError::into_inner).push((source.to_owned(), library));
                library
            }
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: `compile` wrote the table, with such an end, and the library is never closed.
        state.kernels.extend(unsafe { table(library.entries, library.run) });
        Ok(())
    }
}

fn compile(folder: &Path, file: &str, source: &str) -> Result<(), String> {
    let write =
        |name: &str, text: &str| fs::write(folder.join(name), text).map_err(|e| format!("{name}: {e}"));
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for (name, text) in SIMULATOR {
        write(name, text)?;
    }
    for (name, text) in SOURCES.iter().filter(|(name, _)| name.ends_with(".cuh")) {
        write(name, &rewrite::rewrite(text))?;
    }
    let mut module = String::from("#include \"sim.hpp\"\n");
    module += &format!("#line 1 {file:?}\n{}\n", rewrite::rewrite(source));
    module +=
        "#include \"runtime.cpp\"\n#include \"shadow.cpp\"\n#include \"count.cpp\"\n#include \"fiber.cpp\"\n";
    module += "extern \"C\" __attribute__((visibility(\"default\"))) const sim::Entry sim_entries[] = {\n";
    for kernel in rewrite::kernels(source) {
        module += &format!("    {{\"{0}\", sim::run<&{0}>}},\n", kernel.name);
    }
    module += "    {nullptr, nullptr}};\n";
    write("module.cpp", &module)?;
    let compiler = env::var("CXX").unwrap_or_else(|_| env!("GRADUS_CXX").to_owned());
    let output = Command::new(&compiler)
        .args([
            "-std=c++17",
            "-O1",
            "-fPIC",
            "-shared",
            "-fno-strict-aliasing",
            "-fvisibility=hidden",
            "-w",
            "-I.",
        ])
        .args(["-o", "kernels.so", "module.cpp"])
        .current_dir(folder)
        .output()
        .map_err(|e| format!("{compiler}: {e}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn open(library: &Path) -> Result<Library, String> {
    const NOW: c_int = 2;
    let path = CString::new(library.as_os_str().as_encoded_bytes()).map_err(|e| e.to_string())?;
    // SAFETY: `compile` has just written this library; loading it runs no code of the kernels. The two symbols have the types
    // that sim/runtime.cpp and the table give them.
    unsafe {
        let handle = dlopen(path.as_ptr(), NOW);
        if handle.is_null() {
            return Err(CStr::from_ptr(dlerror()).to_string_lossy().into_owned());
        }
        let (entries, run) = (dlsym(handle, c"sim_entries".as_ptr()), dlsym(handle, c"sim_run".as_ptr()));
        if entries.is_null() || run.is_null() {
            return Err("the compiled library lacks its entries".into());
        }
        let run = std::mem::transmute::<*mut c_void, Run>(run);
        Ok(Library { entries: entries.cast_const().cast(), run })
    }
}

impl Region {
    fn none(name: &CStr) -> Self {
        let base = ptr::null_mut();
        Self { base, bytes: 0, shadow: base, name: name.as_ptr(), unit: 4, shared: 0, initialised: 1 }
    }
}
