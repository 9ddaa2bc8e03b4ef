// expect: d(xy + x)/dx: what arrived later was dropped
// exercise: accumulate
        for (input, part) in inputs.iter().zip(x.pull(&gradient, &wanted, tape)) {
            let Some(part) = part else { continue };
            gradients.entry(input.id()).or_insert(part);
        }
// exercise: end
