// expect: gradient not divided by the batch size
// exercise: backward
        let each = grad.clone().broadcast_to(rows.shape());
        rows.gradient(&each, softmax(rows.scores().clone(), -1), |g, out, target| {
            let all = (0..out.len()).fold(T::ZERO, |sum, c| sum + self.q(&rows, &target, c));
            for j in 0..out.len() {
                out[j] = g * (all * out[j] - self.q(&rows, &target, j));
            }
        })
// exercise: end
