// expect: the divisor: 8 near - far is 12 h f'
// exercise: difference
        let near = at(h) - at(-h);
        let far = at(2.0 * h) - at(-2.0 * h);
        gradient.data_mut()[i] = (8.0 * near - far) / (6.0 * h);
// exercise: end
