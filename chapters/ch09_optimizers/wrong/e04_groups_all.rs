// expect: by_role: the gains and shifts of a normalisation must not decay
// exercise: by_role
        Group { rate: 1.0, decay: if role == Role::Bias { 0.0 } else { 1.0 } }
// exercise: end
