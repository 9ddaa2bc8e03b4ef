// expect: sums of the rows: a token that occurs twice keeps only its first gradient
// exercise: add
            if rows.last() != Some(&id(token)) {
                rows.push(id(token));
                sums.extend_from_slice(grad);
            }
// exercise: end
