// expect: forward: z keeps the old state in PyTorch's form
// exercise: forward
        let (r, z) = (sigmoid(ar + &ur), sigmoid(az + &uz));
        let n = tanh(an + &(&r * &un));
        let new = h + &(&z * &(&n - h));
        ([r, z, n], un, new)
// exercise: end
