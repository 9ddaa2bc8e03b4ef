// expect: the sum of the gradients is off the tape; add variables, not arrays
// exercise: accumulate
        for (input, part) in inputs.iter().zip(x.pull(&gradient, &wanted, tape)) {
            let Some(part) = part else { continue };
            let sum = match gradients.remove(&input.id()) {
                Some(sum) => Var::constant(sum.value() + &part.value()),
                None => part,
            };
            gradients.insert(input.id(), sum);
        }
// exercise: end
