// expect: the matrix is transposed
// exercise: count
            counts[prediction as usize * classes + label as usize] += 1;
// exercise: end
