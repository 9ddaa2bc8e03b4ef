// expect: gradient of the words: it was divided by the length of the text
// exercise: backward
        self.bias.grad += &grad.sum(0, false);
        let share = grad.unsqueeze(1).broadcast_to([batch, time, classes]).map(|g| g / time as f32);
        self.weights.backward(share);
// exercise: end
