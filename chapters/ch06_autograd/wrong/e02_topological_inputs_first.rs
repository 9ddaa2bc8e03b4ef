// expect: stands before `exp`, which was made from it
// exercise: order
    let mut order = Vec::new();
    let mut seen = HashSet::from([output.id()]);
    let mut stack = vec![(output.clone(), output.inputs())];
    while let Some((_, inputs)) = stack.last_mut() {
        match inputs.pop() {
            Some(input) if input.requires_grad() && seen.insert(input.id()) => {
                let before = input.inputs();
                stack.push((input, before));
            }
            Some(_) => {}
            None => order.extend(stack.pop().map(|(finished, _)| finished)),
        }
    }
    order
// exercise: end
