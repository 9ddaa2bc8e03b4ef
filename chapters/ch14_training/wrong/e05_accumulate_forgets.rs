// expect: the gradients of the batches before were forgotten
// exercise: accumulate
    for Batch { input, labels } in batches {
        zero_grad(model);
        let share = labels.size() as f64 / all as f64;
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
