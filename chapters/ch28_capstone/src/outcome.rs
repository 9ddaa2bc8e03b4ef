//! What a network made of the test examples: kept in `test.json`, and quoted by the report.

use serde_json::{Value, json};

use crate::run::{Run, RunError, read_json};
use crate::tally::{Tally, Wrong, accuracy, tally};

/// The most mistakes that are kept, the worst first.
const MISTAKES: usize = 24;

/// The result of a test.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// The mean cross-entropy.
    pub loss: f64,
    /// `[classes, classes]`: how often the class of the row was taken for that of the column.
    pub confusion: Vec<usize>,
    /// Examples that were taken for another class, those first that the network was surest about.
    pub mistakes: Vec<Mistake>,
    /// Seconds spent on the training, those before a resume too; not those of learning the language first.
    pub seconds: f64,
}

/// A mistake, and the text that was mistaken, if it is one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mistake {
    pub wrong: Wrong,
    pub text: Option<String>,
}

impl Outcome {
    /// From the probabilities `[examples, classes]` of the test examples and their classes. `text` gives the text of an
    /// example, if it is one.
    pub fn new(
        loss: f64,
        probabilities: &[f32],
        labels: &[i64],
        classes: usize,
        text: impl Fn(usize) -> Option<String>,
    ) -> Outcome {
        let Tally { confusion, mistakes } = tally(probabilities, labels, classes);
        let worst = mistakes.into_iter().take(MISTAKES);
        let mistakes = worst.map(|wrong| Mistake { text: text(wrong.index), wrong }).collect();
        Outcome { loss, confusion, mistakes, seconds: 0.0 }
    }

    pub fn classes(&self) -> usize {
        self.confusion.len().isqrt()
    }

    /// How many examples were tested.
    pub fn examples(&self) -> usize {
        self.confusion.iter().sum()
    }

    /// The share that was classified correctly, from 0 to 1.
    pub fn accuracy(&self) -> f64 {
        accuracy(&self.confusion, self.classes())
    }

    /// Writes `test.json`.
    pub fn save(&self, run: &Run) -> Result<(), RunError> {
        let mistake = |m: &Mistake| {
            json!({
                "index": m.wrong.index,
                "label": m.wrong.label,
                "predicted": m.wrong.predicted,
                "probability": m.wrong.probability,
                "text": m.text,
            })
        };
        run.write_json(
            "test.json",
            &json!({
                "accuracy": self.accuracy(),
                "examples": self.examples(),
                "loss": self.loss,
                "seconds": self.seconds,
                "confusion": self.confusion,
                "mistakes": self.mistakes.iter().map(mistake).collect::<Vec<_>>(),
            }),
        )
    }

    /// Reads `test.json`.
    pub fn load(run: &Run) -> Result<Outcome, RunError> {
        let path = run.finished("test.json")?;
        let value = read_json(&path)?;
        let classes = run.plan.task.classes().len();
        parse(&value, classes).map_err(|what| RunError::Damaged { path, what: what.to_owned() })
    }
}

fn parse(value: &Value, classes: usize) -> Result<Outcome, &'static str> {
    let number = |value: &Value| value.as_u64().map(|number| number as usize);
    let list = |key: &str| value[key].as_array();
    let confusion: Option<Vec<usize>> =
        list("confusion").and_then(|cells| cells.iter().map(number).collect());
    let confusion = confusion.filter(|cells| cells.len() == classes * classes);
    let mistake = |m: &Value| {
        let class = |key: &str| number(&m[key]).filter(|&class| class < classes);
        let wrong = Wrong {
            index: number(&m["index"])?,
            label: class("label")?,
            predicted: class("predicted")?,
            probability: m["probability"].as_f64()?,
        };
        Some(Mistake { wrong, text: m["text"].as_str().map(str::to_owned) })
    };
    let mistakes: Option<Vec<Mistake>> = list("mistakes").and_then(|all| all.iter().map(mistake).collect());
    Ok(Outcome {
        loss: value["loss"].as_f64().ok_or("'loss' is no number")?,
        confusion: confusion.ok_or("'confusion' does not fit the classes")?,
        mistakes: mistakes.ok_or("'mistakes' is no list of mistakes")?,
        seconds: value["seconds"].as_f64().ok_or("'seconds' is no number")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Plan;
    use crate::task::{Recipe, Task};

    fn outcome() -> Outcome {
        // Three of the four are right; the last but one is taken for positive.
        let probabilities = [0.9, 0.1, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6];
        Outcome::new(0.5, &probabilities, &[0, 1, 0, 1], 2, |index| Some(format!("text {index}")))
    }

    #[test]
    fn what_was_right_and_what_was_wrong() {
        let outcome = outcome();
        assert_eq!(outcome.confusion, [1, 1, 0, 2]);
        assert_eq!((outcome.accuracy(), outcome.examples(), outcome.classes()), (0.75, 4, 2));
        let [mistake] = &outcome.mistakes[..] else { panic!("{:?}", outcome.mistakes) };
        assert_eq!((mistake.wrong.index, mistake.wrong.label, mistake.wrong.predicted), (2, 0, 1));
        assert_eq!(mistake.text.as_deref(), Some("text 2"));
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let (task, recipe) = (Task::Imdb, Recipe::BagOfWords);
        let plan = Plan { task, recipe, seed: 0, epochs: 1, data: None, weights: None };
        let run = Run::create(Some(&folder.path().join("run")), plan).unwrap();
        assert!(matches!(Outcome::load(&run), Err(RunError::Unfinished { .. })));
        outcome().save(&run).unwrap();
        assert_eq!(Outcome::load(&run).unwrap(), outcome());
        run.write("test.json", b"{\"loss\": 1, \"seconds\": 1, \"confusion\": [1], \"mistakes\": []}")
            .unwrap();
        let error = Outcome::load(&run).unwrap_err();
        assert!(error.to_string().contains("does not fit the classes"), "{error}");
    }
}
