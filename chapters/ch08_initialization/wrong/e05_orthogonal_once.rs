// expect: nearly parallel vectors: one pass is not enough
// exercise: vector
        for other in before.iter() {
            let along = dot(vector, other);
            vector.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
        }
        let length = dot(vector, vector).sqrt();
        vector.iter_mut().for_each(|v| *v /= length);
// exercise: end
