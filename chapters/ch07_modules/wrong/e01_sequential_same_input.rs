// expect: forward: each layer got the input of the chain: only the last one counted
// exercise: forward
        let input = x.clone();
        for (i, layer) in self.layers.iter_mut().enumerate() {
            let _inside = context::enter(i);
            x = layer.forward(input.clone());
        }
        x
// exercise: end
