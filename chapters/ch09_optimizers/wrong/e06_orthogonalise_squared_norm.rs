// expect: divided by the square of the norm
// exercise: steps
    let norm = sum_of_squares(&x).max(eps);
    let mut x = &x * T::from_f64(1.0 / norm);
    for _ in 0..steps {
        let gram = matmul(&x, &x.clone().t());
        let update = &gram * b + &matmul(&gram, &gram) * c;
        x = &x * a + matmul(&update, &x);
    }
// exercise: end
