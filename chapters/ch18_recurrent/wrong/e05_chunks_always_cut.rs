// expect: carried on: input: the gradient of the state did not reach the chunk before
// exercise: backward
    let _ = truncate;
    chunks.rev().map(|chunk| net.backward_with(&chunk, None).0).collect()
// exercise: end
