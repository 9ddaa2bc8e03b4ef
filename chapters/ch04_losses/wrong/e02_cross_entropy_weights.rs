// expect: softmax must be multiplied by the sum of q
// exercise: backward
        let each = self.reduction.backward_over(grad, &rows.shape(), rows.total());
        rows.gradient(&each, |g, z, target, out| {
            if matches!(target, RowTarget::Ignored) {
                return;
            }
            let lse = log_sum_exp(z);
            for j in 0..z.len() {
                out[j] = g * ((z[j] - lse).exp() - self.q(&rows, &target, j));
            }
        })
// exercise: end
