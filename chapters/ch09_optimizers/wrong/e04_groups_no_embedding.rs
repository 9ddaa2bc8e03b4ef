// expect: by_role: embeddings are weights too: they decay
// exercise: by_role
        Group { rate: 1.0, decay: if role == Role::Weight { 1.0 } else { 0.0 } }
// exercise: end
