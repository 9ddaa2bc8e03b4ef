// expect: a short gradient was stretched to max_norm
// exercise: norm
    if norm.is_finite() {
        for_each_param(module, |_, param| {
            if !param.frozen {
                scale(&mut param.grad, max_norm / (norm + 1e-6));
            }
        });
    }
// exercise: end
