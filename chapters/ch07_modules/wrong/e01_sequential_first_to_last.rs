// expect: backward: the gradient went through the layers from the first to the last
// exercise: backward
        for (i, layer) in self.layers.iter_mut().enumerate().skip(first) {
            let _inside = context::enter(i);
            grad = layer.backward(grad);
        }
        grad
// exercise: end
