//! What is in a network, at a glance: one line for each array.

use std::cell::RefCell;
use std::rc::Rc;

use ch01_tensors::{Array, Float};
use ch05_backprop::{Entry, Layer, Module, Visitor};
use ch07_modules::{Pass, count_parameters, count_trainable, hook_all, named_parameters};

/// A table of every parameter and buffer with its shape and size, and the totals below (like the torchinfo package).
///
/// ```
/// # use ch01_tensors::Rng;
/// # use ch05_backprop::Linear;
/// # use ch07_modules::{Sequential, summary};
/// let mut model = Sequential::new().push(Linear::new(4, 3, &mut Rng::new(0, "init")));
/// assert_eq!(
///     summary(&mut model),
///     "\
/// name      shape   parameters
/// 0.weight  [3, 4]          12
/// 0.bias    [3]              3
/// total                     15, all trained, 60 bytes
/// "
/// );
/// ```
pub fn summary<T: Float>(module: &mut dyn Module<T>) -> String {
    let mut rows = vec![["name".into(), "shape".into(), "parameters".into(), String::new()]];
    let mut bytes = 0;
    module.visit(&mut Visitor::new(&mut |path, entry| {
        let (array, note) = match &entry {
            Entry::Param(param) => (&param.value, if param.frozen { " (frozen)" } else { "" }),
            Entry::Buffer(buffer) => (&**buffer, " (buffer)"),
            Entry::Stream(_) => return,
        };
        bytes += array.size() * size_of::<T>();
        let size = if note == " (buffer)" { "-".into() } else { grouped(array.size()) };
        rows.push([path.to_string(), format!("{:?}", array.shape()), size, note.to_owned()]);
    }));
    let (all, trained) = (count_parameters(module), count_trainable(module));
    let trained = if all == trained { "all".to_owned() } else { grouped(trained) };
    let note = format!(", {trained} trained, {}", memory(bytes));
    rows.push(["total".into(), String::new(), grouped(all), note]);

    table(&rows)
}

/// What each layer makes of this input: a table of the layers in the order in which they are computed, each with the shape of
/// its output and how many numbers it learns (`torchinfo.summary(module, input_data=x)`). Layers are those that stand in
/// containers; a hook sees their outputs.
///
/// ```
/// # use ch01_tensors::{Rng, Tensor};
/// # use ch05_backprop::Linear;
/// # use ch07_modules::{Flatten, Sequential, summary_of};
/// let mut model = Sequential::new().push(Flatten::new()).push(Linear::new(4, 3, &mut Rng::new(0, "init")));
/// assert_eq!(
///     summary_of(&mut model, Tensor::zeros([5, 2, 2])),
///     "\
/// layer  output  parameters
/// 0      [5, 4]           0
/// 1      [5, 3]          15
/// "
/// );
/// ```
pub fn summary_of<T: Float>(model: &mut dyn Layer<T>, x: Array<T>) -> String {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let handle = hook_all({
        let seen = Rc::clone(&seen);
        move |path, pass, y: Array<T>| {
            if pass == Pass::Infer {
                seen.borrow_mut().push((path.to_owned(), format!("{:?}", y.shape())));
            }
            y
        }
    });
    model.infer(x);
    drop(handle);
    let parameters = named_parameters(model);
    let mut rows = vec![["layer".into(), "output".into(), "parameters".into(), String::new()]];
    for (path, shape) in seen.take() {
        let own = parameters
            .iter()
            .filter(|(name, _)| name.strip_prefix(&path).is_some_and(|n| n.starts_with('.')));
        let count = own.map(|(_, value)| value.size()).sum();
        rows.push([path, shape, grouped(count), String::new()]);
    }
    table(&rows)
}

fn table(rows: &[[String; 4]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let (names, shapes, sizes) = (width(0), width(1), width(2));
    rows.iter().fold(String::new(), |table, [name, shape, size, note]| {
        table + &format!("{name:names$}  {shape:shapes$}  {size:>sizes$}{note}\n")
    })
}

/// 235146 as 235,146.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn memory(bytes: usize) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
