//! Checks exercise e04_groups.

#[allow(unused)]
#[path = "../exercises/e04_groups.rs"]
mod groups;

use ch05_backprop::Role;
use groups::Groups;

#[test]
fn who_decays() {
    let decay = |role| Groups::by_role(role).decay;
    assert_eq!(decay(Role::Norm), 0.0, "by_role: the gains and shifts of a normalisation must not decay");
    assert_eq!(decay(Role::Bias), 0.0, "by_role: biases must not decay");
    assert_eq!(decay(Role::Activation), 0.0, "by_role: the slope of an activation must not decay");
    assert_eq!(decay(Role::Weight), 1.0, "by_role: weights decay as they are told");
    assert_eq!(decay(Role::Embedding), 1.0, "by_role: embeddings are weights too: they decay");
}

#[test]
fn who_moves() {
    for role in [Role::Weight, Role::Bias, Role::Norm, Role::Embedding, Role::Activation] {
        assert_eq!(Groups::by_role(role).rate, 1.0, "by_role: {role:?} must move at the full rate");
    }
}
