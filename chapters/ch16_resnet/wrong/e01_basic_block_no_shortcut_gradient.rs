// expect: input gradient: the gradient that comes by the shortcut is missing
// exercise: backward
        let grad = add_relu_backward(grad, &y);
        let g = self.last.backward(grad.clone());
        let g = self.conv2.backward(self.bn2.backward(g));
        let g = self.bn1.backward(self.relu.backward(g));
        let dx = self.conv1.backward(g);
        if let Some(shortcut) = &mut self.downsample {
            shortcut.backward(grad);
        }
        dx
// exercise: end
