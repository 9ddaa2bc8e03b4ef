// expect: orthonormalise: the vectors are at right angles, but not of length 1
// exercise: vector
        for other in before.iter().chain(before.iter()) {
            let along = dot(vector, other) / dot(other, other);
            vector.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
        }
// exercise: end
