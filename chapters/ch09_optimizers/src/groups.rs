//! Parameter groups: not every parameter has the same rate, and not every one decays (PyTorch's `param_groups`).
//!
//! Weight decay pulls numbers towards 0. For matrices that multiply, that is a preference for simple functions. The gain
//! of a normalisation and a bias have no reason to be near 0: by default they do not decay.

use ch05_backprop::Role;

/// How an optimizer treats a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// The learning rate is multiplied by this.
    pub rate: f64,
    /// The weight decay is multiplied by this.
    pub decay: f64,
}

type Choose = dyn Fn(&str, Role) -> Group + Send + Sync;

/// The rule that gives every parameter its [`Group`]. It is asked once per parameter, before its first step.
pub struct Groups(Box<Choose>);

impl Groups {
    /// Groups by a rule of your own, which is given the parameter's path (`encoder.0.weight`) and role.
    ///
    /// ```
    /// use ch09_optimizers::{AdamW, Group, Groups};
    /// // A pretrained backbone moves ten times as slowly as the new head.
    /// let slow = Groups::new(|path, role| {
    ///     let usual = Groups::by_role(role);
    ///     if path.starts_with("backbone.") { Group { rate: 0.1, ..usual } } else { usual }
    /// });
    /// let optimizer: AdamW = AdamW::new().groups(slow);
    /// ```
    pub fn new(choose: impl Fn(&str, Role) -> Group + Send + Sync + 'static) -> Self {
        Groups(Box::new(choose))
    }

    /// All parameters alike, which is what PyTorch does with `model.parameters()`.
    pub fn uniform() -> Self {
        Groups::new(|_, _| Group { rate: 1.0, decay: 1.0 })
    }

    // ANCHOR: by_role
    /// The default: full rate for all; weights and embeddings decay, biases, norms and activations do not.
    pub fn by_role(role: Role) -> Group {
        // exercise: by_role - A `Group` with factor 1 for the rate; the factor of the decay is 1 or 0. Say for each of
        // the five roles which.
        let decays = match role {
            Role::Weight | Role::Embedding => true,
            Role::Bias | Role::Norm | Role::Activation => false,
        };
        Group { rate: 1.0, decay: if decays { 1.0 } else { 0.0 } }
        // exercise: end
    }
    // ANCHOR_END: by_role

    /// The group of a parameter.
    pub fn of(&self, path: &str, role: Role) -> Group {
        (self.0)(path, role)
    }
}

impl Default for Groups {
    fn default() -> Self {
        Groups::new(|_, role| Groups::by_role(role))
    }
}
