// expect: only the label's logit gets a gradient
// exercise: backward
        let each = self.reduction.backward_over(grad, &rows.shape(), rows.total());
        rows.gradient(&each, |g, z, target, out| {
            let lse = log_sum_exp(z);
            if let RowTarget::Class(y) = target {
                out[y] = g * ((z[y] - lse).exp() - T::ONE);
            }
        })
// exercise: end
