//! A recipe for people: the table of settings in a report.

use ch14_training::History;

use super::texts::{Encoder, Lstm};
use super::{Reading, Seeing, fast, pictures, texts};
use crate::run::Plan;
use crate::task::Recipe;

/// What a report says about how a run was trained: names and values. `before` are the seconds of learning the language first.
pub(crate) fn settings(
    plan: &Plan,
    history: &History,
    seconds: f64,
    before: Option<f64>,
) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    row("data", plan.task.title().to_owned());
    row("recipe", plan.recipe.name().to_owned());
    row("seed", plan.seed.to_string());
    row("epochs", format!("{} of {}", history.epochs.len(), plan.epochs));
    let best = history.epochs.iter().max_by(|a, b| a.valid_accuracy.total_cmp(&b.valid_accuracy));
    if let Some(best) = best {
        row("best validation accuracy", format!("{:.2} %", 100.0 * best.valid_accuracy));
    }
    if let Some(before) = before {
        row("time of learning the language first", format!("{:.1} minutes", before / 60.0));
    }
    row("time of the training", format!("{:.1} minutes", seconds / 60.0));
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    if plan.task.is_text() {
        let r = texts(plan.task, plan.recipe);
        match &r.reading {
            Reading::MiniLm { .. } => row("vocabulary", "pieces of words, as published".to_owned()),
            _ => row("vocabulary", format!("{} words at most", r.vocabulary)),
        }
        row("words read of a text", format!("{} at most", r.tokens));
        match &r.reading {
            Reading::BagOfWords => {}
            Reading::Transformer(encoder) | Reading::Bert { size: encoder, .. } => {
                let Encoder { size, heads, layers, dropout, init_std } = encoder;
                row("width, heads, blocks", format!("{size}, {heads}, {layers}"));
                row("dropout", percent(*dropout));
                row("standard deviation of the first weights", init_std.to_string());
            }
            Reading::Lstm(lstm) => {
                let (embedding, hidden, layers) = (lstm.embedding, lstm.hidden, lstm.layers);
                row("width, state in each direction, layers", format!("{embedding}, {hidden}, {layers}"));
                row("dropout of the embeddings", percent(lstm.embedding_dropout));
            }
            Reading::MiniLm { .. } => row("first weights", "published".to_owned()),
        }
        if let Reading::Bert { dropout, .. }
        | Reading::MiniLm { dropout }
        | Reading::Lstm(Lstm { dropout, .. }) = &r.reading
        {
            row("dropout before the last layer", percent(*dropout));
        }
        row("word dropout", percent(r.word_dropout));
        row("optimizer", format!("AdamW, weight decay {}", r.weight_decay));
        row("learning rate", format!("{} after a warmup, then a cosine", r.rate));
        row("batch", r.batch.to_string());
        row("label smoothing", percent(r.label_smoothing));
    } else if plan.recipe == Recipe::Fast {
        let r = fast(plan.epochs);
        row("random shift", format!("by {} pixels", r.padding));
        row("flip", "every other epoch".to_owned());
        row(
            "optimizer",
            format!(
                "SGD, momentum {:.3}, Nesterov, decay {:.2e}; shifts of norms {} times as fast; lookahead",
                r.step_momentum(),
                r.step_decay(),
                r.shifts
            ),
        );
        row("learning rate", format!("{:.3} at the top of a triangle", r.step_rate()));
        row("batch", r.batch.to_string());
        row("label smoothing", percent(r.label_smoothing));
        row("at the test", "the mean over six views of each picture".to_owned());
    } else {
        let r = pictures(plan.task, plan.recipe);
        match r.seeing {
            Seeing::SmallCnn { width, dropout } => {
                row("channels of the first convolution", width.to_string());
                row("dropout", percent(dropout));
            }
            Seeing::ResNet18 => row("network", "ResNet-18 for small pictures".to_owned()),
        }
        row("random crop", format!("{} pixels of padding", r.padding));
        row("random flip", if r.flip { "yes" } else { "no" }.to_owned());
        row("optimizer", format!("SGD, momentum {}, Nesterov, weight decay {}", r.momentum, r.weight_decay));
        row("learning rate", format!("{} at the top of one cycle", r.rate));
        row("batch", r.batch.to_string());
        row("label smoothing", percent(r.label_smoothing));
    }
    rows
}
