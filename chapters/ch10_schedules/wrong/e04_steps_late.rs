// expect: MultiStep: falls one step too late: a milestone is the first step with the new rate
// exercise: multi_step
        let times = self.milestones.iter().filter(|&&milestone| milestone < step).count();
        self.rate * self.factor.powf(times as f64)
// exercise: end
