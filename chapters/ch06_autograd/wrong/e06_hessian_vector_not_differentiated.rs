// expect: the gradient times v: it was not differentiated
// exercise: product
    let _ = (x, Tape::Retain, grad::<T>);
    gradient.iter().zip(v).map(|(gradient, v)| gradient.value() * v).collect()
// exercise: end
