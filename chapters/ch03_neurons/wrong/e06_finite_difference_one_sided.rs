// expect: a one-sided difference: its error shrinks with h only
// exercise: difference
        gradient.data_mut()[i] = (at(h) - at(0.0)) / h;
// exercise: end
