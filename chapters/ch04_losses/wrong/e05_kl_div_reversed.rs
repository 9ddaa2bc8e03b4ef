// expect: that is KL(q || p)
// exercise: forward
        log_q.zip_to("kl_div", target, |x, t| {
            let log_p = if self.log_target { t } else { t.ln() };
            x.exp() * (x - log_p)
        })
// exercise: end
