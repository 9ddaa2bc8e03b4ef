//! What an examination found: names, evidence, cures.

use std::fmt;

/// A bug that trains without an error message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bug {
    /// Examples to validate on are among those to train on.
    LeakedValidation,
    /// The input is far from mean 0 and standard deviation 1.
    InputNotNormalised,
    /// Softmax is applied twice: by the model or the step, and again within the cross-entropy.
    DoubleSoftmax,
    /// The first weights are too large, too small, or all units of a layer begin alike.
    WrongInit,
    /// Units that are 0 for every example, and so have no gradient.
    DeadRelus,
    /// The gradients of earlier steps are still there.
    MissingZeroGrad,
    /// Parameters that stay as they are while others move.
    FrozenLayer,
    /// Steps that overshoot.
    RateTooHigh,
    /// Steps that hardly move.
    RateTooLow,
    /// Labels that have nothing to do with their inputs.
    ShuffledLabels,
    /// Something else: not even one batch can be learned by heart.
    CannotMemorise,
}

impl Bug {
    /// The ten that have a name, in the order in which they are looked for.
    pub const TEN: [Bug; 10] = [
        Bug::LeakedValidation,
        Bug::InputNotNormalised,
        Bug::DoubleSoftmax,
        Bug::WrongInit,
        Bug::DeadRelus,
        Bug::MissingZeroGrad,
        Bug::RateTooHigh,
        Bug::RateTooLow,
        Bug::FrozenLayer,
        Bug::ShuffledLabels,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Bug::LeakedValidation => "leaked validation data",
            Bug::InputNotNormalised => "un-normalised input",
            Bug::DoubleSoftmax => "double softmax",
            Bug::WrongInit => "wrong init",
            Bug::DeadRelus => "dead ReLUs",
            Bug::MissingZeroGrad => "missing zero-grad",
            Bug::FrozenLayer => "frozen layer",
            Bug::RateTooHigh => "LR too high",
            Bug::RateTooLow => "LR too low",
            Bug::ShuffledLabels => "shuffled labels",
            Bug::CannotMemorise => "cannot learn one batch by heart",
        }
    }

    /// What to do about it.
    pub fn cure(self) -> &'static str {
        match self {
            Bug::LeakedValidation => {
                "split before anything is copied or augmented, and remove duplicates first"
            }
            Bug::InputNotNormalised => {
                "subtract the training data's mean and divide by its standard deviation"
            }
            Bug::DoubleSoftmax => "let the model end in logits: the cross-entropy holds the softmax already",
            Bug::WrongInit => "draw the weights as chapter 8 says: variance 2 / inputs before a ReLU",
            Bug::DeadRelus => "set the biases to 0, lower the rate, or use a ReLU with a slope on both sides",
            Bug::MissingZeroGrad => "call zero_grad before each backward pass",
            Bug::FrozenLayer => "unfreeze it, and hand its parameters to the optimizer",
            Bug::RateTooHigh => "divide the rate by ten, or run the range test of chapter 10",
            Bug::RateTooLow => {
                "multiply the rate by what the evidence says, or run the range test of chapter 10"
            }
            Bug::ShuffledLabels => {
                "look at twenty examples with their labels, at the place where they enter the model"
            }
            Bug::CannotMemorise => "check the gradients of every layer against differences (chapter 5)",
        }
    }
}

/// A bug that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which one.
    pub bug: Bug,
    /// What was measured, and what it should have been.
    pub evidence: String,
}

/// What an examination found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The bugs, in the order in which they were found.
    pub findings: Vec<Finding>,
    /// What cannot be judged before the findings are cured, because they would show the same signs.
    pub not_judged: Vec<Bug>,
    /// Everything that was measured, by name.
    pub signals: Vec<(&'static str, f64)>,
}

impl Report {
    /// The bugs that were found.
    pub fn bugs(&self) -> Vec<Bug> {
        self.findings.iter().map(|finding| finding.bug).collect()
    }

    /// Whether nothing was found.
    pub fn is_healthy(&self) -> bool {
        self.findings.is_empty()
    }

    /// What was measured under this name.
    pub fn signal(&self, name: &str) -> Option<f64> {
        self.signals.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
    }

    pub(super) fn measured(&mut self, name: &'static str, value: f64) -> f64 {
        self.signals.push((name, value));
        value
    }

    /// Adds a finding, if there is one, and says whether there is.
    pub(super) fn add(&mut self, bug: Bug, evidence: Option<String>) -> bool {
        let found = evidence.is_some();
        self.findings.extend(evidence.map(|evidence| Finding { bug, evidence }));
        found
    }

    /// The report of an examination that ends here.
    pub(super) fn ends_before(mut self, bugs: &[Bug]) -> Report {
        self.not_judged.extend(bugs.iter().filter(|bug| !self.findings.iter().any(|f| f.bug == **bug)));
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_healthy() {
            writeln!(f, "nothing found")?;
        }
        for Finding { bug, evidence } in &self.findings {
            writeln!(f, "{}: {evidence}\n  cure: {}", bug.name(), bug.cure())?;
        }
        if !self.not_judged.is_empty() {
            let names: Vec<&str> = self.not_judged.iter().map(|bug| bug.name()).collect();
            writeln!(f, "not judged before that is cured: {}", names.join(", "))?;
        }
        Ok(())
    }
}
