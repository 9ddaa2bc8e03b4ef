// expect: -p/q is the slope in q
// exercise: backward
        let slope = log_q.zip_to("kl_div", target, |x, t| -(if self.log_target { t.exp() } else { t }) / x.exp());
        slope * &g
// exercise: end
