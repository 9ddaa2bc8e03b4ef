// expect: backward: the gradient does not go back through the second linear layer
// exercise: backward
        let grad = self_attention_backward(&grad, &qkv, &attended, self.heads, &mask);
        self.qkv.backward(grad)
// exercise: end
