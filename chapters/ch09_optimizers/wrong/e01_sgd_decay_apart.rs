// expect: weight decay: the decay is not in the running sum
// exercise: momentum
        let sum = momentum * sum + grad;
        let direction = if nesterov { grad + momentum * sum } else { sum };
        (value - rate * direction - rate * decay * value, [sum])
// exercise: end
