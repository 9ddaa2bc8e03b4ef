//! What a network that reads takes a text apart into: words that it has seen, or pieces of words of a published network.
//!
//! Words and their numbers belong to the weights: they are kept beside them, in the folder of the run.

use std::path::Path;

use ch13_data::{WordPiece, WordVocabulary, clean_review};

use crate::recipe::{self, Reading};
use crate::run::Run;

/// A vocabulary.
pub(crate) enum Words {
    /// Whole words, which were counted in the texts to learn from.
    Whole(WordVocabulary),
    /// Pieces of words, as BERT reads them.
    Pieces(WordPiece),
}

const WHOLE: &str = "vocabulary.json";
const PIECES: &str = "vocab.txt";

impl Words {
    /// Words that occur twice or more, the most frequent ones, in cleaned texts; written into the run's folder.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn count(run: &Run, cleaned: &[&str], most: usize) -> anyhow::Result<Words> {
        let vocabulary = WordVocabulary::build(cleaned, most, 2, false);
        vocabulary.save(run.path(WHOLE))?;
        Ok(Words::Whole(vocabulary))
    }

    /// The pieces of words in a folder with a published network; copied into the run's folder.
    ///
    /// # Errors
    /// If the file cannot be read, is no such list, or cannot be written.
    pub fn published(run: &Run, folder: &Path) -> anyhow::Result<Words> {
        let pieces = WordPiece::read(folder.join(PIECES), true)?;
        run.copy(&folder.join(PIECES), PIECES)?;
        Ok(Words::Pieces(pieces))
    }

    /// Whether the run's folder holds them already.
    pub fn are_there(run: &Run) -> bool {
        run.path(file(run)).is_file()
    }

    /// Those of a run.
    ///
    /// # Errors
    /// If the file is missing or damaged.
    pub fn load(run: &Run) -> anyhow::Result<Words> {
        let path = run.finished(file(run))?;
        Ok(match file(run) {
            PIECES => Words::Pieces(WordPiece::read(path, true)?),
            _ => Words::Whole(WordVocabulary::load(path)?),
        })
    }

    /// How many there are.
    pub fn size(&self) -> usize {
        match self {
            Words::Whole(vocabulary) => vocabulary.size(),
            Words::Pieces(pieces) => pieces.size(),
        }
    }

    /// A review as numbers.
    pub fn encode(&self, review: &str) -> Vec<u32> {
        match self {
            Words::Whole(vocabulary) => vocabulary.encode(&clean_review(review)),
            Words::Pieces(pieces) => pieces.encode(&review.replace("<br />", " ")),
        }
    }
}

/// The file in the run's folder.
fn file(run: &Run) -> &'static str {
    match recipe::texts(run.plan.task, run.plan.recipe).reading {
        Reading::MiniLm { .. } => PIECES,
        _ => WHOLE,
    }
}
