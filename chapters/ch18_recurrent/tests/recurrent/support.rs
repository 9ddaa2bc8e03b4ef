//! What the tests share.

use std::collections::BTreeMap;
use std::path::Path;

use ch01_tensors::npy::NpyArray;
use ch01_tensors::{Array, Float, Rng, Tensor, npz};
use ch05_backprop::{Module, assert_close, for_each_param};

/// PyTorch's values.
pub struct Golden(BTreeMap<String, NpyArray>);

impl Golden {
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ch18.npz");
        Golden(npz::read(&path).unwrap())
    }

    pub fn find(&self, name: &str) -> Option<&NpyArray> {
        self.0.get(name)
    }

    pub fn get(&self, name: &str) -> &NpyArray {
        self.find(name).unwrap_or_else(|| panic!("no golden entry {name}"))
    }

    pub fn tensor(&self, name: &str) -> Tensor {
        self.get(name).f32().unwrap()
    }

    /// Gives a module PyTorch's parameters.
    pub fn load(&self, case: &str, module: &mut dyn Module) {
        for_each_param(module, |path, param| {
            param.value = self.tensor(&format!("{case}.p.{path}")).slice(0).contiguous();
        });
    }

    pub fn assert_gradients(&self, case: &str, module: &mut dyn Module, tolerance: f64) {
        for_each_param(module, |path, param| {
            let theirs = self.tensor(&format!("{case}.p.{path}")).slice(1);
            assert_close(&format!("{case}, gradient of {path}"), &param.grad, &theirs, tolerance);
        });
    }
}

/// Standard normal numbers.
pub fn random<T: Float>(shape: &[usize], seed: u64) -> Array<T> {
    Array::normal(shape, 0.0, 1.0, &mut Rng::new(seed, "input"))
}
