// expect: output: ReLU stands before the sum instead of behind it
// exercise: forward
        let y = ch03_neurons::relu(y);
        let y = match &mut self.downsample {
            Some(shortcut) => y + &shortcut.forward(x),
            None => y,
        };
        self.outputs.push(y.clone());
        y
// exercise: end
