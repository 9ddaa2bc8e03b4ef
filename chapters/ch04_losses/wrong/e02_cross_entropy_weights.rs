// expect: softmax must be multiplied by the sum of q
// exercise: backward
        let each = self.reduction.backward_over(grad, &rows.shape(), rows.total());
        rows.gradient(&each, softmax(rows.scores().clone(), -1), |g, out, target| {
            if matches!(target, RowTarget::Ignored) {
                return out.fill(T::ZERO);
            }
            for j in 0..out.len() {
                out[j] = g * (out[j] - self.q(&rows, &target, j));
            }
        })
// exercise: end
