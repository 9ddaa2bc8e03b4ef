//! What the subscripts of an einsum of two arrays say: `bij,bjk->bik`.
//!
//! Every axis has a letter. Axes with the same letter are walked together; a letter that is not in the output is summed
//! over. Without `->`, the output holds every letter that occurs exactly once, in alphabetical order (numpy's rule).
//! Left out: the ellipsis, and letters repeated within one operand (a diagonal).

use ch01_tensors::{Dims, MAX_NDIM};

/// The letters of the axes of two operands and of the result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subscripts {
    /// The axes of the first operand.
    pub a: Dims<char>,
    /// The axes of the second operand.
    pub b: Dims<char>,
    /// The axes of the result.
    pub output: Dims<char>,
}

/// The letters of one operand or of the result, each at most once.
fn letters(text: &str) -> Result<Dims<char>, String> {
    let mut letters = Dims::filled(' ', 0);
    for letter in text.chars().filter(|c| !c.is_whitespace()) {
        if !letter.is_ascii_alphabetic() {
            return Err(format!("'{letter}' is not a letter"));
        }
        if letters.contains(&letter) {
            return Err(format!("'{letter}' is repeated within '{}'", text.trim()));
        }
        if letters.len() == MAX_NDIM {
            return Err(format!("'{}' has more than {MAX_NDIM} axes", text.trim()));
        }
        letters = letters.with(letters.len(), letter);
    }
    Ok(letters)
}

/// Reads the subscripts of two operands, such as `ij,jk->ik`, or `ij,jk`, which means the same.
///
/// # Errors
/// With what is wrong, when there are not two operands, a sign is not a letter, a letter is repeated within one of the
/// three, or the output has a letter that no operand has.
pub fn parse_subscripts(text: &str) -> Result<Subscripts, String> {
    // Yours: Split at "->" and at ",", and read each part with `letters`. Without "->", the output is every
    // letter that is in one operand only, sorted. With it, every letter of the output must be in an operand.
    todo!()
}
