// expect: `c` belongs to the square of the Gram matrix
// exercise: steps
    let norm = sum_of_squares(&x).sqrt().max(eps);
    let mut x = &x * T::from_f64(1.0 / norm);
    for _ in 0..steps {
        let gram = matmul(&x, &x.clone().t());
        x = &x * a + matmul(&(&gram * (b + c)), &x);
    }
// exercise: end
