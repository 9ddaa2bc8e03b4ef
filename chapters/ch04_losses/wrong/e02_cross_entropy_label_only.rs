// expect: only the label's logit gets a gradient
// exercise: backward
        let each = self.reduction.backward_over(grad, &rows.shape(), rows.total());
        rows.gradient(&each, softmax(rows.scores().clone(), -1), |g, out, target| {
            for j in 0..out.len() {
                let here = matches!(target, RowTarget::Class(y) if y == j);
                out[j] = if here { g * (out[j] - T::ONE) } else { T::ZERO };
            }
        })
// exercise: end
