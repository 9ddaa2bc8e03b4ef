// expect: each batch's mean gradient counted whole
// exercise: accumulate
    zero_grad(model);
    for Batch { input, labels } in batches {
        let share = labels.size() as f64 / all as f64;
        let logits = model.forward(input);
        let loss = f64::from(recipe.criterion.forward(&logits, labels).item());
        if !loss.is_finite() {
            return Err(NotFinite::Loss(loss));
        }
        total += share * loss;
        hits += right(&logits, labels);
        model.backward(recipe.criterion.backward(&Tensor::scalar(1.0), &logits, labels));
    }
// exercise: end
