// expect: forward: without an activation two linear layers are but one
// exercise: forward
        let h = self.fc1.forward(x);
        self.fc2.forward(h)
// exercise: end
