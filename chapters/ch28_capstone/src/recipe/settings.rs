//! A recipe for people: the table of settings in a report.

use ch14_training::History;

use super::{Reading, Seeing, fast, pictures, texts};
use crate::run::Plan;
use crate::task::Recipe;

/// What a report says about how a run was trained: names and values.
pub(crate) fn settings(plan: &Plan, history: &History, seconds: f64) -> Vec<Vec<String>> {
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
    row("time of the training", format!("{:.1} minutes", seconds / 60.0));
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    if plan.task.is_text() {
        let r = texts(plan.task, plan.recipe);
        row("vocabulary", format!("{} words at most", r.vocabulary));
        row("words read of a text", format!("{} at most", r.tokens));
        if let Reading::Transformer(encoder) = &r.reading {
            row("width, heads, blocks", format!("{}, {}, {}", encoder.size, encoder.heads, encoder.layers));
            row("dropout", percent(encoder.dropout));
            row("standard deviation of the first weights", encoder.init_std.to_string());
            row("word dropout", percent(r.word_dropout));
        }
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
        if let Seeing::SmallCnn { width, dropout } = r.seeing {
            row("channels of the first convolution", width.to_string());
            row("dropout", percent(dropout));
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
