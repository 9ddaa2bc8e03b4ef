// expect: d(xy + x)/dx: what arrived last replaced what had arrived before
// exercise: accumulate
        for (input, part) in inputs.iter().zip(x.pull(&gradient, &wanted, tape)) {
            let Some(part) = part else { continue };
            gradients.insert(input.id(), part);
        }
// exercise: end
