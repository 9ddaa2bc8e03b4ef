// expect: MultiStep: falls at the milestone alone, and is back after it
// exercise: multi_step
        let times = self.milestones.iter().filter(|&&milestone| milestone == step).count();
        self.rate * self.factor.powf(times as f64)
// exercise: end
