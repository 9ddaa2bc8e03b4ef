// expect: truncated: input: the gradient went on to the chunk before
// exercise: backward
    let _ = truncate;
    let (mut inputs, mut state) = (Vec::new(), None);
    for chunk in chunks.rev() {
        let (dx, first) = net.backward_with(&chunk, state.as_ref());
        inputs.push(dx);
        state = Some(first);
    }
    inputs
// exercise: end
