// expect: the second batch: the examples of the batch before are counted again
// exercise: finish
        let factor = 1.0 / self.examples as f64;
        for_each_param(module, |_, param| scale(&mut param.grad, factor));
// exercise: end
