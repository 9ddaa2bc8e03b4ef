// expect: each batch counted alike, however few examples it has
// exercise: accumulate
    zero_grad(model);
    for Batch { input, labels } in batches {
        let share = 1.0 / batches.len() as f64;
        let logits = model.forward(input);
        let loss = f64::from(recipe.criterion.forward(&logits, labels).item());
        if !loss.is_finite() {
            return Err(NotFinite::Loss(loss));
        }
        total += share * loss;
        hits += right(&logits, labels);
        model.backward(recipe.criterion.backward(&Tensor::scalar(share as f32), &logits, labels));
    }
// exercise: end
