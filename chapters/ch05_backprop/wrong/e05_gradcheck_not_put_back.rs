// expect: the parameter was not put back after it was nudged
// exercise: parameters
        let numeric = numerical_gradient(
            |nudged| {
                set(layer, index, Some(nudged));
                loss(layer, x, &c)
            },
            &value,
        );
        assert_gradient(path, &(after - before), &numeric);
// exercise: end
