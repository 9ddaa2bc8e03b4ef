// expect: clip_grad_norm: with a norm that is not finite nothing may change
// exercise: norm
    let factor = (max_norm / (norm + 1e-6)).min(1.0);
    if factor != 1.0 {
        for_each_param(module, |_, param| {
            if !param.frozen {
                scale(&mut param.grad, factor);
            }
        });
    }
// exercise: end
