// expect: no gradient arrived
// exercise: accumulate
        for part in x.pull(&gradient, &wanted, tape).into_iter().flatten() {
            gradients.insert(x.id(), part);
        }
// exercise: end
