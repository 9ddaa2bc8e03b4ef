// expect: gradients that were there before were counted
// exercise: parameters
        let numeric = numerical_gradient(
            |nudged| {
                set(layer, index, Some(nudged));
                loss(layer, x, &c)
            },
            &value,
        );
        set(layer, index, Some(&value));
        let _ = before;
        assert_gradient(path, after, &numeric);
// exercise: end
