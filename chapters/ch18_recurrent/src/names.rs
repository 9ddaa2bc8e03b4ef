//! The names of the parameters, as PyTorch has them: `weight_ih_l0`, `bias_hh_l1_reverse`.
//!
//! Paths hold names that live as long as the program, so that a visit allocates nothing: hence a table.

/// The most layers of a stack.
pub(crate) const MOST_LAYERS: usize = 16;

macro_rules! table {
    ($($layer:literal)*) => {
        [$([
            table!(one $layer ""),
            table!(one $layer "_reverse"),
        ]),*]
    };
    (one $layer:literal $suffix:literal) => {
        [
            concat!("weight_ih_l", $layer, $suffix),
            concat!("weight_hh_l", $layer, $suffix),
            concat!("bias_ih_l", $layer, $suffix),
            concat!("bias_hh_l", $layer, $suffix),
        ]
    };
}

/// By layer, then direction (0 is forward), then weight and bias.
pub(crate) static NAMES: [[[&str; 4]; 2]; MOST_LAYERS] = table!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
