// expect: input gradient: the gradient of the ReLU behind the sum is missing
// exercise: backward
        drop(y);
        let g = self.last.backward(grad.clone());
        let g = self.conv2.backward(self.bn2.backward(g));
        let g = self.bn1.backward(self.relu.backward(g));
        let dx = self.conv1.backward(g);
        match &mut self.downsample {
            Some(shortcut) => dx + &shortcut.backward(grad),
            None => dx,
        }
// exercise: end
