// expect: orthonormalise: each vector was only given length 1: the angles are as before
// exercise: vector
        let _ = before;
        let length = dot(vector, vector).sqrt();
        vector.iter_mut().for_each(|v| *v /= length);
// exercise: end
