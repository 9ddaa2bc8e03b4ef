// expect: backward: the gradient goes through the branches alone, not past them
// exercise: backward
        let grad = self.norm2.backward(self.mlp.backward(self.dropout2.backward(grad)));
        self.norm1.backward(self.attention.backward(self.dropout1.backward(grad)))
// exercise: end
