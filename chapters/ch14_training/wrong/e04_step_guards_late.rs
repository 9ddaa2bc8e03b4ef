// expect: the weights moved although the loss is NaN
// exercise: step
    zero_grad(model);
    let logits = model.forward(input);
    let loss = f64::from(recipe.criterion.forward(&logits, labels).item());
    model.backward(recipe.criterion.backward(&Tensor::scalar(1.0), &logits, labels));
    let norm = clip_grad_norm(model, recipe.clip_norm.unwrap_or(f64::INFINITY));
    let rate = recipe.schedule.rate(step);
    optimizer.step(model, rate);
    if !loss.is_finite() {
        return Err(NotFinite::Loss(loss));
    }
    if !norm.is_finite() {
        return Err(NotFinite::Norm(norm));
    }
    Ok(Measured { loss, right: right(&logits, labels), norm, rate })
// exercise: end
