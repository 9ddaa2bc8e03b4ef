// expect: table: the exponent is -2i / size: the pair's number counts twice
// exercise: wave
        let angle = t * 10000f64.powf(-((feature / 2) as f64) / size as f64);
        T::from_f64(if feature % 2 == 0 { angle.sin() } else { angle.cos() })
// exercise: end
