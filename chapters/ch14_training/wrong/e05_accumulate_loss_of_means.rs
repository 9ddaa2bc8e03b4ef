// expect: the mean of the batches' means
// exercise: accumulate
    zero_grad(model);
    for Batch { input, labels } in batches {
        let share = labels.size() as f64 / all as f64;
        let logits = model.forward(input);
        let loss = f64::from(recipe.criterion.forward(&logits, labels).item());
        if !loss.is_finite() {
            return Err(NotFinite::Loss(loss));
        }
        total += loss / batches.len() as f64;
        hits += right(&logits, labels);
        model.backward(recipe.criterion.backward(&Tensor::scalar(share as f32), &logits, labels));
    }
// exercise: end
