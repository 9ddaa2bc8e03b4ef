// expect: weights after three steps: the gradients of earlier steps were not forgotten
// exercise: step
    let logits = model.forward(x);
    let loss = criterion.forward(&logits, labels);
    model.backward(criterion.backward(&Array::scalar(T::ONE), &logits, labels));
    sgd_step(model, learning_rate);
    loss.item().to_f64()
// exercise: end
