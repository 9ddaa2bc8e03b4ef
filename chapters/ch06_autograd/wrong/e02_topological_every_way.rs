// expect: stands there twice
// exercise: order
    let mut order = Vec::new();
    let mut stack = vec![(output.clone(), output.inputs())];
    while let Some((_, inputs)) = stack.last_mut() {
        match inputs.pop() {
            Some(input) if input.requires_grad() => {
                let before = input.inputs();
                stack.push((input, before));
            }
            Some(_) => {}
            None => order.extend(stack.pop().map(|(finished, _)| finished)),
        }
    }
    order.reverse();
    order
// exercise: end
