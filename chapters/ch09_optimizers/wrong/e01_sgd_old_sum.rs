// expect: nesterov: the same as without Nesterov: look ahead along the new sum
// exercise: momentum
        let grad = grad + decay * value;
        let ahead = grad + momentum * sum;
        let sum = momentum * sum + grad;
        let direction = if nesterov { ahead } else { sum };
        (value - rate * direction, [sum])
// exercise: end
