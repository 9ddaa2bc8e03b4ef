// expect: `exp` stands before `sin`, which was made from it
// exercise: order
    let mut order = vec![output.clone()];
    let mut seen = HashSet::from([output.id()]);
    let mut next = 0;
    while next < order.len() {
        for input in order[next].inputs() {
            if input.requires_grad() && seen.insert(input.id()) {
                order.push(input);
            }
        }
        next += 1;
    }
    order
// exercise: end
