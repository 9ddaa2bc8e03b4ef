// expect: weights: not divided by the length of v
// exercise: forward
        let _ = length;
        w.iter_mut().for_each(|w| *w *= g);
// exercise: end
