// expect: 0 ln 0 is NaN on a computer
// exercise: forward
        log_q.zip_to("kl_div", target, |x, t| match t {
            log_p if self.log_target => log_p.exp() * (log_p - x),
            p => p * (p.ln() - x),
        })
// exercise: end
