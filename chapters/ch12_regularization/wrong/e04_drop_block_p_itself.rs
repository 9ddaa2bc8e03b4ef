// expect: probability of a seed: p itself: then each seed drops a whole square
// exercise: gamma
    let _ = (height, width, b);
    p
// exercise: end
