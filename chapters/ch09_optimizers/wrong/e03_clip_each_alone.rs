// expect: clip_grad_norm: each parameter was clipped by its own norm
// exercise: norm
    if norm.is_finite() {
        for_each_param(module, |_, param| {
            let factor = max_norm / (sum_of_squares(&param.grad).sqrt() + 1e-6);
            if !param.frozen && factor < 1.0 {
                scale(&mut param.grad, factor);
            }
        });
    }
// exercise: end
