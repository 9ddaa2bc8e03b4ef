//! What an optimizer remembers: for every parameter some arrays, its group and its age.
//!
//! Parameters are told apart by their place in the traversal, which is the same at every step; so a step compares and
//! builds no names. Each parameter counts its own steps: one that is unfrozen later begins with a new, unbiased average
//! (PyTorch keeps `step` per parameter too).

use ch01_tensors::{Array, Float, Shape, fail};
use ch05_backprop::{Module, Param, for_each_param};

use crate::{Group, Groups};

/// What is remembered of one parameter.
pub struct Slot<T: Float> {
    /// How the parameter is treated.
    pub group: Group,
    /// How many steps it has taken.
    pub steps: u64,
    /// The arrays of its [`Layout`], zero at the beginning.
    pub arrays: Vec<Array<T>>,
    names: Vec<&'static str>,
    shape: Shape,
}

impl<T: Float> Slot<T> {
    /// The names of the arrays.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }
}

// ANCHOR: layout
/// Which arrays are remembered of a parameter, given its path: the name and shape of each. It is asked once per
/// parameter, before its first step.
pub type Layout<'a, T> = &'a dyn Fn(&str, &Param<T>) -> Vec<(&'static str, Shape)>;

/// The layout in which all arrays have the shape of the parameter.
pub fn like<T: Float>(
    names: &'static [&'static str],
) -> impl Fn(&str, &Param<T>) -> Vec<(&'static str, Shape)> {
    move |_, param| names.iter().map(|&name| (name, *param.value.shape())).collect()
}
// ANCHOR_END: layout

/// What is remembered of all parameters of a module.
pub struct State<T: Float = f32> {
    /// Chooses the group of each parameter, at its first step.
    pub groups: Groups,
    /// How many steps were taken.
    pub steps: u64,
    slots: Vec<Option<Slot<T>>>,
}

impl<T: Float> Default for State<T> {
    fn default() -> Self {
        State { groups: Groups::default(), steps: 0, slots: Vec::new() }
    }
}

impl<T: Float> State<T> {
    /// Counts a step and calls `see` with every parameter that is not frozen and its slot.
    ///
    /// # Panics
    /// When the rate is negative or not finite, a gradient does not fit, or the parameters are not those of before.
    pub fn step(
        &mut self,
        optimizer: &str,
        module: &mut dyn Module<T>,
        (rate, layout): (f64, Layout<'_, T>),
        mut see: impl FnMut(&mut Param<T>, &mut Slot<T>),
    ) {
        if !(rate >= 0.0 && rate.is_finite()) {
            fail(optimizer, format_args!("a learning rate of {rate}"));
        }
        self.steps += 1;
        self.for_each(optimizer, module, (layout, false), |_, param, slot| {
            if param.grad.shape() != param.value.shape() {
                let (grad, value) = (param.grad.shape(), param.value.shape());
                fail(optimizer, format_args!("a gradient of shape {grad:?} for a parameter of {value:?}"));
            }
            slot.steps += 1;
            see(param, slot);
        });
    }

    /// Shows every array as `NAME.PATH`, and the age of each parameter that has arrays as the scalar `step.PATH`
    /// (exact up to 2^24 steps in f32, by when no average still depends on it).
    pub fn show(
        &mut self,
        optimizer: &str,
        module: &mut dyn Module<T>,
        layout: Layout<'_, T>,
        see: &mut dyn FnMut(&str, &mut Array<T>),
    ) {
        self.for_each(optimizer, module, (layout, true), |path, _, slot| {
            if slot.names.is_empty() {
                return;
            }
            let mut steps = Array::scalar(T::from_f64(slot.steps as f64));
            see(&format!("step.{path}"), &mut steps);
            slot.steps = steps.item().to_f64() as u64;
            for (name, array) in slot.names.iter().zip(&mut slot.arrays) {
                see(&format!("{name}.{path}"), array);
            }
        });
    }

    fn for_each(
        &mut self,
        optimizer: &str,
        module: &mut dyn Module<T>,
        (layout, frozen_too): (Layout<'_, T>, bool),
        mut see: impl FnMut(&ch05_backprop::Path<'_>, &mut Param<T>, &mut Slot<T>),
    ) {
        let (slots, groups) = (&mut self.slots, &self.groups);
        let mut place = 0;
        for_each_param(module, |path, param| {
            if slots.len() == place {
                slots.push(None);
            }
            let slot = &mut slots[place];
            place += 1;
            if param.frozen && !frozen_too {
                return;
            }
            let slot = slot.get_or_insert_with(|| {
                let path = path.to_string();
                let (names, shapes): (Vec<_>, Vec<_>) = layout(&path, param).into_iter().unzip();
                let arrays = shapes.into_iter().map(Array::zeros).collect();
                let shape = *param.value.shape();
                Slot { group: groups.of(&path, param.role), steps: 0, arrays, names, shape }
            });
            if slot.shape != *param.value.shape() {
                let (value, state) = (param.value.shape(), slot.shape);
                fail(
                    optimizer,
                    format_args!(
                        "{path} has shape {value:?} but its state {state:?}: one optimizer, one module"
                    ),
                );
            }
            see(path, param, slot);
        });
    }
}
