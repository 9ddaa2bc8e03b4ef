//! What a recurrent network carries from one step to the next.

use ch01_tensors::{Array, Float};

use crate::Packing;

// ANCHOR: state
/// The state of all layers and directions, `[layers * directions, batch, hidden]`: layer 0 forward, layer 0 reverse, layer 1
/// forward and so on, as in PyTorch. The gradient of a state is a `State` as well.
#[derive(Clone, Debug, PartialEq)]
pub struct State<T: Float = f32> {
    /// `h`, which is also the output.
    pub hidden: Array<T>,
    /// `c`, the cells of an LSTM. None for the others.
    pub cell: Option<Array<T>>,
}
// ANCHOR_END: state

impl<T: Float> State<T> {
    /// The same numbers in 64 bits.
    pub fn to_f64(&self) -> State<f64> {
        State { hidden: self.hidden.to_f64(), cell: self.cell.as_ref().map(Array::to_f64) }
    }

    /// `h` and `c` of one layer and direction; an empty `c` if there is none.
    pub(crate) fn part(&self, place: usize) -> [Array<T>; 2] {
        let take = |array: &Array<T>| array.slice(place);
        [take(&self.hidden), self.cell.as_ref().map_or_else(|| Array::zeros([0]), take)]
    }

    /// Replaces what [`part`](State::part) gives.
    pub(crate) fn set_part(&mut self, place: usize, [hidden, cell]: [&Array<T>; 2]) {
        self.hidden.assign_slice(place, hidden);
        if let Some(cells) = &mut self.cell {
            cells.assign_slice(place, cell);
        }
    }

    /// The state of a sorted batch in the order of the batch.
    pub(crate) fn unsorted(self, packing: &Packing) -> Self {
        State { hidden: packing.unsort(&self.hidden), cell: self.cell.map(|cell| packing.unsort(&cell)) }
    }
}
