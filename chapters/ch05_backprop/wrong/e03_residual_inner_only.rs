// expect: backward: the direct path is missing
// exercise: backward
        self.inner.backward(grad)
// exercise: end
