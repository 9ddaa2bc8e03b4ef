// expect: how often each is drawn: every outcome is drawn equally often
// exercise: draw
        let _ = rng.uniform();
        column
// exercise: end
