// expect: the optimizer saw a gradient that was not clipped
// exercise: step
    zero_grad(model);
    let logits = model.forward(input);
    let loss = f64::from(recipe.criterion.forward(&logits, labels).item());
    if !loss.is_finite() {
        return Err(NotFinite::Loss(loss));
    }
    model.backward(recipe.criterion.backward(&Tensor::scalar(1.0), &logits, labels));
    let norm = clip_grad_norm(model, f64::INFINITY);
    if !norm.is_finite() {
        return Err(NotFinite::Norm(norm));
    }
    let rate = recipe.schedule.rate(step);
    optimizer.step(model, rate);
    clip_grad_norm(model, recipe.clip_norm.unwrap_or(f64::INFINITY));
    Ok(Measured { loss, right: right(&logits, labels), norm, rate })
// exercise: end
