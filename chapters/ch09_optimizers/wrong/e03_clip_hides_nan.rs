// expect: clip_grad_value: a NaN was hidden
// exercise: value
            param.grad.map_assign(|g| Float::max(Float::min(g, high), low));
// exercise: end
