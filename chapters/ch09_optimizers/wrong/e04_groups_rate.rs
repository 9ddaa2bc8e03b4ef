// expect: must move at the full rate
// exercise: by_role
        let share = if matches!(role, Role::Weight | Role::Embedding) { 1.0 } else { 0.0 };
        Group { rate: share, decay: share }
// exercise: end
