// expect: table: a sine and its cosine share one frequency, that of the pair
// exercise: wave
        let angle = t * 10000f64.powf(-(feature as f64) / size as f64);
        T::from_f64(if feature % 2 == 0 { angle.sin() } else { angle.cos() })
// exercise: end
