// expect: forward, the cell: input gate and forget gate were swapped
// exercise: forward
        let (i, f, g, o) = (sigmoid(i), sigmoid(f), tanh(g), sigmoid(o));
        let c_new = &i * c + &(&f * &g);
        let tanh = tanh(c_new.clone());
        ([i, f, g, o], c_new, tanh)
// exercise: end
