//! What a decoder remembers of the texts it has read: keys and values of every token, in every block.
//!
//! For `layers` blocks with `kv_heads` heads of `d` features that is `2 layers kv_heads d` numbers per token: 18,432 for the
//! smallest GPT-2, 74 kB. Sharing heads of keys (LLaMA) makes it smaller by as much.

use ch01_tensors::{Array, Float};
use ch19_attention::KvCache;

/// Keys and values, block by block.
#[derive(Clone)]
pub struct DecoderCache<T: Float = f32> {
    layers: Vec<KvCache<T>>,
}

impl<T: Float> DecoderCache<T> {
    /// Of these blocks.
    pub fn new(layers: impl Iterator<Item = KvCache<T>>) -> Self {
        DecoderCache { layers: layers.collect() }
    }

    /// The blocks' caches, from the first to the last.
    pub fn layers(&mut self) -> &mut [KvCache<T>] {
        &mut self.layers
    }

    /// How many tokens of each text it holds.
    pub fn len(&self) -> usize {
        self.layers.first().map_or(0, KvCache::len)
    }

    /// Whether nothing has been read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Goes on with the texts of these numbers; their count may change.
    ///
    /// # Panics
    /// When there is no such text.
    #[track_caller]
    pub fn select(&mut self, rows: &[usize]) {
        let rows = Array::from_fn([rows.len()], |i| rows[i[0]] as i64);
        self.layers.iter_mut().for_each(|layer| layer.select(&rows));
    }
}
