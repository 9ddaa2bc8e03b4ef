// expect: forward: what is inside was recorded, and is kept in memory
// exercise: forward
        let x: Vec<Var<T>> = x.iter().map(|x| Var::variable(x.clone())).collect();
        let y = enable_grad(|| (self.0)(&x));
        no_grad(|| y.value())
// exercise: end
