// expect: sums of the rows: a token that occurs twice keeps only its last gradient
// exercise: add
            if rows.last() == Some(&id(token)) {
                let last = sums.len() - size;
                sums[last..].copy_from_slice(grad);
            } else {
                rows.push(id(token));
                sums.extend_from_slice(grad);
            }
// exercise: end
