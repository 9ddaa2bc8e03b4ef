//! Masks: which keys a query may look at.
//!
//! - *Padding*: sequences of one batch are filled up to the same length, and no query may look at a filling token.
//! - *Causal*: a position may look at itself and at what is before it, never at what comes after: a model that is to
//!   predict the next token must not see it.
//!
//! Both together: a key is allowed if both allow it. Here `true` always means "a real token, look at it". PyTorch's
//! `key_padding_mask` says the opposite (`true` is ignored), while its `attn_mask` of
//! `scaled_dot_product_attention` says what ours says.

use ch01_tensors::{Array, fail};

/// Which keys each query may look at; [`Mask::NONE`] allows all.
#[derive(Clone, Copy, Default)]
pub struct Mask<'a> {
    /// Whether query `i` may look at the keys `0..=i` alone.
    pub causal: bool,
    /// Which tokens are real, `[batch, keys]`; the others may not be looked at.
    pub padding: Option<&'a Array<bool>>,
}

impl<'a> Mask<'a> {
    /// Every query may look at every key.
    pub const NONE: Mask<'static> = Mask { causal: false, padding: None };

    /// Every query may look at itself and what is before it.
    pub const CAUSAL: Mask<'static> = Mask { causal: true, padding: None };

    /// Every query may look at the real tokens, `[batch, keys]`.
    pub fn padding(real: &'a Array<bool>) -> Self {
        Mask { causal: false, padding: Some(real) }
    }

    /// Whether, in example `batch`, the query at position `query` may look at the key at position `key`.
    pub fn allows(&self, batch: usize, query: usize, key: usize) -> bool {
        // Yours: Both masks must allow the key; one that is not there allows everything. `self.padding` is
        // an `Option<&Array<bool>>` of shape [batch, keys], true for a real token.
        todo!()
    }

    /// The mask as a table `[batch, 1, queries, keys]`, where true means "may look": it broadcasts over heads.
    ///
    /// # Panics
    /// When the padding is not `[batch, keys]`.
    #[track_caller]
    pub fn table(&self, [batch, queries, keys]: [usize; 3]) -> Array<bool> {
        self.check("Mask::table", batch, keys);
        Array::from_fn([batch, 1, queries, keys], |at| self.allows(at[0], at[2], at[3]))
    }

    /// Refuses a padding of another shape than `[batch, keys]`; `operation` names the caller.
    ///
    /// # Panics
    /// When the shape is another.
    #[track_caller]
    pub fn check(&self, operation: &str, batch: usize, keys: usize) {
        if let Some(real) = self.padding
            && *real.shape() != [batch, keys]
        {
            let rule = format_args!("padding mask {:?} for [{batch}, {keys}] tokens", real.shape());
            fail(operation, rule);
        }
    }
}
