// expect: gradient not divided by the batch size
// exercise: backward
        let each = grad.clone().broadcast_to(rows.shape());
        rows.gradient(&each, |g, z, target, out| {
            let lse = log_sum_exp(z);
            let all = (0..z.len()).fold(T::ZERO, |sum, c| sum + self.q(&rows, &target, c));
            for j in 0..z.len() {
                out[j] = g * (all * (z[j] - lse).exp() - self.q(&rows, &target, j));
            }
        })
// exercise: end
