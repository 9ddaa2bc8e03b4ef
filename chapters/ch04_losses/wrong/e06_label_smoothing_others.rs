// expect: epsilon is spread over all classes, the true one included
// exercise: smooth
    Array::from_fn([labels.size(), classes], |at| {
        let hit = labels[[at[0]]] == at[1] as i64;
        T::from_f64(if hit { 1.0 - epsilon } else { epsilon / (classes - 1) as f64 })
    })
// exercise: end
