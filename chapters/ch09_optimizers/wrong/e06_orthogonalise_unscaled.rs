// expect: not divided by the norm: singular values above 1 blow up
// exercise: steps
    let mut x = x;
    for _ in 0..steps {
        let gram = matmul(&x, &x.clone().t());
        let update = &gram * b + &matmul(&gram, &gram) * c;
        x = &x * a + matmul(&update, &x);
    }
// exercise: end
