// expect: momentum: a running mean: PyTorch adds the whole gradient to the sum
// exercise: momentum
        let grad = grad + decay * value;
        let sum = momentum * sum + (T::ONE - momentum) * grad;
        let direction = if nesterov { grad + momentum * sum } else { sum };
        (value - rate * direction, [sum])
// exercise: end
