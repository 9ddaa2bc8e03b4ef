// expect: table: sine belongs to the even features, cosine to the odd ones
// exercise: wave
        let pair = feature / 2;
        let angle = t * 10000f64.powf(-2.0 * pair as f64 / size as f64);
        T::from_f64(if feature % 2 == 0 { angle.cos() } else { angle.sin() })
// exercise: end
