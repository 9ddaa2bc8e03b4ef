// expect: rows: a token that occurs twice is listed twice
// exercise: add
            rows.push(id(token));
            sums.extend_from_slice(grad);
// exercise: end
