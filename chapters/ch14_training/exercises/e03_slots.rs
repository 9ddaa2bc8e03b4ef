//! Two places for checkpoints, used in turn: while one is being replaced, the other is safe.
//!
//! A checkpoint carries a number that grows by one each time. The newest whole one is where training goes on from; the
//! next one replaces the other slot, never the one that we would need if the writing failed.

/// What was found in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Nothing was ever written there.
    Empty,
    /// A file that cannot be trusted, and why.
    Damaged(String),
    /// A whole checkpoint with this number.
    Whole(u64),
}

/// Which of the two slots to go on from, and its number: of the whole ones, that with the larger number. `None` if
/// neither is whole.
pub fn newest(slots: &[Slot; 2]) -> Option<(usize, u64)> {
    // Yours: Only `Slot::Whole(number)` counts; of two, the larger number.
    todo!()
}

/// Which slot the next checkpoint goes to, and its number: never the slot of the newest whole one.
pub fn next(slots: &[Slot; 2]) -> (usize, u64) {
    // Yours: The other slot than `newest`, and its number plus one. Without a whole one: slot 0, number 0.
    todo!()
}
