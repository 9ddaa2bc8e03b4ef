// expect: the true class gets its share of epsilon too
// exercise: smooth
    Array::from_fn([labels.size(), classes], |at| {
        let hit = labels[[at[0]]] == at[1] as i64;
        T::from_f64(if hit { 1.0 - epsilon } else { epsilon / classes as f64 })
    })
// exercise: end
